//! SELU, its derivative and ELU for one `f64`, to 0.57 ULP.
//!
//! # Method
//!
//! A value of more than 53 bits is a *head* of 26 bits and a *tail*, so that a product of two heads
//! is exact. Nothing fused is needed, and nothing fused is used except where the product is exact,
//! so every instruction set gives the same bits.
//!
//! 1. x = k·ln 2 + r with an integer k, so |r| ≤ ½·ln 2, and r = head + tail.
//! 2. eʳ − 1 = r + r²·(½ + p), p = r·q(r), with q a polynomial of degree 9. Since
//!    r² = head² + tail·(head + r), that is head + ½·head² + rest, where ½·head² is exact (or too small to matter) and
//!    rest = tail + tail·(head + r)·(½ + p) + head²·p.
//! 3. eˣ − 1 = (2ᵏ − 1) + 2ᵏ·(eʳ − 1), again as head + tail. For small |x| k is 0 and 2ᵏ − 1 is
//!    exactly 0: nothing cancels.
//! 4. The product of that pair with the pair that λα is.
//!    (The derivative is the same product with eʳ = 1 + (eʳ − 1), and then multiplied by 2ᵏ.)
//! 5. For x ≥ 0, for −0 (whose sign step 4 would lose) and for NaN: λx = x + (λ − 1)·x.
//!
//! The pairs of a value below 2⁻⁹⁰⁰ would lose their tails to underflow, so such a value takes the
//! same way multiplied by 2¹²⁸, where the function is a straight line, and comes back at the end.
//!
//! # Error
//!
//! In units of the last place (ULP) of the result, beside the 0.5 of the final rounding:
//!
//! | source | at most |
//! |---|---|
//! | x < 0: four roundings in `rest`, 2.2 % of the result at x = −0.33, where the result is just below ½ | 0.06 |
//! | x < 0: polynomial in place of q | 0.01 |
//! | x < 0: tail products and sums, 2⁻²⁵ of the result | 2⁻²⁴ |
//! | x > 0: λ − 1 rounded, and its product with x rounded, both 2⁻⁵³ of 5 % of x | 0.0625 |
//!
//! A subnormal result is rounded twice, once before it is multiplied by 2⁻¹²⁸ and once by that
//! product: 0.5 + ½·0.57 < 0.8. `tests/accuracy.rs` measures all of this.

use super::Element;
use super::reduction::{LN_2_HEAD, LN_2_TAIL, Multiple, multiply_add};
use crate::consts::f64::{SCALE, SCALE_ALPHA};
use crate::simd::BASELINE_FUSED;

/// Below it the result is −λα: 1.76·e⁻⁴⁰ is less than a twentieth of its last place, and λα itself
/// is 0.064 of a place from its `f64`.
const LOWEST: f64 = -40.0;

/// Below it the derivative rounds to 0: 1.76·e⁻⁷⁵⁰ < 2⁻¹⁰⁷⁵.
const LOWEST_OF_DERIVATIVE: f64 = -750.0;

/// Below it a value is scaled up. Far from where anything underflows, and far below 2⁻⁵⁴, where
/// selu(x) becomes a straight line.
const TINY: f64 = power_of_two(-900);
const SCALE_UP: f64 = power_of_two(128);
const SCALE_DOWN: f64 = power_of_two(-128);

/// λ − 1.
const SCALE_MINUS_1: f64 = 0.050700987355480495; // 0x1.9f57ad5222646p-5

/// (eʳ − 1 − r − ½·r²)/r³ on |r| ≤ ½·ln 2·(1 + 2⁻¹²), lowest degree first; makes a relative error
/// below 2⁻⁵⁹·⁸ in eʳ − 1.
///
/// Sollya: `fpminimax((expm1(x) - x - x^2/2)/x^3, 9, [|D...|], [-h;h], absolute)`, see
/// `polynomials.sollya`.
const CUBIC_REST: [f64; 10] = [
    0.16666666666666669,    // 0x1.5555555555556p-3
    0.04166666666666667,    // 0x1.5555555555556p-5
    0.008333333333328878,   // 0x1.1111111110709p-7
    0.0013888888888881755,  // 0x1.6c16c16c15f3dp-10
    0.00019841269866606348, // 0x1.a01a01a9041dbp-13
    2.480158733188789e-5,   // 0x1.a01a01a8a164dp-16
    2.755726450966836e-6,   // 0x1.71de0a34dac92p-19
    2.755726637897928e-7,   // 0x1.27e4d647d42dcp-22
    2.510184962449369e-8,   // 0x1.af3f1a275f1bfp-26
    2.091742803998268e-9,   // 0x1.1f7ca839ac262p-29
];

/// 2ⁿ, for a normal result.
const fn power_of_two(n: i32) -> f64 {
    f64::from_bits(((1023 + n) as u64) << 52)
}

/// A value as the sum of 26 bits and what is missing.
#[derive(Clone, Copy)]
struct Pair {
    head: f64,
    tail: f64,
}

