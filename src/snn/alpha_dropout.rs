//! Dropout that keeps mean 0 and variance 1.

use super::STEP;
use crate::consts::f64::SCALE_ALPHA;
use crate::kernel::generic::number;
use crate::lengths;
use core::any::TypeId;
use core::hint::select_unpredictable;
use core::{error, fmt};
use num_traits::Float;
use rand::Rng;

/// Words that are drawn at a time. Each word depends on the one before; what is done with them does
/// not, and is vectorised in a loop of its own.
// mutants: for speed only.
const BLOCK: usize = 64;

/// Alpha dropout, the dropout for networks with SELU.
///
/// Each value is dropped with probability `rate`, independently of the others. A dropped value
/// becomes not 0 but α′ = −λα, the value of SELU at −∞; then an affine map restores mean 0 and
/// variance 1, if the values had them:
///
/// ```text
/// kept:       a·x + b
/// dropped:    a·α′ + b
///
/// a = 1 / √(q·(1 + rate·α′²))      q = 1 − rate
/// b = −a·α′·rate
/// ```
///
/// For training only: leave it out at inference, where nothing needs to be rescaled.
///
/// A rate of 0 leaves every value unchanged, to the last bit, and draws nothing. Any other rate
/// draws one 64-bit word of the generator per value (per group in the forms for groups), in order,
/// so the values of a slice are dropped at the same places whatever their type.
///
/// | | values | groups of values, such as channels |
/// |---|---|---|
/// | in place | [`apply_slice`](Self::apply_slice) | [`apply_groups`](Self::apply_groups) |
/// | and records the mask | [`apply_slice_recording`](Self::apply_slice_recording) | [`apply_groups_recording`](Self::apply_groups_recording) |
/// | back-propagation | [`backward`](Self::backward) | [`backward_groups`](Self::backward_groups) |
///
/// [`scale`](Self::scale), [`shift`](Self::shift) and [`dropped`](Self::dropped) are what a
/// framework needs that has masks and back-propagation of its own.
///
/// # Accuracy
///
/// a, b and the dropped value are computed in `f64`, within 4 ULP, and rounded to `T`; a·x + b is
/// computed in `T`, one rounding after the product and one after the sum. The probability is `rate`
/// rounded up to a multiple of 2⁻⁵³.
///
/// The same generator in the same state gives the same values on every platform. To get them from
/// one seed everywhere, take a generator that is itself portable, such as `Xoshiro256PlusPlus` or
/// `ChaCha8Rng`; `StdRng` and `SmallRng` are not.
///
/// # Special values
///
/// A NaN or an infinity stays what it is if it is kept, and becomes the dropped value if not.
///
/// # Examples
///
/// ```
/// use selu::rand::SeedableRng;
/// use selu::rand::rngs::Xoshiro256PlusPlus;
/// use selu::AlphaDropout;
///
/// let dropout = AlphaDropout::new(0.1)?;
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
///
/// // A training step keeps the mask for the backward pass.
/// let mut activations = [0.5_f32; 8];
/// let mut kept = [false; 8];
/// dropout.apply_slice_recording(&mut rng, &mut activations, &mut kept);
/// for (&y, kept) in activations.iter().zip(kept) {
///     assert_eq!(y, if kept { 0.6226132 } else { -1.4577388 });
/// }
///
/// let mut grad = [1.0_f32; 8];
/// dropout.backward(&kept, &mut grad);
/// for (&g, kept) in grad.iter().zip(kept) {
///     assert_eq!(g, if kept { 0.9212845 } else { 0.0 });
/// }
/// # Ok::<(), selu::InvalidRate>(())
/// ```
///
/// # Reference
///
/// Klambauer, Unterthiner, Mayr, Hochreiter: *Self-Normalizing Neural Networks*, 2017,
/// [arXiv:1706.02515](https://arxiv.org/abs/1706.02515).
#[doc(alias = "alpha dropout")]
#[doc(alias = "feature_alpha_dropout")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlphaDropout {
    rate: f64,
    /// Random integers of 53 bits drop if they are below this one, which is 0 only for a rate of 0.
    threshold: i64,
    /// a: what a kept value is multiplied by.
    scale: f64,
    /// b: what is then added to it.
    shift: f64,
    /// a·α′ + b.
    dropped: f64,
}

