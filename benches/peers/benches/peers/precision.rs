//! What each type needs for the measurement of time and error: values, and exact results.

use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;
use half::{bf16, f16};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, StandardNormal};
use std::str::FromStr;

/// λα to 45 digits.
const SCALE_ALPHA: &str = "1.75809934084737685994021752081227957732350684";
/// λ to 45 digits.
const SCALE: &str = "1.05070098735548049341933498529460635195898120";
/// Bits of the high-precision reference.
const REFERENCE_BITS: usize = 140;

/// An exact result: the sum of the two.
#[derive(Clone, Copy)]
pub struct Exact {
    head: f64,
    tail: f64,
}

/// A floating-point type under measurement.
pub trait Precision: num_traits::Float + 'static {
    const NAME: &'static str;
    /// Bits after the leading one.
    const FRACTION_BITS: i32;
    /// Exponent of the smallest normal number.
    const MIN_EXPONENT: i32;
    /// Points of the sweep, as many as its reference can do in seconds.
    const SWEEP: u64;
    /// N(0,1) values whose results are judged.
    const NORMALS: usize;

    fn standard_normal(rng: &mut StdRng) -> Self;
    fn from_f64(x: f64) -> Self;
    /// selu(self) by another algorithm at higher precision.
    fn exact(self) -> Exact;

    /// The `index`-th of `count` values evenly spaced between the bit patterns of `low` and `high`,
    /// hence evenly in the logarithm.
    fn between(low: f64, high: f64, index: u64, count: u64) -> Self;
}

/// `count` values of N(0,1), the same in every run.
pub fn standard_normals<T: Precision>(seed: u64, count: usize) -> Vec<T> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..count).map(|_| T::standard_normal(&mut rng)).collect()
}

/// Magnitudes from 1e−30 to 1e4 with both signs; −1e−8 is among them.
pub fn sweep<T: Precision>() -> Vec<T> {
    let half = T::SWEEP / 2;
    (0..half)
        .map(|i| T::between(1e-30, 1e4, i, half))
        .chain((0..half).map(|i| T::between(-1e-30, -1e4, i, half)))
        .chain([T::from_f64(-1e-8)])
        .collect()
}

/// |result − exact| in units in the last place of the exact value (not a distance of bit patterns).
pub fn error_ulp<T: Precision>(result: T, exact: Exact) -> f64 {
    let exponent = ((exact.head.abs().to_bits() >> 52) as i32 - 1023).max(T::MIN_EXPONENT);
    let ulp = 2.0_f64.powi(exponent - T::FRACTION_BITS);
    let wide = result.to_f64().expect("a floating-point number");
    let error = ((wide - exact.head) - exact.tail).abs() / ulp;
    if error.is_nan() { f64::INFINITY } else { error }
}

/// Through std's `f64`, whose error is below a millionth of an ULP of `f32`.
fn exact_in_f64(x: f64) -> Exact {
    use selu::consts::f64::{SCALE, SCALE_ALPHA};
    let head = if x > 0.0 { SCALE * x } else { SCALE_ALPHA * x.exp_m1() };
    Exact { head, tail: 0.0 }
}

macro_rules! sixteen_bits {
    ($T:ident, $name:literal, $fraction_bits:literal, $min_exponent:literal) => {
        impl Precision for $T {
            const NAME: &'static str = $name;
            const FRACTION_BITS: i32 = $fraction_bits;
            const MIN_EXPONENT: i32 = $min_exponent;
            const SWEEP: u64 = 1 << 17;
            const NORMALS: usize = 1 << 20;

            fn standard_normal(rng: &mut StdRng) -> Self {
                Self::from_f32(StandardNormal.sample(rng))
            }

            fn from_f64(x: f64) -> Self {
                Self::from_f64(x)
            }

            fn exact(self) -> Exact {
                exact_in_f64(self.into())
            }

            fn between(low: f64, high: f64, index: u64, count: u64) -> Self {
                let [low, high] = [low, high].map(|x| u64::from(Self::from_f64(x).to_bits()));
                Self::from_bits((low + (high - low) * index / count) as u16)
            }
        }
    };
}
sixteen_bits!(f16, "f16", 10, -14);
sixteen_bits!(bf16, "bf16", 7, -126);

impl Precision for f32 {
    const NAME: &'static str = "f32";
    const FRACTION_BITS: i32 = 23;
    const MIN_EXPONENT: i32 = -126;
    const SWEEP: u64 = 1 << 22;
    const NORMALS: usize = 1 << 20;

    fn standard_normal(rng: &mut StdRng) -> Self {
        StandardNormal.sample(rng)
    }

    fn from_f64(x: f64) -> Self {
        x as f32
    }

    fn exact(self) -> Exact {
        exact_in_f64(self.into())
    }

    fn between(low: f64, high: f64, index: u64, count: u64) -> Self {
        let (low, high) = (Self::from_f64(low).to_bits(), Self::from_f64(high).to_bits());
        let offset = u64::from(high - low) * index / count;
        Self::from_bits(low + offset as u32)
    }
}

impl Precision for f64 {
    const NAME: &'static str = "f64";
    const FRACTION_BITS: i32 = 52;
    const MIN_EXPONENT: i32 = -1022;
    const SWEEP: u64 = 1 << 15;
    const NORMALS: usize = 1 << 15;

    fn standard_normal(rng: &mut StdRng) -> Self {
        StandardNormal.sample(rng)
    }

    fn from_f64(x: f64) -> Self {
        x
    }

    /// With dashu-float's arithmetic of arbitrary precision.
    fn exact(self) -> Exact {
        type Big = FBig<HalfEven, 2>;
        let big = |x: f64| -> Big {
            let x = Big::try_from(x).expect("a finite value");
            x.with_precision(REFERENCE_BITS).value()
        };
        let constant = |digits| -> Big {
            let decimal = dashu_float::DBig::from_str(digits).expect("a decimal number");
            let binary =
                decimal.with_rounding::<HalfEven>().with_base_and_precision::<2>(REFERENCE_BITS);
            binary.value()
        };
        let value = if self > 0.0 {
            constant(SCALE) * big(self)
        } else {
            constant(SCALE_ALPHA) * big(self).exp_m1()
        };
        let head = value.to_f64().value();
        let tail = (value - big(head)).to_f64().value();
        Exact { head, tail }
    }

    fn between(low: f64, high: f64, index: u64, count: u64) -> Self {
        let (low, high) = (low.to_bits(), high.to_bits());
        let offset = u128::from(high - low) * u128::from(index) / u128::from(count);
        Self::from_bits(low + offset as u64)
    }
}
