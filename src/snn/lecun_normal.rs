//! Weights of variance 1 / fan_in.
//!
//! # Method
//!
//! 1. A candidate z is uniform on (−2, 2): an odd multiple of 2⁻⁵², never 0 and never ±2.
//! 2. It is accepted with probability exp(−t), t = z²/2, which leaves the normal distribution cut
//!    off at ±2. That takes 1.67 candidates on average.
//! 3. That needs no exponential. For 0 ≤ t < 2 the terms of 1 − t + t²/2! − t³/3! + … decrease from
//!    the second on, so the partial sums lie alternately below and above exp(−t). A uniform v below
//!    a lower bound is accepted, one not below an upper bound is rejected, and otherwise the next
//!    two terms decide. The sums are off by a few 2⁻⁵³, and so is the probability. The loop ends at
//!    the latest when the terms no longer change the sum, which makes the two bounds equal.
//! 4. The value is z·σ, rounded once.
//!
//! A candidate is rejected with probability 0.40, so a generator for which 256 in a row are
//! rejected is broken (2⁻³³⁶); the next candidate is then accepted, instead of looping for ever.

use super::uniform;
#[cfg(feature = "half")]
use crate::kernel::generic::number;
use core::{error, fmt};
use num_traits::Float;
use rand::Rng;
use rand::distr::Distribution;

/// The standard deviation of the standard normal distribution cut off at ±2,
/// √(1 − 4·φ(2) / (2·Φ(2) − 1)).
const TRUNCATED_STD_DEV: f64 = 0.879_625_661_034_239_8; // 0x1.c25e4b6dba981p-1

/// More candidates than are rejected in a row with any working generator.
const MAX_REFUSED: u32 = 256;

/// The LeCun-normal distribution, from which a network with SELU draws its weights.
///
/// ```text
/// normal of mean 0 and standard deviation σ, truncated at ±2σ
/// σ = √(1 / fan_in) / 0.87962566103423978
/// ```
///
/// `fan_in` is the number of inputs of a neuron: the rows of the matrix for a dense layer computed
/// as inputs × matrix, channels × height × width of the filter for a convolution. The divisor
/// is the standard deviation of the standard normal distribution truncated at ±2, so the variance
/// *after* truncation is 1 / `fan_in`. Biases start at 0.
///
/// It implements [`rand::distr::Distribution`], which is also `rand_distr::Distribution`, for `f32`
/// and `f64`, and with feature `half` for `f16` and `bf16`.
///
/// # Accuracy
///
/// The distribution is exact up to the grid and the rounding of `f64`, a few parts in 10¹⁶. A value
/// lies strictly between −2σ and 2σ before it is rounded; a value of another type is the `f64` from
/// the same generator, rounded once.
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
            return Err(InvalidFanIn(()));
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
fn truncated_standard_normal<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    for _ in 0..MAX_REFUSED {
        let z = candidate(rng);
        if is_below_exp_minus(uniform(rng), 0.5 * z * z) {
            return z;
        }
    }
    candidate(rng)
}

/// A uniform value in (−2, 2).
fn candidate<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    // Every step is exact: the result is an odd multiple of 2⁻⁵², less than 2⁵³ of them.
    4.0 * uniform(rng) - 2.0 + f64::EPSILON
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
pub struct InvalidFanIn(());

impl fmt::Display for InvalidFanIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fan_in is 0; it must be at least 1")
    }
}

impl error::Error for InvalidFanIn {}