impl AlphaDropout {
    /// Alpha dropout that drops each value with probability `rate`, 0 ≤ `rate` < 1.
    ///
    /// A rate between 0 and 2⁻⁵³ counts as 2⁻⁵³, the lowest probability that is drawn.
    ///
    /// # Errors
    ///
    /// If `rate` is negative, 1 or more, or NaN. (At rate 1 every value would be the same, and no
    /// map could give it variance 1.)
    ///
    /// # Examples
    ///
    /// ```
    /// use selu::AlphaDropout;
    ///
    /// assert!(AlphaDropout::new(0.05).is_ok());
    /// assert_eq!(
    ///     AlphaDropout::new(1.5).unwrap_err().to_string(),
    ///     "rate is 1.5; it must be at least 0 and less than 1"
    /// );
    /// ```
    pub fn new(rate: f64) -> Result<Self, InvalidRate> {
        // Bits are compared where the CPU may take a subnormal number for 0.
        let is_negative = rate.to_bits() > (-0.0_f64).to_bits();
        if is_negative || !(0.0..1.0).contains(&rate) {
            return Err(InvalidRate { rate });
        }
        let is_too_low = (1..STEP.to_bits()).contains(&rate.to_bits());
        let rate = if is_too_low { STEP } else { rate };
        let keep = 1.0 - rate;
        let scale = Float::sqrt(1.0 / (keep * (1.0 + rate * (SCALE_ALPHA * SCALE_ALPHA))));
        Ok(Self {
            rate,
            threshold: Float::ceil(rate / STEP) as i64,
            scale,
            shift: scale * SCALE_ALPHA * rate,
            // a·α′ + b = a·α′·(1 − rate), and nothing cancels.
            dropped: -(scale * SCALE_ALPHA * keep),
        })
    }

    /// The probability with which a value is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(selu::AlphaDropout::new(0.05)?.rate(), 0.05);
    /// # Ok::<(), selu::InvalidRate>(())
    /// ```
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// a, what a kept value is multiplied by, and so its derivative.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(selu::AlphaDropout::new(0.05)?.scale(), 0.954844476005031);
    /// # Ok::<(), selu::InvalidRate>(())
    /// ```
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// b, what is then added to a kept value.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(selu::AlphaDropout::new(0.05)?.shift(), 0.0839355721938102);
    /// # Ok::<(), selu::InvalidRate>(())
    /// ```
    #[must_use]
    pub fn shift(&self) -> f64 {
        self.shift
    }

    /// a·α′ + b, what a dropped value becomes.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(selu::AlphaDropout::new(0.05)?.dropped(), -1.5947758716823937);
    /// # Ok::<(), selu::InvalidRate>(())
    /// ```
    #[must_use]
    pub fn dropped(&self) -> f64 {
        self.dropped
    }

    /// Drops values of `xs`, in place.
    ///
    /// # Examples
    ///
    /// ```
    /// use selu::rand::SeedableRng;
    /// use selu::rand::rngs::Xoshiro256PlusPlus;
    /// use selu::AlphaDropout;
    ///
    /// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    /// let mut xs = [1.0_f64; 4];
    /// AlphaDropout::new(0.5)?.apply_slice(&mut rng, &mut xs);
    /// for x in xs {
    ///     assert!(x == 1.6655988251839635 || x == -0.7791939305180317);
    /// }
    /// # Ok::<(), selu::InvalidRate>(())
    /// ```
    pub fn apply_slice<T: Float, R: Rng + ?Sized>(&self, rng: &mut R, xs: &mut [T]) {
        self.apply_groups(rng, xs, 1);
    }

    /// [`apply_slice`](Self::apply_slice), and writes to `kept` which values were kept.
    ///
    /// The values are those of `apply_slice` from the same generator. `kept` is what
    /// [`backward`](Self::backward) needs.
    ///
    /// # Panics
    ///
    /// If the lengths differ, before anything is written or drawn from `rng`.
    ///
    /// # Examples
    ///
    /// ```
    /// use selu::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
    ///
    /// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    /// let (mut xs, mut kept) = ([0.5_f32; 8], [false; 8]);
    /// selu::AlphaDropout::new(0.1)?.apply_slice_recording(&mut rng, &mut xs, &mut kept);
    /// assert!(xs.iter().zip(kept).all(|(&x, kept)| (x == 0.6226132) == kept));
    /// # Ok::<(), selu::InvalidRate>(())
    /// ```
    #[track_caller]
    pub fn apply_slice_recording<T: Float, R: Rng + ?Sized>(
        &self,
        rng: &mut R,
        xs: &mut [T],
        kept: &mut [bool],
    ) {
        lengths::assert_equal(("xs", xs.len()), ("kept", kept.len()));
        self.apply_groups_recording(rng, xs, kept, 1);
    }

