//! The correctly rounded results of all functions, a hundred times faster than by `exact` alone.
//!
//! # Method
//!
//! 1. The exponentials are computed in fixed-point arithmetic of 128 bits: |x| = k·ln 2 + r, then
//!    h = (1 − e⁻ʳ)/r by its Taylor series, e⁻ʳ = 1 − r·h, and no more than that.
//! 2. They are multiplied by the other factors, each of 128 bits or exact.
//! 3. The result is moved by its error both ways and rounded. Where that makes a difference,
//!    `exact` decides, with as many bits as the arguments can ask for.
//!
//! # Error
//!
//! A product cuts off less than 1 unit of 2⁻¹²⁷, which the series multiplies by less than 0.7 at
//! each further step: h is within 5 units, and it is at least 0.72. So are r and e⁻ʳ, which is at
//! least 0.49. Each of at most three more products adds 2 units. All that is below 2⁻¹²² of the
//! result; 2⁻¹¹⁹ is assumed, and a test compares with `exact`.

use super::{Exact, Format, closed_form, exact_to};
use std::sync::LazyLock;

/// A function and its derivative.
#[derive(Clone, Copy, Debug)]
pub enum Formula {
    /// λx, λα(eˣ − 1).
    Selu,
    /// scale·x, scale·alpha·(eˣ − 1).
    ScaledElu { alpha: f64, scale: f64 },
}

impl Formula {
    /// The correctly rounded f(x).
    pub fn value<T: Format>(self, x: T) -> T {
        let x: f64 = x.into();
        if x.is_nan() {
            T::nan()
        } else if x >= 0.0 {
            // ±0 as well.
            Product { function: self, x: None, branch: Branch::Linear, factor: x }.rounded()
        } else if x.is_infinite() {
            Product { function: self, x: None, branch: Branch::Limit, factor: -1.0 }.rounded()
        } else {
            Product { function: self, x: Some(x), branch: Branch::ExpM1, factor: 1.0 }.rounded()
        }
    }

    /// The correctly rounded grad·f'(x).
    pub fn gradient<T: Format>(self, x: T, grad: T) -> T {
        let (x, factor): (f64, f64) = (x.into(), grad.into());
        if x.is_nan() {
            T::nan()
        } else if x >= 0.0 {
            Product { function: self, x: None, branch: Branch::Linear, factor }.rounded()
        } else {
            Product { function: self, x: Some(x), branch: Branch::Exp, factor }.rounded()
        }
    }

