//! Weights of variance 1 / fan_in.
//!
//! # Method
//!
//! Marsaglia and Tsang's ziggurat, which truncation relieves of its tail:
//!
//! 1. exp(−z²/2) on |z| < 2 lies under 128 layers of equal area. One word gives a layer (its low
//!    bits) and a uniform z in that layer (its high bits): an odd multiple of 2⁻⁵³ times the width.
//! 2. Where the next layer is wider than |z|, all of this one lies under the curve: z is accepted.
//!    That is so for 97.7 % of the words.
//! 3. Elsewhere a second word gives a uniform height in the layer, and z is accepted if that is
//!    below exp(−t), t = z²/2. In all, 1.0 % of the candidates are rejected.
//! 4. That needs no exponential. For 0 ≤ t < 2 the terms of 1 − t + t²/2! − t³/3! + … decrease from
//!    the second on, so the partial sums lie alternately below and above exp(−t). A v below a lower
//!    bound is accepted, one not below an upper bound is rejected, and otherwise the next two terms
//!    decide. The loop ends at the latest when the terms no longer change the sum, which makes the
//!    two bounds equal.
//! 5. The value is z·σ, rounded once.
//!
//! What that loses: the roundings of the table move the density by 2⁻⁵²·² of itself at most, as
//! `proofs/ziggurat.py` computes, which also writes it. Term n of the series has 2n roundings,
//! which is 2t·eᵗ·2⁻⁵³ < 30·2⁻⁵³ in all; the partial sums, whose sizes add up to less than 6, the
//! height and t lose less than 7·2⁻⁵³. So the density is off by less than 37·2⁻⁵³ and, since it is
//! at least e⁻² (as a multiple of its maximum), by less than 2⁻⁴⁴ of itself.
//!
//! A generator for which 32 candidates in a row are rejected is broken (2⁻²¹¹); the last one is
//! then taken, instead of looping for ever.
//!
//! Marsaglia, Tsang: *The Ziggurat Method for Generating Random Variables*, 2000.

use super::ziggurat::{EDGES, LAYERS, WIDTHS};
use super::{STEP, uniform};
#[cfg(feature = "half")]
use crate::kernel::generic::number;
use core::{error, fmt};
use num_traits::Float;
use rand::Rng;
use rand::distr::Distribution;

/// The standard deviation of the standard normal distribution truncated at ±2,
/// √(1 − 4·φ(2) / (2·Φ(2) − 1)).
const TRUNCATED_STD_DEV: f64 = 0.879_625_661_034_239_8; // 0x1.c25e4b6dba981p-1

/// More candidates than are rejected in a row with any working generator.
const MAX_REJECTED: u32 = 32;

/// The LeCun-normal distribution, from which a network with SELU draws its weights.
///
/// ```text
/// normal of mean 0 and standard deviation σ, truncated at ±2σ
/// σ = √(1 / fan_in) / 0.87962566103423978
/// ```
///
/// The divisor is the standard deviation of the standard normal distribution truncated at ±2, so
/// the variance *after* truncation is 1 / `fan_in`. Biases start at 0.
///
/// `fan_in` is the number of inputs that one output is a sum over:
///
/// | layer | `fan_in` |
/// |---|---|
/// | dense, inputs × matrix | the rows of the matrix (its columns in matrix × inputs) |
/// | convolution | input channels × height × width of the filter |
/// | grouped convolution | input channels / groups × height × width of the filter |
/// | depthwise convolution | height × width of the filter |
/// | transposed convolution | input channels / groups × height × width of the filter; with a stride, that / stride² |
///
///
/// It implements [`rand::distr::Distribution`], which is also `rand_distr::Distribution`, for `f32`
/// and `f64`, and with feature `half` for `f16` and `bf16`.
///
/// # Accuracy
///
/// The density is the exact one to within 2⁻⁴⁴ of itself, apart from the grid of the values, whose
/// neighbours are at most 2⁻⁵¹ σ apart. A value lies strictly between −2σ and 2σ before it is
/// rounded; a value of another type is the `f64` from the same generator, rounded once.
///
/// The same generator in the same state gives the same values on every platform. To get them from
/// one seed everywhere, take a generator that is itself portable, such as `Xoshiro256PlusPlus` or
/// `ChaCha8Rng`; `StdRng` and `SmallRng` are not.
///
/// # Examples
///
/// The weights of a dense layer from 64 inputs to 32 outputs:
///
/// ```
/// use selu::rand::SeedableRng;
/// use selu::rand::distr::Distribution;
/// use selu::rand::rngs::Xoshiro256PlusPlus;
/// use selu::LecunNormal;
///
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
/// let weights: Vec<f32> = LecunNormal::new(64)?.sample_iter(&mut rng).take(64 * 32).collect();
/// assert!(weights.iter().all(|w| w.abs() < 0.2843));
/// # Ok::<(), selu::InvalidFanIn>(())
/// ```
///
/// # References
///
/// - LeCun, Bottou, Orr, Müller: *Efficient BackProp*, 1998.
/// - Klambauer, Unterthiner, Mayr, Hochreiter: *Self-Normalizing Neural Networks*, 2017,
///   [arXiv:1706.02515](https://arxiv.org/abs/1706.02515).
#[doc(alias = "initializer")]
#[doc(alias = "lecun_normal")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LecunNormal {
    /// σ, the standard deviation before truncation.
    sigma: f64,
}