    /// Back-propagation: `grad[i]` becomes a·`grad[i]` where `kept[i]`, and 0 elsewhere.
    ///
    /// `kept` is what [`apply_slice_recording`](Self::apply_slice_recording) wrote; `grad` is the
    /// gradient with respect to the values that came out of it, and becomes the gradient with
    /// respect to those that went into it.
    ///
    /// # Panics
    ///
    /// If the lengths differ, before anything is written.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut grad = [1.0_f32, 1.0];
    /// selu::AlphaDropout::new(0.1)?.backward(&[true, false], &mut grad);
    /// assert_eq!(grad, [0.9212845, 0.0]);
    /// # Ok::<(), selu::InvalidRate>(())
    /// ```
    #[track_caller]
    pub fn backward<T: Float>(&self, kept: &[bool], grad: &mut [T]) {
        lengths::assert_equal(("kept", kept.len()), ("grad", grad.len()));
        let scale: T = number(self.scale);
        for (grad, &kept) in grad.iter_mut().zip(kept) {
            *grad = choose(kept, || scale * *grad, T::zero());
        }
    }

    /// Drops groups of `group_len` consecutive values of `xs` as a whole, in place.
    ///
    /// This is channel-wise alpha dropout, which PyTorch calls `feature_alpha_dropout`, for arrays
    /// in the layout samples × channels × height × width: with `group_len` = height × width, each
    /// channel of each sample is kept or dropped. With a `group_len` of 1 it is
    /// [`apply_slice`](Self::apply_slice).
    ///
    /// # Panics
    ///
    /// If `group_len` is 0 or does not divide the length of `xs`, before anything is written or
    /// drawn from `rng`.
    ///
    /// # Examples
    ///
    /// ```
    /// use selu::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
    ///
    /// // 2 samples of 3 channels with 4 values each.
    /// let mut xs = [0.5_f32; 2 * 3 * 4];
    /// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    /// selu::AlphaDropout::new(0.1)?.apply_groups(&mut rng, &mut xs, 4);
    /// for channel in xs.chunks(4) {
    ///     assert!(channel == [0.6226132; 4] || channel == [-1.4577388; 4]);
    /// }
    /// # Ok::<(), selu::InvalidRate>(())
    /// ```
    #[track_caller]
    pub fn apply_groups<T: Float, R: Rng + ?Sized>(
        &self,
        rng: &mut R,
        xs: &mut [T],
        group_len: usize,
    ) {
        assert_groups("xs", xs.len(), group_len);
        self.apply_each(rng, xs, group_len, |_, _| ());
    }

    /// [`apply_groups`](Self::apply_groups), and writes to `kept` which groups were kept: one
    /// `bool` for `group_len` values of `xs`.
    ///
    /// The values are those of `apply_groups` from the same generator. `kept` is what
    /// [`backward_groups`](Self::backward_groups) needs.
    ///
    /// # Panics
    ///
    /// If `group_len` is 0 or does not divide the length of `xs`, or if `kept` does not have one
    /// value per group, before anything is written or drawn from `rng`.
    ///
    /// # Examples
    ///
    /// ```
    /// use selu::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
    ///
    /// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    /// let (mut xs, mut kept) = ([0.5_f32; 6 * 4], [false; 6]);
    /// selu::AlphaDropout::new(0.1)?.apply_groups_recording(&mut rng, &mut xs, &mut kept, 4);
    /// for (channel, kept) in xs.chunks(4).zip(kept) {
    ///     assert_eq!(channel, if kept { [0.6226132; 4] } else { [-1.4577388; 4] });
    /// }
    /// # Ok::<(), selu::InvalidRate>(())
    /// ```
    #[track_caller]
    pub fn apply_groups_recording<T: Float, R: Rng + ?Sized>(
        &self,
        rng: &mut R,
        xs: &mut [T],
        kept: &mut [bool],
        group_len: usize,
    ) {
        assert_mask("xs", xs.len(), kept.len(), group_len);
        kept.fill(true);
        self.apply_each(rng, xs, group_len, |first, signs| {
            for (kept, &sign) in kept[first..].iter_mut().zip(signs) {
                *kept = sign >= 0;
            }
        });
    }