impl Pair {
    /// λα to 79 bits.
    const SCALE_ALPHA: Self = Self {
        head: 1.7580993175506592,     // 0x1.c212ccp+0
        tail: 2.3296717680252718e-08, // 0x1.903c0c4414587p-26
    };

    #[inline(always)]
    fn of(x: f64) -> Self {
        let head = head(x);
        Self { head, tail: x - head }
    }

    /// The product with a second pair, whose sum to one rounding is `sum`.
    #[inline(always)]
    fn times(self, other: Self, sum: f64) -> f64 {
        self.head * other.head + (self.tail * sum + self.head * other.tail)
    }
}

/// The leading 26 bits of `x`, the rest cut off.
#[inline(always)]
fn head(x: f64) -> f64 {
    const CUT: u64 = (1 << 27) - 1;
    f64::from_bits(x.to_bits() & !CUT)
}

impl Element for f64 {
    #[inline(always)]
    fn selu<const FUSED: bool>(self) -> Self {
        let tiny = self.abs() < TINY;
        let x = if tiny { self * SCALE_UP } else { self };
        let negative = negative_selu::<FUSED>(x);
        let linear = linear_selu(x);
        let result = if x < 0.0 { negative } else { linear };
        if tiny { result * SCALE_DOWN } else { result }
    }

    #[inline(always)]
    fn selu_alone<const FUSED: bool>(self) -> Self {
        if self.abs() < TINY {
            self.selu::<FUSED>()
        } else if self < 0.0 {
            negative_selu::<FUSED>(self)
        } else {
            linear_selu(self)
        }
    }

    #[inline(always)]
    fn elu(self, alpha: Self) -> Self {
        elu(self, alpha)
    }

    #[inline(always)]
    fn selu_grad(self) -> Self {
        derivative::<{ BASELINE_FUSED }>(self)
    }

    #[inline(always)]
    fn selu_backward<const FUSED: bool, const N: usize>(x: &[Self; N], grad: &mut [Self; N]) {
        for (grad, &x) in grad.iter_mut().zip(x) {
            *grad *= derivative::<FUSED>(x);
        }
    }
}

/// λα(eˣ − 1), for x < 0 unless it is tiny.
#[inline(always)]
fn negative_selu<const FUSED: bool>(x: f64) -> f64 {
    exp_m1::<FUSED>(x).times(Pair::SCALE_ALPHA, SCALE_ALPHA)
}

/// λx = x + (λ − 1)·x, for x ≥ 0 unless it is tiny.
#[inline(always)]
fn linear_selu(x: f64) -> f64 {
    x + x * SCALE_MINUS_1
}

/// One value at a time, so branches are welcome.
#[inline]
fn elu(x: f64, alpha: f64) -> f64 {
    /// 2⁻⁷⁰⁰ and 2⁶⁰⁰, 2⁻²⁰⁰ and 2⁹⁰⁰: whatever both factors are, their product is above 2⁻⁹⁰⁰.
    const TINY_X: f64 = power_of_two(-700);
    const X_UP: i32 = 600;
    const TINY_ALPHA: f64 = power_of_two(-200);
    const ALPHA_UP: i32 = 900;

    if x >= 0.0 || x.is_nan() {
        return x;
    }
    let x_up = if x > -TINY_X { X_UP } else { 0 };
    let alpha_up = if alpha.abs() < TINY_ALPHA { ALPHA_UP } else { 0 };
    let exp_m1 = exp_m1::<{ BASELINE_FUSED }>(x * power_of_two(x_up));
    if !alpha.is_finite() {
        return alpha * exp_m1.head;
    }
    let alpha = alpha * power_of_two(alpha_up);
    let product = exp_m1.times(Pair::of(alpha), alpha);
    // Only one of these two can round to something other than 0.
    product * power_of_two(-x_up) * power_of_two(-alpha_up)
}

/// selu'(x); NaN for NaN.
#[inline(always)]
fn derivative<const FUSED: bool>(x: f64) -> f64 {
    let clamped = if x < LOWEST_OF_DERIVATIVE { LOWEST_OF_DERIVATIVE } else { x };
    let multiple = Multiple::nearest::<false>(clamped);
    let power = Growth::of::<FUSED>(clamped, multiple).added_to(1.0, 0.0);
    let mantissa = power.times(Pair::SCALE_ALPHA, SCALE_ALPHA);
    // In two steps, since 2ᵏ itself may be subnormal. Only the second can round.
    let negative = mantissa * multiple.scale(SCALE_UP) * SCALE_DOWN;
    if x >= 0.0 { SCALE } else { negative }
}