    /// scale, alpha; 1 and 1 where both are part of the constants.
    fn arguments(self) -> [f64; 2] {
        match self {
            Self::Selu => [1.0, 1.0],
            Self::ScaledElu { alpha, scale } => [scale, alpha],
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Branch {
    Linear,
    Limit,
    Exp,
    ExpM1,
}

/// λ or scale, or one of these with α or alpha and an exponential of `x`, times `factor`.
#[derive(Clone, Copy)]
struct Product {
    function: Formula,
    x: Option<f64>,
    branch: Branch,
    factor: f64,
}

/// Below it eˣ times any three numbers of `f64` is 0, and eˣ − 1 is the number above −1.
const FAR: f64 = -4000.0;

impl Product {
    fn rounded<T: Format>(self) -> T {
        // A zero, an infinity or NaN among the factors has its way whatever the others are.
        let [scale, alpha] = self.function.arguments();
        let alpha = if self.branch == Branch::Linear { 1.0 } else { alpha };
        let factors = [scale, alpha, self.factor];
        let sign = if self.branch == Branch::ExpM1 { -1.0 } else { 1.0 };
        if factors.iter().any(|factor| *factor == 0.0 || !factor.is_finite()) {
            let signs = |x: f64| if x.is_finite() && x != 0.0 { x.signum() } else { x };
            let special = factors.map(signs).into_iter().fold(sign, |product, x| product * x);
            return T::from(special).expect("a special value");
        }
        let approximate = self.approximate();
        approximate.rounded().unwrap_or_else(|| Real::of_exact(&self.exact()).nearest())
    }

    /// To within [`ERROR`].
    fn approximate(self) -> Real {
        let constants = &*CONSTANTS;
        let [scale, alpha] = self.function.arguments();
        let mut product = match self.function {
            Formula::Selu if self.branch == Branch::Linear => constants.scale,
            Formula::Selu => constants.scale_alpha,
            Formula::ScaledElu { .. } if self.branch == Branch::Linear => Real::of(scale),
            Formula::ScaledElu { .. } => Real::of(scale).times(Real::of(alpha)),
        };
        if self.factor != 1.0 {
            product = product.times(Real::of(self.factor));
        }
        match (self.branch, self.x) {
            (Branch::Exp, Some(x)) => product.times(Real::exp(x)),
            (Branch::ExpM1, Some(x)) => product.times(Real::exp_m1(x)),
            _ => product,
        }
    }

    /// Exactly, or so well that no rounding is left open.
    fn exact(self) -> Exact {
        let [scale, alpha] = self.function.arguments();
        let bits = match (self.function, self.x) {
            (Formula::Selu, _) => CONSTANT_BITS,
            (_, None) => 200,
            // The product of the other factors may lie in the middle between two numbers, and only
            // that eˣ or 1 − eˣ is not 1, or eˣ − 1 is not x, tells on which side of it this is.
            (_, Some(x)) => {
                let tiny = -2.0 * x.abs().log2().min(0.0);
                let far = 1.5 * x.abs().min(800.0);
                400 + (tiny + far) as usize
            }
        };
        let exact = |x: f64| exact_to(bits, x);
        let product = match self.function {
            Formula::Selu if self.branch == Branch::Linear => EXACT_CONSTANTS[0].clone(),
            Formula::Selu => EXACT_CONSTANTS[1].clone(),
            Formula::ScaledElu { .. } if self.branch == Branch::Linear => exact(scale),
            Formula::ScaledElu { .. } => exact(scale) * exact(alpha),
        };
        let product = product * exact(self.factor);
        match (self.branch, self.x) {
            (Branch::Exp, Some(x)) => product * exact(x.max(FAR)).exp(),
            // 1 − e⁻⁸⁰⁰ and 1 − 2⁻¹⁰⁰⁰ are on the same side of everything.
            (Branch::ExpM1, Some(x)) => product * exact(x.max(-800.0)).exp_m1(),
            _ => product,
        }
    }
}

const CONSTANT_BITS: usize = 400;

/// λ and λα.
static EXACT_CONSTANTS: LazyLock<[Exact; 2]> = LazyLock::new(|| {
    let (alpha, scale) = closed_form(CONSTANT_BITS);
    let scale_alpha = alpha * &scale;
    [scale, scale_alpha]
});

/// Units of 2⁻¹²⁷ to 2⁻¹²⁸ of a number: 2⁻¹¹⁹ of it.
const ERROR: u128 = 1 << 9;

/// 1 in fixed-point arithmetic with 127 bits behind the point.
const ONE: u128 = 1 << 127;

const TERMS: usize = 32;

struct Constants {
    scale: Real,
    scale_alpha: Real,
    /// ln 2·2¹²⁸, and 64 bits more.
    ln_2: (u128, u64),
    /// 1/(n + 1)!, with 127 bits behind the point.
    reciprocals: [u128; TERMS],
    /// How many terms of the series a number wants that has so many leading zeros.
    terms: [usize; 129],
}

static CONSTANTS: LazyLock<Constants> = LazyLock::new(|| {
    let ln_2 = exact_to(CONSTANT_BITS, 2.0).ln();
    let integer = |x: Exact| u128::try_from(x.trunc().to_int().value()).expect("an integer");
    let high = ln_2.clone() << 128;
    let low = (high.clone() - high.trunc()) << 64;
    let mut reciprocals = [ONE; TERMS];
    for n in 1..TERMS {
        reciprocals[n] = reciprocals[n - 1] / (n as u128 + 1);
    }
    let terms = core::array::from_fn(|zeros| {
        // A number without any is below ln 2 and 2⁻¹⁹ more, and that below 2^(−½).
        let half_bits = (2 * zeros).max(1);
        let negligible =
            |n: usize| n * half_bits / 2 + reciprocals[n].leading_zeros() as usize >= 130;
        (1..TERMS).find(|&n| negligible(n)).unwrap_or(TERMS)
    });
    Constants {
        scale: Real::of_exact(&EXACT_CONSTANTS[0]),
        scale_alpha: Real::of_exact(&EXACT_CONSTANTS[1]),
        ln_2: (integer(high), integer(low) as u64),
        reciprocals,
        terms,
    }
});

/// ±significand·2^exponent; the highest bit of the significand is set.
#[derive(Clone, Copy, Debug)]
pub struct Real {
    negative: bool,
    significand: u128,
    exponent: i32,
}

impl Real {
    fn normalised(negative: bool, significand: u128, exponent: i32) -> Self {
        let zeros = significand.leading_zeros();
        Self { negative, significand: significand << zeros, exponent: exponent - zeros as i32 }
    }

    /// A finite number other than 0.
    pub fn of(x: f64) -> Self {
        let (integer, exponent) = decompose(x);
        Self::normalised(x < 0.0, integer.into(), exponent)
    }

    /// A number other than 0, rounded to odd.
    pub fn of_exact(x: &Exact) -> Self {
        let negative = *x < Exact::ZERO;
        let magnitude = if negative { -x.clone() } else { x.clone() };
        let exponent = magnitude.repr().exponent() + magnitude.repr().digits() as isize - 128;
        let scaled = magnitude >> exponent;
        let integer = scaled.trunc();
        let lost = integer != scaled;
        let significand: u128 = integer.to_int().value().try_into().expect("128 bits");
        Self::normalised(negative, significand | u128::from(lost), exponent as i32)
    }

    /// λ.
    pub fn scale() -> Self {
        CONSTANTS.scale
    }

    /// λα.
    pub fn scale_alpha() -> Self {
        CONSTANTS.scale_alpha
    }

    /// An integer of 128 bits, the highest of which is set.
    pub fn significand(self) -> u128 {
        self.significand
    }

    pub fn times(self, other: Self) -> Self {
        let significand = high_product(self.significand, other.significand);
        // The lost bits matter where the product is exact but for them.
        let lost = self.significand.wrapping_mul(other.significand) != 0;
        let negative = self.negative != other.negative;
        let exponent = self.exponent + other.exponent + 128;
        Self::normalised(negative, significand | u128::from(lost), exponent)
    }

    /// eˣ for x < 0.
    pub fn exp(x: f64) -> Self {
        let (k, r) = reduced(x.max(FAR));
        Self::normalised(false, exp_of_minus(r), -127 - k as i32)
    }

    /// eˣ − 1 for x < 0.
    pub fn exp_m1(x: f64) -> Self {
        let (k, r) = reduced(x.max(FAR));
        if k == 0 {
            return Self::of(x).times(Self::normalised(false, series(r), -127));
        }
        let power = exp_of_minus(r).checked_shr(k).unwrap_or(0);
        Self::normalised(true, ONE - power, -127)
    }

    /// The nearest number to all of what this may stand for, if that is one number.
    pub fn rounded<T: Format>(self) -> Option<T> {
        let lower = Self { significand: self.significand - ERROR, ..self };
        let upper = Self { significand: self.significand.saturating_add(ERROR), ..self };
        let (lower, upper) = (lower.nearest::<T>(), upper.nearest::<T>());
        (lower.pattern() == upper.pattern()).then_some(lower)
    }

    /// The nearest number, ties to even.
    pub fn nearest<T: Format>(self) -> T {
        let Self { negative, significand, exponent } = self;
        let leading = exponent + 127 - significand.leading_zeros() as i32;
        let place = leading.max(T::MIN_EXPONENT) - (T::DIGITS as i32 - 1);
        let dropped = place - exponent;
        let magnitude = if dropped > 128 {
            0
        } else {
            let half = 1 << (dropped - 1);
            let kept = if dropped == 128 { 0 } else { significand >> dropped };
            let rest = if dropped == 128 { significand } else { significand & (2 * half - 1) };
            let up = rest > half || (rest == half && kept & 1 == 1);
            let kept = kept as u64 + u64::from(up);
            // A carry out of the fraction belongs into the exponent, which follows it.
            let binade = (leading.max(T::MIN_EXPONENT) - T::MIN_EXPONENT) as u64;
            let bits = (binade.min(2047) << (T::DIGITS - 1)) + kept;
            bits.min(T::INFINITY_PATTERN)
        };
        T::from_pattern(if negative { T::SIGN_PATTERN | magnitude } else { magnitude })
    }

    /// What this number is above `x`, which must be near.
    pub fn above(self, x: f64) -> f64 {
        // Two bits of room for an `x` of the next binade.
        let unit = self.exponent + 2;
        let (integer, exponent) = decompose(x);
        let shift = exponent - unit;
        assert!(
            (0..75).contains(&shift) && self.negative == (x < 0.0),
            "{x:e} is not near {self:?}"
        );
        let magnitude = (self.significand >> 2) as i128 - (i128::from(integer) << shift);
        // By two factors: one alone may be below the smallest number.
        let difference = magnitude as f64 * 2f64.powi(unit / 2) * 2f64.powi(unit - unit / 2);
        if self.negative { -difference } else { difference }
    }

    /// This number, for arithmetic of some precision.
    pub fn to_exact(self, bits: usize) -> Exact {
        let magnitude = Exact::from_parts(self.significand.into(), self.exponent as isize);
        let magnitude = magnitude.with_precision(bits).value();
        if self.negative { -magnitude } else { magnitude }
    }

    /// By how much of a last place of `T` this misses the nearest middle between two numbers.
    pub fn distance_from_middle<T: Format>(self) -> f64 {
        let leading = self.exponent + 127;
        let place = leading.max(T::MIN_EXPONENT) - (T::DIGITS as i32 - 1);
        let dropped = place - self.exponent;
        if !(1..=127).contains(&dropped) {
            return 0.5;
        }
        let unit = (1_u128 << (dropped - 1)) as f64 * 2.0;
        let rest = self.significand & ((1 << (dropped - 1) << 1) - 1);
        rest.abs_diff(1 << (dropped - 1)) as f64 / unit
    }

    /// The bits of the significand behind the last place of `T`: 2⁶⁴ times them.
    pub fn fraction_of_place<T: Format>(self) -> u64 {
        let dropped = 128 - T::DIGITS;
        (self.significand << (128 - dropped) >> 64) as u64
    }
}

/// |x| = integer·2^exponent.
fn decompose(x: f64) -> (u64, i32) {
    let digits = x.to_bits() & ((1 << 52) - 1);
    match (x.to_bits() >> 52 & 0x7ff) as i32 {
        0 => (digits, -1074),
        biased => (digits | 1 << 52, biased - 1075),
    }
}

/// The higher half of the product.
fn high_product(a: u128, b: u128) -> u128 {
    const LOW: u128 = u64::MAX as u128;
    let (a_high, a_low, b_high, b_low) = (a >> 64, a & LOW, b >> 64, b & LOW);
    let low = (a_low * b_low) >> 64;
    let middle = a_high * b_low + low;
    let other = a_low * b_high + (middle & LOW);
    a_high * b_high + (middle >> 64) + (other >> 64)
}

/// (k, r·2¹²⁸) with |x| = k·ln 2 + r, for |x| ≤ 4000. r is below ln 2 by no less than −2⁻¹⁹.
fn reduced(x: f64) -> (u32, u128) {
    let (integer, exponent) = decompose(x);
    let shift = 128 + exponent;
    let fraction = if shift >= 0 {
        u128::from(integer) << shift
    } else {
        u128::from(integer).checked_shr(shift.unsigned_abs()).unwrap_or(0)
    };
    let k = (x.abs() * std::f64::consts::LOG2_E - 2f64.powi(-20)).max(0.0) as u32;
    let (high, low) = CONSTANTS.ln_2;
    let multiple =
        high.wrapping_mul(k.into()).wrapping_add((u128::from(low) * u128::from(k)) >> 64);
    (k, fraction.wrapping_sub(multiple))
}

/// (1 − e⁻ʳ)/r.
fn series(r: u128) -> u128 {
    let constants = &*CONSTANTS;
    let terms = constants.terms[r.leading_zeros() as usize];
    let (last, others) = constants.reciprocals[..terms].split_last().expect("a term");
    others.iter().rev().fold(*last, |sum, &reciprocal| reciprocal - high_product(r, sum))
}

/// e⁻ʳ.
fn exp_of_minus(r: u128) -> u128 {
    ONE - high_product(r, series(r))
}
