//! SELU, its derivative and ELU for one `f32`.
//!
//! Everything is computed in `f64` and rounded once, at the end.
//!
//! # Method
//!
//! 1. x = k·ln 2 + r with an integer k, so |r| ≤ ½·ln 2.
//! 2. p(r) = (eʳ − 1)/r by a polynomial of degree 10.
//! 3. A = λα·2ᵏ, by adding k to the exponent bits of λα.
//! 4. λα(eˣ − 1) = A·eʳ − λα = (A − λα) + A·r·p(r). For small |x| k is 0, and then A − λα is exactly
//!    0: nothing cancels. The derivative is A·eʳ = A + A·r·p(r).
//! 5. For x ≥ 0, for −0 (whose sign step 4 would lose) and for NaN: λ·x.
//!
//! # Error
//!
//! Relative to the result, before it is rounded to `f32`:
//!
//! | source | at most |
//! |---|---|
//! | `LN_2` for ln 2: k·2⁻⁵³·³ in r, most at k = −1 | 2⁻⁵² |
//! | polynomial in place of p | 2⁻⁵⁵·⁵ |
//! | its evaluation, fused or not | 2⁻⁵² |
//! | A·r, its product with p, the sum, A − λα | 4·2⁻⁵³ |
//! | λα rounded; for x > 0, λ rounded | 2⁻⁵⁶·⁸; 2⁻⁵⁴·⁵ |
//!
//! together below 2⁻⁴⁹, and since they do not peak together, measured below 2⁻⁵⁰·⁷. So the result is
//! correctly rounded unless λα(eˣ − 1) lies within 2⁻⁴⁹ of the middle between two neighbouring `f32`.
//! A few `f32` do, and no bound decides those:
//! `tests/exhaustive.rs` tries all 2³² inputs, on every instruction set and so with fused and with
//! unfused arithmetic, and finds every one correctly rounded. That is also why instruction sets are
//! free to fuse or not: there is only one correctly rounded result.
//!
//! A product with a gradient has 2⁶⁴ inputs, too many to try. It is rounded from below and from
//! above by more than the error; where both agree, that is the rounded product, whatever the
//! arithmetic, and where they do not (once in 2²³ values) the `f64` kernel decides, which is the
//! same everywhere.
//!
//! # Speed
//!
//! Eight values cost AVX-512 nineteen floating-point operations, two conversions, and five others,
//! and it starts two in a cycle: that number is what bounds the kernel, at some 13 cycles. Horner's
//! rule would save two multiplications of Estrin's scheme, but its chain of dependencies is twice as
//! long, which costs AVX2, the baseline and single values more than AVX-512 gains.

use super::Element;
use super::reduction::{LN_2_HEAD, LN_2_TAIL, Multiple, multiply_add};
use crate::consts::f64::{SCALE, SCALE_ALPHA};

/// Below it the result is −λα to within 2⁻⁵⁶: 1.76·e⁻⁴⁰ is less than that.
const LOWEST: f32 = -40.0;

/// Below it the derivative times any finite `f32` is 0: 1.76·e⁻²⁰⁰·2¹²⁸ < 2⁻¹⁵⁰.
const LOWEST_OF_DERIVATIVE: f32 = -200.0;

/// More than the relative error of a gradient's product with the derivative, in either arithmetic.
const PRODUCT_ERROR: f64 = 1.0 / (1_u64 << 48) as f64;

/// ln 2 to 49 bits. The next four bits of ln 2 are 1111: rounded to here it is as good as a full
/// `f64` would be (its error is 2⁻⁵³·³), and yet k·`LN_2` is exact for |k| < 16, fused or not.
const LN_2: f64 = 0.6931471805599454; // 0x1.62e42fefa39fp-1

/// (eʳ − 1)/r on |r| ≤ ½·ln 2·(1 + 2⁻¹²), lowest degree first; relative error below 2⁻⁵⁵·⁵.
///
/// Sollya: `fpminimax(expm1(x)/x, 10, [|D...|], [-h;h], relative)`, see `polynomials.sollya`.
const EXP_M1_OVER_R: [f64; 11] = [
    1.0,                    // 0x1p+0
    0.5000000000000006,     // 0x1.0000000000005p-1
    0.16666666666666605,    // 0x1.555555555553fp-3
    0.041666666666573815,   // 0x1.555555555211p-5
    0.008333333333379019,   // 0x1.11111111177f1p-7
    0.001388888893229987,   // 0x1.6c16c17f2e65cp-10
    0.00019841269742892787, // 0x1.a01a017d7cfd3p-13
    2.48015045440333e-5,    // 0x1.a019a6a1ebc6dp-16
    2.7557385469747414e-6,  // 0x1.71de749aa49a4p-19
    2.762628864873265e-7,   // 0x1.28a290628fffp-22
    2.506094615106373e-8,   // 0x1.ae8b34efd6c1ap-26
];

impl Element for f32 {
    #[inline(always)]
    fn selu<const FUSED: bool>(self) -> Self {
        unrounded_selu::<FUSED>(self) as f32
    }

    #[inline(always)]
    fn selu_alone<const FUSED: bool>(self) -> Self {
        // Half of the work is more than a wrongly predicted branch costs, if it is not fused.
        if FUSED || self < 0.0 { self.selu::<FUSED>() } else { (SCALE * f64::from(self)) as f32 }
    }

    #[inline(always)]
    fn elu(self, alpha: Self) -> Self {
        unrounded_elu(self, alpha) as f32
    }

    #[inline(always)]
    fn selu_grad(self) -> Self {
        unrounded_derivative::<false>(self) as f32
    }