/// eˣ − 1 for `LOWEST` ≤ x ≤ 0.
#[inline(always)]
fn exp_m1<const FUSED: bool>(x: f64) -> Pair {
    let x = if x > LOWEST { x } else { LOWEST };
    let multiple = Multiple::nearest::<false>(x);
    let growth = Growth::of::<FUSED>(x, multiple);
    let power = multiple.scale(1.0);
    let base = power - 1.0;
    // Not 0 only below −37, where 2ᵏ − 1 has more than 53 bits.
    let base_error = power - (base + 1.0);
    growth.scaled(power).added_to(base, base_error)
}

/// eʳ − 1 in three parts, the first two of them exact.
struct Growth {
    head: f64,
    half_square: f64,
    rest: f64,
}

impl Growth {
    /// For r = x − k·ln 2.
    #[inline(always)]
    fn of<const FUSED: bool>(x: f64, multiple: Multiple) -> Self {
        // An exact product, so fusing changes nothing.
        let near = multiply_add::<FUSED>(-multiple.count, LN_2_HEAD, x);
        let correction = multiple.count * LN_2_TAIL;
        let remainder = near - correction;
        let head = head(remainder);
        let tail = (near - head) - correction;
        // r² = head² + cross, and r + r²·(½ + p) in an order in which all but one sum is exact or tiny.
        let head_square = head * head;
        let cross = tail * (head + remainder);
        let p = remainder * cubic_rest(remainder);
        Self {
            head,
            half_square: 0.5 * head_square,
            rest: (tail + cross * (0.5 + p)) + head_square * p,
        }
    }

    /// Exact for a power of two.
    #[inline(always)]
    fn scaled(self, power: f64) -> Self {
        Self {
            head: self.head * power,
            half_square: self.half_square * power,
            rest: self.rest * power,
        }
    }

    /// `base + base_error + self`. Each sum below is exact, or off by no more than the last place of the
    /// tail.
    #[inline(always)]
    fn added_to(self, base: f64, base_error: f64) -> Pair {
        let head = head(base + (self.head + (self.half_square + self.rest)));
        Pair {
            head,
            tail: (((base - head) + self.head) + self.half_square) + (self.rest + base_error),
        }
    }
}

/// q(r) = (eʳ − 1 − r − ½·r²)/r³, by Estrin's scheme but for its last step: the sum that has the size
/// of the result rounds once, and all others are so small that they hardly matter.
#[inline(always)]
fn cubic_rest(r: f64) -> f64 {
    let [c0, c1, c2, c3, c4, c5, c6, c7, c8, c9] = CUBIC_REST;
    let r2 = r * r;
    let r4 = r2 * r2;
    let low = (c1 + c2 * r) + (c3 + c4 * r) * r2;
    let high = (c5 + c6 * r) + (c7 + c8 * r) * r2;
    c0 + (low + (high + c9 * r4) * r4) * r
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{self, exact, ulp_error};

    #[test]
    fn scale_minus_1_is_correctly_rounded() {
        let difference = &*reference::SCALE - exact(1.0);
        assert!(ulp_error(SCALE_MINUS_1, &difference) <= 0.5);
    }

    #[test]
    fn scale_alpha_is_26_bits_and_what_they_miss() {
        let Pair { head, tail } = Pair::SCALE_ALPHA;
        assert_eq!(head.to_bits() << 37, 0, "more than 26 bits");
        let missing = &*reference::SCALE_ALPHA - exact(head);
        assert!(ulp_error(tail, &missing) <= 0.5);
        // No more than a place of 26 bits: it is the head that is nearest on one side.
        assert!(tail.abs() < 2f64.powi(-25));
    }

    #[test]
    fn a_head_has_26_bits_and_a_tail_the_other_27() {
        for x in [
            1.0_f64.next_up(),
            2.0_f64.next_down(),
            -1.0 - 2f64.powi(-25),
            -1.0 - 2f64.powi(-26),
            1.0 / 3.0,
            1e300,
        ] {
            let Pair { head, tail } = Pair::of(x);
            let binade = f64::from_bits(x.to_bits() & f64::INFINITY.to_bits());
            assert_eq!(head.to_bits() << 37, 0, "{x:e}: more than 26 bits");
            assert_eq!(head + tail, x);
            assert!(tail.abs() < binade * 2f64.powi(-25), "{x:e}: fewer than 26 bits");
        }
    }

    #[test]
    fn the_polynomial_is_within_its_error() {
        const STEPS: i32 = 1000;
        for step in (-STEPS..=STEPS).filter(|&step| step != 0) {
            let end = 0.5 * core::f64::consts::LN_2 * (1.0 + 2f64.powi(-12));
            let r = exact(end * f64::from(step) / f64::from(STEPS));
            let descending = CUBIC_REST.iter().rev();
            let q = descending.fold(exact(0.0), |sum, &c| sum * &r + exact(c));
            let exp_m1 = &r + &r * &r * (exact(0.5) + &r * q);
            let error = (exp_m1 / r.exp_m1() - exact(1.0)).to_f64().value();
            assert!(error.abs() < 2f64.powf(-59.8), "{error:e} at step {step}");
        }
    }
}
