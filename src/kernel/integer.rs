//! All functions of `f32`, and those of two arguments of the 16-bit types, in integers: for CPUs
//! whose `f64` is software, such as Cortex-M4F, Cortex-M33, ESP32 and 32-bit RISC-V.
//!
//! Significands are fixed-point: integers that stand for multiples of a unit, 2⁻⁶⁴ unless another
//! is named. All products are of 32 by 32 bits, which is one instruction there. What the other
//! kernels call is not inlined: flash is scarce.
//!
//! # Method
//!
//! 1. y = |x|·32/ln 2 = n + 2g, with an integer n = 32k + j and 0 ≤ g < ½. The product of the 24
//!    bits of x and a 64-bit constant is only shifted, so nothing cancels.
//! 2. s = (1 − 2^(−g/16))/g by a polynomial of degree 5. Its last two terms need only 32 bits.
//! 3. n = 0, that is |x| < ln 2/32: 1 − eˣ = g·s. Here all 64 bits of y stand for g, so that the
//!    *relative* error is small however small x is.
//! 4. Otherwise eˣ = 2^(−k)·T·(1 − g·s), with T = 2^(−j/32) from a table, and 1 − eˣ is the
//!    difference. For the derivative, eˣ is this for every n.
//! 5. That is multiplied by λα, or by the exact product of the caller's constants, and then by the
//!    gradient. For x ≥ 0 it is λ or the caller's constant that is multiplied by x or the gradient.
//! 6. Ziv's rounding test: the significand less and plus [`ERROR`] is rounded. If that differs,
//!    `exact.rs` decides.
//!
//! [`selu`] and [`selu_grad`] need no test: `tests.rs` goes through all 2³² arguments, and none has
//! a result nearer to the middle between two `f32` than 5 times its error.
//!
//! # Error
//!
//! At most, in units unless it is relative; `proofs/integer.py` adds it up.
//!
//! | source | error |
//! |---|---|
//! | a product: the lowest 32×32 bits left out, the others truncated | 3 |
//! | y, before it is shifted: the constant, and the product truncated | 1.5 |
//! | s: the polynomial with its rounded coefficients (Sollya) | 2⁻⁵⁶·⁴⁷, relative |
//! | s, and its evaluation (Gappa) | 2⁻⁵⁶·¹⁶, relative |
//! | 1 − eˣ for n = 0: s, y, the product | 2⁻⁵⁵·⁷⁶, relative |
//! | T·(1 − g·s): s, T, the complement, the products (Gappa) | 10.0 |
//! | y in that, for \|x\| < 2ᵉ: 1.5, shifted by e + 6, times ln 2/16 | 4.16·2ᵉ |
//! | 1 − eˣ for n > 0: these two, less for larger k, and the shift | 13.5 |
//! | eˣ down to x = −400: these two | 2140 |
//! | a factor: rounded, and the product | 3.5 |
//! | **any product**: eˣ, a factor, a gradient | 2144 |

#[cfg(test)]
mod tests;

use super::tables::{
    HALF_SCALE, HALF_SCALE_ALPHA, INV_LN_2_32ND, POWERS_32, SLOPE, SLOPE_4, SLOPE_5,
};
use super::{Element, ScaledElu, Selu};

/// More than the error of any product, in units of 2⁻⁶⁴ of its significand.
// mutants 1 -> 2, 12 -> 13, 12 -> 11: a larger bound; `proofs/run integer` sees a smaller one.
const ERROR: u64 = 1 << 12;

const SIGN: u32 = 1 << 31;
const INFINITY: u32 = 0xff << 23;

/// The bits of a result, and bits that are not all 0 if it is not known to be correctly rounded.
type Rounded = (u32, u32);

/// SELU.
#[inline(never)]
pub(super) fn selu(x: f32) -> f32 {
    let (bits, _) = Factors::from(Selu).value(x).rounded::<f32>();
    if is_nan(x) { x } else { f32::from_bits(bits) }
}

/// The derivative of SELU.
#[inline(never)]
pub(super) fn selu_grad(x: f32) -> f32 {
    let (bits, _) = Factors::from(Selu).derivative(x).rounded::<f32>();
    if is_nan(x) { x } else { f32::from_bits(bits) }
}

/// `function` at `x`.
#[inline(never)]
pub(super) fn value<T: Element>(function: ScaledElu<f32>, x: f32) -> Rounded {
    let factors = Factors::from(function);
    let (bits, open) = factors.value(x).rounded::<T>();
    (bits, open | u32::from(factors.are_special | is_nan(x)))
}