    #[inline(always)]
    fn selu_backward<const FUSED: bool, const N: usize>(x: &[Self; N], grad: &mut [Self; N]) {
        let mut products = [0.0; N];
        let mut certain = true;
        for i in 0..N {
            let high = f64::from(grad[i]) * scaled_derivative::<FUSED>(1.0 + PRODUCT_ERROR, x[i]);
            products[i] = high as f32;
            let low = (high * (1.0 - 2.0 * PRODUCT_ERROR)) as f32;
            // By their bits, so that NaN is certain too.
            certain &= low.to_bits() == products[i].to_bits();
        }
        if certain {
            *grad = products;
        } else {
            for i in 0..N {
                let x = above_underflow(x[i]);
                grad[i] = (f64::from(grad[i]) * x.selu_grad()) as f32;
            }
        }
    }
}

/// selu(x) to a relative error of 2⁻⁴⁹; NaN for NaN.
#[inline(always)]
pub(super) fn unrounded_selu<const FUSED: bool>(x: f32) -> f64 {
    let x = above_saturation(x);
    let linear = SCALE * x;
    let negative = scaled_exp_m1::<FUSED>(SCALE_ALPHA, x);
    if x < 0.0 { negative } else { linear }
}

/// elu(x, alpha) to a relative error of 2⁻⁴⁹; NaN for NaN. Not fused, since there are too many
/// pairs of arguments to try them all.
#[inline(always)]
pub(super) fn unrounded_elu(x: f32, alpha: f32) -> f64 {
    let negative = f64::from(alpha) * scaled_exp_m1::<false>(1.0, above_saturation(x));
    if x < 0.0 { negative } else { x.into() }
}

/// selu'(x) to a relative error of 2⁻⁴⁹; NaN for NaN.
#[inline(always)]
pub(super) fn unrounded_derivative<const FUSED: bool>(x: f32) -> f64 {
    scaled_derivative::<FUSED>(1.0, x)
}

/// `factor`·selu'(x), for a constant factor near 1, which costs nothing.
#[inline(always)]
fn scaled_derivative<const FUSED: bool>(factor: f64, x: f32) -> f64 {
    let x = above_underflow(x);
    let multiple = Multiple::nearest::<FUSED>(x);
    // 2ᵏ does not damp the error of r here, so r takes both parts of ln 2.
    let near = multiply_add::<FUSED>(-multiple.count, LN_2_HEAD, x);
    let remainder = multiply_add::<FUSED>(-multiple.count, LN_2_TAIL, near);
    let power = multiple.scale(factor * SCALE_ALPHA);
    let polynomial = exp_m1_over_r::<FUSED>(remainder);
    let negative = multiply_add::<FUSED>(power * remainder, polynomial, power);
    if x >= 0.0 { factor * SCALE } else { negative }
}

/// `x`, but no lower than where eˣ stops to matter beside 1. The comparison is false for NaN, which
/// so stays NaN.
#[inline(always)]
fn above_saturation(x: f32) -> f64 {
    f64::from(if x < LOWEST { LOWEST } else { x })
}

/// `scale`·(eˣ − 1) for `LOWEST` ≤ x < 0.
#[inline(always)]
fn scaled_exp_m1<const FUSED: bool>(scale: f64, x: f64) -> f64 {
    let multiple = Multiple::nearest::<FUSED>(x);
    let remainder = multiply_add::<FUSED>(-multiple.count, LN_2, x);
    let power = multiple.scale(scale);
    let polynomial = exp_m1_over_r::<FUSED>(remainder);
    multiply_add::<FUSED>(power * remainder, polynomial, power - scale)
}

/// `x`, but no lower than where the derivative stops to matter. It is positive there, so that its
/// product with an infinite gradient is infinite.
#[inline(always)]
fn above_underflow(x: f32) -> f64 {
    f64::from(if x < LOWEST_OF_DERIVATIVE { LOWEST_OF_DERIVATIVE } else { x })
}

/// p(r) = (eʳ − 1)/r, by Estrin's scheme.
#[inline(always)]
fn exp_m1_over_r<const FUSED: bool>(r: f64) -> f64 {
    let [c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10] = EXP_M1_OVER_R;
    let fma = multiply_add::<FUSED>;
    let r2 = r * r;
    let r4 = r2 * r2;
    let low = fma(fma(c3, r, c2), r2, fma(c1, r, c0));
    let middle = fma(fma(c7, r, c6), r2, fma(c5, r, c4));
    let high = fma(c10, r2, fma(c9, r, c8));
    fma(fma(high, r4, middle), r4, low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::exact;

    #[test]
    fn ln_2_has_49_bits_and_yet_the_error_of_53() {
        assert_eq!(LN_2.to_bits() << 60, 0, "more than 49 bits");
        let error = (exact(2.0).ln() - exact(LN_2)).to_f64().value();
        assert!(error.abs() < 2f64.powf(-53.3), "{error:e} off");
    }

    #[test]
    fn the_polynomial_is_within_its_error() {
        const STEPS: i32 = 1000;
        for step in (-STEPS..=STEPS).filter(|&step| step != 0) {
            let end = 0.5 * core::f64::consts::LN_2 * (1.0 + 2f64.powi(-12));
            let r = exact(end * f64::from(step) / f64::from(STEPS));
            let descending = EXP_M1_OVER_R.iter().rev();
            let polynomial = descending.fold(exact(0.0), |sum, &c| sum * &r + exact(c));
            let error = (polynomial * &r / r.exp_m1() - exact(1.0)).to_f64().value();
            assert!(error.abs() < 2f64.powf(-55.5), "{error:e} at step {step}");
        }
    }
}