    /// Back-propagation: the values of `grad` in group i are multiplied by a where `kept[i]`, and
    /// become 0 elsewhere.
    ///
    /// `kept` is what [`apply_groups_recording`](Self::apply_groups_recording) wrote.
    ///
    /// # Panics
    ///
    /// If `group_len` is 0 or does not divide the length of `grad`, or if `kept` does not have one
    /// value per group, before anything is written.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut grad = [1.0_f32; 6];
    /// selu::AlphaDropout::new(0.1)?.backward_groups(&[true, false], &mut grad, 3);
    /// assert_eq!(grad, [0.9212845, 0.9212845, 0.9212845, 0.0, 0.0, 0.0]);
    /// # Ok::<(), selu::InvalidRate>(())
    /// ```
    #[track_caller]
    pub fn backward_groups<T: Float>(&self, kept: &[bool], grad: &mut [T], group_len: usize) {
        assert_mask("grad", grad.len(), kept.len(), group_len);
        let scale: T = number(self.scale);
        for (group, &kept) in grad.chunks_exact_mut(group_len).zip(kept) {
            if kept {
                group.iter_mut().for_each(|grad| *grad = scale * *grad);
            } else {
                group.fill(T::zero());
            }
        }
    }

    /// Drops groups, a block at a time. Hands to `record` the position of the first group of each
    /// block, and for each of its groups a number that is negative where the group is dropped.
    fn apply_each<T: Float, R: Rng + ?Sized>(
        &self,
        rng: &mut R,
        xs: &mut [T],
        group_len: usize,
        mut record: impl FnMut(usize, &[i32]),
    ) {
        if self.threshold == 0 {
            return;
        }
        let (scale, shift, dropped): (T, T, T) =
            (number(self.scale), number(self.shift), number(self.dropped));
        // mutants 0 -> 1: written over.
        let mut signs = [0; BLOCK];
        let blocks = xs.chunks_mut(group_len.saturating_mul(BLOCK));
        for (xs, first) in blocks.zip((0..).step_by(BLOCK)) {
            let signs = &mut signs[..xs.len() / group_len];
            for sign in &mut *signs {
                // The upper half of the difference: SSE2 cannot compare integers of 64 bits.
                // mutants 32 -> 31, 32 -> 33: the sign is the same.
                *sign = (((rng.next_u64() >> 11) as i64 - self.threshold) >> 32) as i32;
            }
            record(first, signs);
            // mutants 1 -> 0: for speed only.
            if group_len == 1 {
                for (x, &sign) in xs.iter_mut().zip(&*signs) {
                    *x = choose(sign >= 0, || scale * *x + shift, dropped);
                }
                continue;
            }
            for (group, &sign) in xs.chunks_exact_mut(group_len).zip(&*signs) {
                if sign >= 0 {
                    group.iter_mut().for_each(|x| *x = scale * *x + shift);
                } else {
                    group.fill(dropped);
                }
            }
        }
    }
}

/// `result` or `otherwise`, without a branch for types that are vectorised: computing a result in
/// vain takes less time than a misprediction. For other types it may take more, and some, such as
/// those of automatic differentiation, keep a record of what they compute.
#[inline]
fn choose<T: Float>(condition: bool, result: impl FnOnce() -> T, otherwise: T) -> T {
    let is_any_of = |types: &[TypeId]| types.contains(&typeid::of::<T>());
    let is_vectorised = is_any_of(&[typeid::of::<f32>(), typeid::of::<f64>()]);
    #[cfg(feature = "half")]
    // mutants || -> &&: for speed only.
    let is_vectorised = is_vectorised || is_any_of(&[typeid::of::<half::bf16>()]);
    if is_vectorised {
        select_unpredictable(condition, result(), otherwise)
    } else if condition {
        result()
    } else {
        otherwise
    }
}

/// Panics if `len` values are not groups of `group_len`.
#[track_caller]
fn assert_groups(name: &str, len: usize, group_len: usize) {
    assert!(group_len > 0, "group_len is 0; it must be at least 1");
    assert!(
        len.is_multiple_of(group_len),
        "{name} has {len} values and group_len is {group_len}; it must divide the length"
    );
}

/// Panics if `len` values are not groups of `group_len`, or a mask of `kept_len` is not theirs.
#[track_caller]
fn assert_mask(name: &str, len: usize, kept_len: usize, group_len: usize) {
    assert_groups(name, len, group_len);
    assert!(
        kept_len == len / group_len,
        "{name} has {} groups of {group_len} values and kept has {kept_len}; the numbers must be equal",
        len / group_len
    );
}

/// The rate given to [`AlphaDropout::new`] is not in 0 ≤ rate < 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InvalidRate {
    rate: f64,
}

impl InvalidRate {
    /// The rate that was given.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(selu::AlphaDropout::new(1.5).unwrap_err().rate(), 1.5);
    /// ```
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }
}

impl fmt::Display for InvalidRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rate is {:?}; it must be at least 0 and less than 1", self.rate)
    }
}

impl error::Error for InvalidRate {}