impl LecunNormal {
    /// The distribution for a layer whose neurons have `fan_in` inputs each.
    ///
    /// # Errors
    ///
    /// If `fan_in` is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use selu::LecunNormal;
    ///
    /// assert!(LecunNormal::new(64).is_ok());
    /// assert_eq!(
    ///     LecunNormal::new(0).unwrap_err().to_string(),
    ///     "fan_in is 0; it must be at least 1"
    /// );
    /// ```
    pub fn new(fan_in: usize) -> Result<Self, InvalidFanIn> {
        if fan_in == 0 {
            return Err(InvalidFanIn { fan_in });
        }
        let sigma = Float::sqrt(1.0 / fan_in as f64) / TRUNCATED_STD_DEV;
        Ok(Self { sigma })
    }

    /// The standard deviation of the values, √(1 / `fan_in`).
    ///
    /// # Examples
    ///
    /// ```
    /// let weights = selu::LecunNormal::new(64)?;
    /// assert!((weights.std_dev() - 0.125).abs() < 1e-15);
    /// # Ok::<(), selu::InvalidFanIn>(())
    /// ```
    #[must_use]
    pub fn std_dev(&self) -> f64 {
        // mutants * -> +, * -> /, body: the example tells.
        self.sigma * TRUNCATED_STD_DEV
    }
}

impl Distribution<f64> for LecunNormal {
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        truncated_standard_normal(rng) * self.sigma
    }
}

impl Distribution<f32> for LecunNormal {
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f32 {
        let x: f64 = self.sample(rng);
        x as f32
    }
}

#[cfg(feature = "half")]
impl Distribution<half::f16> for LecunNormal {
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> half::f16 {
        let x: f64 = self.sample(rng);
        number(x)
    }
}

#[cfg(feature = "half")]
impl Distribution<half::bf16> for LecunNormal {
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> half::bf16 {
        let x: f64 = self.sample(rng);
        number(x)
    }
}

/// A value of the standard normal distribution truncated at ±2.
#[inline]
fn truncated_standard_normal<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    // mutants 0.0 -> 1.0: written over.
    let mut z = 0.0;
    for _ in 0..MAX_REJECTED {
        let word = rng.next_u64();
        let layer = word as usize % LAYERS;
        z = symmetric(word) * WIDTHS[layer];
        // mutants < -> <=: one value in 2⁵², which no test meets.
        if z.abs() < WIDTHS[layer + 1] || is_accepted_at_edge(z, layer, rng.next_u64()) {
            break;
        }
    }
    z
}

/// A uniform value in (−1, 1), an odd multiple of 2⁻⁵³, never 0 and never ±1. Every step is exact.
#[inline]
fn symmetric(word: u64) -> f64 {
    2.0 * uniform(word) - 1.0 + STEP
}

/// Whether a uniform height in the layer is below exp(−`z`²/2).
#[cold]
fn is_accepted_at_edge(z: f64, layer: usize, word: u64) -> bool {
    let bottom = EDGES[layer];
    let height = bottom + uniform(word) * (EDGES[layer + 1] - bottom);
    is_below_exp_minus(height, 0.5 * z * z)
}

/// Whether `v` < exp(−`t`), for 0 ≤ `t` < 2.
fn is_below_exp_minus(v: f64, t: f64) -> bool {
    let mut sum = 1.0;
    let mut term = 1.0;
    let mut n = 0.0;
    loop {
        n += 1.0;
        term *= t / n;
        sum -= term;
        if v < sum {
            return true;
        }
        n += 1.0;
        term *= t / n;
        sum += term;
        if v >= sum {
            return false;
        }
    }
}

/// The number of inputs given to [`LecunNormal::new`] is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidFanIn {
    fan_in: usize,
}

impl InvalidFanIn {
    /// The number that was given.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(selu::LecunNormal::new(0).unwrap_err().fan_in(), 0);
    /// ```
    #[must_use]
    pub fn fan_in(&self) -> usize {
        // mutants body -> 0: no other number is refused.
        self.fan_in
    }
}

impl fmt::Display for InvalidFanIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fan_in is {}; it must be at least 1", self.fan_in)
    }
}

impl error::Error for InvalidFanIn {}