/// `grad` times the derivative of `function` at `x`.
#[inline(never)]
pub(super) fn gradient<T: Element>(function: impl Into<Factors>, x: f32, grad: f32) -> Rounded {
    let factors = function.into();
    let (bits, open) = factors.derivative(x).times_f32(grad).rounded::<T>();
    (bits, open | u32::from(factors.are_special | is_nan(x) | is_nan(grad)))
}

/// By the bits, since a CPU without `f64` may be without `f32`, too.
fn is_nan(x: f32) -> bool {
    x.to_bits() & !SIGN > INFINITY
}

/// The factors of a function: of x and 1 for x > 0, of eˣ − 1 and eˣ for x < 0.
#[derive(Clone, Copy)]
pub(super) struct Factors {
    scale: Number,
    scale_alpha: Number,
    /// Whether one of them is 0, infinite or NaN.
    are_special: bool,
}

impl From<Selu> for Factors {
    #[inline(always)]
    fn from(Selu: Selu) -> Self {
        Self {
            scale: Number { significand: HALF_SCALE, exponent: 1, ..INEXACT },
            scale_alpha: Number { significand: HALF_SCALE_ALPHA, exponent: 1, ..INEXACT },
            are_special: false,
        }
    }
}

impl From<ScaledElu<f32>> for Factors {
    #[inline(always)]
    fn from(ScaledElu { alpha, scale }: ScaledElu<f32>) -> Self {
        let is_special = |x: f32| {
            let magnitude = x.to_bits() & !SIGN;
            // mutants | -> ^: no number is both.
            (magnitude == 0) | (magnitude >= INFINITY)
        };
        Self {
            scale: Number::of(scale),
            scale_alpha: Number::of(scale).times_f32(alpha),
            are_special: is_special(alpha) | is_special(scale),
        }
    }
}

impl Factors {
    #[inline(always)]
    fn value(self, x: f32) -> Number {
        if x.to_bits() <= SIGN {
            self.scale.times_f32(x)
        } else {
            self.scale_alpha.times(Number::exp_m1(x.to_bits() & !SIGN))
        }
    }

    #[inline(always)]
    fn derivative(self, x: f32) -> Number {
        if x.to_bits() <= SIGN {
            self.scale
        } else {
            self.scale_alpha.times(Number::exp(x.to_bits() & !SIGN))
        }
    }
}

/// ±significand·2^(exponent − 64). The exponents of 0 and infinity are so far away that no finite
/// factor makes a finite number of them.
#[derive(Clone, Copy)]
struct Number {
    /// The sign bit of an `f32`.
    sign: u32,
    /// At least 2⁵⁶, whose lower word an `f32` has no digits for.
    significand: u64,
    exponent: i32,
    /// Whether it is a product of at most two `f32`, which has no error.
    is_exact: bool,
}

// mutants 0 -> 1: the significand is written over; the other two are seen.
const INEXACT: Number = Number { sign: 0, significand: 0, exponent: 0, is_exact: false };

impl Number {
    /// `x`, unless it is NaN; its significand has 32 bits.
    #[inline(always)]
    fn of(x: f32) -> Self {
        // mutants 1 -> 2, 20 -> 19, 20 -> 21: just as far.
        const FAR: i32 = 1 << 20;
        let magnitude = x.to_bits() & !SIGN;
        let (digits, exponent) = match magnitude >> 23 {
            0 if magnitude == 0 => (SIGN, -FAR),
            0 => (magnitude << magnitude.leading_zeros(), -117 - magnitude.leading_zeros() as i32),
            0xff => (SIGN, FAR),
            exponent => (magnitude << 8 | SIGN, exponent as i32 - 126),
        };
        let significand = u64::from(digits) << 32;
        Self { sign: x.to_bits() & SIGN, significand, exponent, is_exact: true }
    }

    /// The product, which is exact if this is an `f32`, too.
    #[inline(always)]
    fn times_f32(self, x: f32) -> Self {
        let x = Self::of(x);
        Self {
            sign: self.sign ^ x.sign,
            significand: times(high(x.significand), self.significand),
            exponent: self.exponent + x.exponent,
            is_exact: self.is_exact,
        }
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        Self {
            sign: self.sign ^ other.sign,
            significand: product(self.significand, other.significand),
            exponent: self.exponent + other.exponent,
            is_exact: false,
        }
    }

    /// eˣ − 1 for the x < 0 of this magnitude.
    #[inline(always)]
    fn exp_m1(magnitude: u32) -> Self {
        /// 40, from where on it is −1 to within 2⁻⁵⁷.
        // mutants: its neighbours do, too.
        const LARGEST: u32 = 0x4220_0000;
        let (y, exponent, n, g) = steps(magnitude.min(LARGEST));
        let s = slope(g);
        if n == 0 {
            let significand = product(y, s);
            return Self { sign: SIGN, significand, exponent: exponent + 3, ..INEXACT };
        }
        Self { sign: SIGN, significand: !(power(n, g, s) >> (n >> 5)), ..INEXACT }
    }

