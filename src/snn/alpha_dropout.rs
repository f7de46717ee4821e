//! Dropout that keeps mean 0 and variance 1.

use super::uniform;
use crate::consts::f64::SCALE_ALPHA;
use crate::kernel::generic::number;
use crate::lengths;
use core::{error, fmt};
use num_traits::Float;
use rand::Rng;

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
/// draws one 64-bit word of the generator per value, in order, so the values of a slice are dropped
/// at the same places whatever their type.
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
/// dropout.apply_recording(&mut rng, &mut activations, &mut kept);
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlphaDropout {
    rate: f64,
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
        if !(0.0..1.0).contains(&rate) {
            return Err(InvalidRate { rate });
        }
        let keep = 1.0 - rate;
        let scale = Float::sqrt(1.0 / (keep * (1.0 + rate * (SCALE_ALPHA * SCALE_ALPHA))));
        Ok(Self {
            rate,
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
    /// AlphaDropout::new(0.5)?.apply(&mut rng, &mut xs);
    /// for x in xs {
    ///     assert!(x == 1.6655988251839635 || x == -0.7791939305180317);
    /// }
    /// # Ok::<(), selu::InvalidRate>(())
    /// ```
    pub fn apply<T: Float, R: Rng + ?Sized>(&self, rng: &mut R, xs: &mut [T]) {
        self.apply_each(rng, xs, |_, _| ());
    }

    /// [`apply`](Self::apply), and writes to `kept` which values were kept.
    ///
    /// The values are those of `apply` from the same generator. `kept` is what
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
    /// selu::AlphaDropout::new(0.1)?.apply_recording(&mut rng, &mut xs, &mut kept);
    /// assert!(xs.iter().zip(kept).all(|(&x, kept)| (x == 0.6226132) == kept));
    /// # Ok::<(), selu::InvalidRate>(())
    /// ```
    #[track_caller]
    pub fn apply_recording<T: Float, R: Rng + ?Sized>(
        &self,
        rng: &mut R,
        xs: &mut [T],
        kept: &mut [bool],
    ) {
        lengths::assert_equal(("xs", xs.len()), ("kept", kept.len()));
        self.apply_each(rng, xs, |i, keep| kept[i] = keep);
    }

    /// Back-propagation: `grad[i]` becomes a·`grad[i]` where `kept[i]`, and 0 elsewhere.
    ///
    /// `kept` is what [`apply_recording`](Self::apply_recording) wrote; `grad` is the gradient with
    /// respect to the values that came out of it, and becomes the gradient with respect to those
    /// that went into it.
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
            *grad = if kept { scale * *grad } else { T::zero() };
        }
    }

    fn apply_each<T: Float, R: Rng + ?Sized>(
        &self,
        rng: &mut R,
        xs: &mut [T],
        mut record: impl FnMut(usize, bool),
    ) {
        if self.rate == 0.0 {
            (0..xs.len()).for_each(|i| record(i, true));
            return;
        }
        let scale: T = number(self.scale);
        let shift: T = number(self.shift);
        let dropped: T = number(self.dropped);
        for (i, x) in xs.iter_mut().enumerate() {
            let keep = uniform(rng) >= self.rate;
            record(i, keep);
            *x = if keep { scale * *x + shift } else { dropped };
        }
    }
}

/// The rate given to [`AlphaDropout::new`] is not in 0 ≤ rate < 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InvalidRate {
    rate: f64,
}

impl fmt::Display for InvalidRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rate is {:?}; it must be at least 0 and less than 1", self.rate)
    }
}

impl error::Error for InvalidRate {}