    /// eˣ for the x < 0 of this magnitude.
    #[inline(always)]
    fn exp(magnitude: u32) -> Self {
        /// 400, from where on its product with any three finite `f32` is rounded to 0.
        // mutants: its neighbours do, too.
        const LARGEST: u32 = 0x43c8_0000;
        let (_, _, n, g) = steps(magnitude.min(LARGEST));
        let significand = power(n, g, slope(g));
        Self { significand, exponent: -((n >> 5) as i32), ..INEXACT }
    }

    /// The nearest number of the type.
    #[inline(always)]
    fn rounded<T: Element>(self) -> Rounded {
        let largest_exponent = (1 << T::EXPONENT_BITS) - 2;
        let zeros = high(self.significand).leading_zeros();
        // Biased, and less 1, since the leading digit is added to it.
        let exponent = self.exponent + largest_exponent / 2 - 2 - zeros as i32;
        let lost = 31 - T::DIGITS + (-exponent).max(0) as u32 - zeros;
        let round = |significand| (high(significand).checked_shr(lost).unwrap_or(0) + 1) >> 1;
        let (mut significand, mut error) = (self.significand, ERROR);
        if self.is_exact {
            // Half is rounded up. One unit less before an even digit: half is rounded to even.
            // mutants 0 -> 1: half of the smallest loses 30 digits, since its product begins with a 0.
            let is_odd = high(significand).checked_shr(lost + 1).unwrap_or(0) & 1;
            // mutants 0 -> 1: one unit more leaves open, no more.
            (significand, error) = (significand - u64::from(1 - is_odd), 0);
        }
        let open = round(significand - error) ^ round(significand.saturating_add(error));
        let exponent = exponent.clamp(0, largest_exponent) as u32;
        // Where rounding carries, it carries into the exponent.
        let magnitude = (exponent << (T::DIGITS - 1)) + round(significand);
        let infinity = (largest_exponent as u32 + 1) << (T::DIGITS - 1);
        let sign = self.sign >> (32 - T::DIGITS - T::EXPONENT_BITS);
        // mutants | -> ^: no bit is set in both.
        (magnitude.min(infinity) | sign, open)
    }
}

/// Step 1: y in units of 2^(e − 57), less than 2⁶³; e, which is the exponent of x; n; and g.
#[inline(always)]
fn steps(magnitude: u32) -> (u64, i32, u32, u64) {
    let Number { significand, exponent, .. } = Number::of(f32::from_bits(magnitude));
    let y = times(high(significand), INV_LN_2_32ND);
    let shift = exponent + 6;
    if shift <= 0 {
        // mutants 0 -> 1: a unit is within the error.
        return (y, exponent, 0, y.checked_shr(shift.unsigned_abs()).unwrap_or(0));
    }
    // It is at most 15; now the compiler knows that it is below 32.
    let shift = shift & 31;
    (y, exponent, high(y) >> (31 - shift), y << shift & u64::MAX >> 1)
}

/// Step 2, in units of 2⁻⁶⁷; less than 2⁶³.
#[inline(always)]
fn slope(g: u64) -> u64 {
    let [s0, s1, s2, s3] = SLOPE;
    let s4 = SLOPE_4 - (high(wide(high(g), SLOPE_5)) >> 7);
    let s3 = s3 - (u64::from(high(wide(high(g), s4))) << 6);
    let s2 = s2 - product(g, s3);
    let s1 = s1 - product(g, s2);
    s0 - product(g, s1)
}

/// Step 4, without the factor 2^(−k), given s.
#[inline(always)]
fn power(n: u32, g: u64, s: u64) -> u64 {
    // The complement is the difference from 1, less one unit, which 1 itself has no room for.
    product(POWERS_32[n as usize % 32], !(product(g, s) >> 3))
}

/// a·b/2⁶⁴, less than 3 units too small.
#[inline(always)]
fn product(a: u64, b: u64) -> u64 {
    let [c, d] = [wide(a as u32, high(b)), wide(high(a), b as u32)];
    wide(high(a), high(b)) + u64::from(high(c)) + u64::from(high(d))
}

/// a·b/2³², cut off.
#[inline(always)]
fn times(a: u32, b: u64) -> u64 {
    wide(a, high(b)) + u64::from(high(wide(a, b as u32)))
}

fn wide(a: u32, b: u32) -> u64 {
    u64::from(a) * u64::from(b)
}

fn high(a: u64) -> u32 {
    (a >> 32) as u32
}
