//! Arithmetic with and without fused multiply-add.

use crate::simd::Isa;

/// Refuses any rounding mode but to nearest, where debug assertions are on: the bounds of the
/// kernels hold in that mode only.
#[inline(always)]
pub(crate) fn debug_assert_rounding_to_nearest() {
    debug_assert!(rounds_to_nearest(), "selu needs the CPU to round to nearest, ties to even");
}

fn rounds_to_nearest() -> bool {
    // In any other mode one of the two moves away from 1.
    // mutants 60 -> 59, 60 -> 61, 1.0 -> 2.0: any number does that does not change the other.
    let [one, tiny] = core::hint::black_box([1.0, power_of_two(-60)]);
    one + tiny == one && one - tiny == one
}

/// 1.5·2⁵². Adding it to a number below 2⁵¹ rounds that number to an integer, which then stands in
/// the low bits of the sum; subtracting it again leaves the integer as a number.
pub(super) const ROUND_SHIFT: f64 = 6755399441055744.0; // 0x1.8p+52

/// `a·b + c`, with one rounding if `I::FUSED`, with two if not.
#[inline(always)]
pub(super) fn multiply_add<I: Isa>(a: f64, b: f64, c: f64) -> f64 {
    #[cfg(feature = "std")]
    if I::FUSED {
        return a.mul_add(b, c);
    }
    a * b + c
}

/// The leading 26 bits of `x`, the rest truncated, as Veltkamp's splitting takes them, but by the
/// bits: the product of two such numbers is exact.
#[inline(always)]
pub(super) const fn short(x: f64) -> f64 {
    const TAIL: u64 = (1 << 27) - 1;
    f64::from_bits(x.to_bits() & !TAIL)
}

/// `a·b` and its rounding error, by one fused operation or by Dekker's product: exact where nothing
/// underflows or overflows, except for 2⁻¹⁰⁴ of the product if not `I::FUSED`.
#[inline(always)]
pub(super) fn product<I: Isa>(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    if I::FUSED {
        return (product, multiply_add::<I>(a, b, -product));
    }
    let (a_head, b_head) = (short(a), short(b));
    let (a_tail, b_tail) = (a - a_head, b - b_head);
    let error = ((a_head * b_head - product) + a_head * b_tail + a_tail * b_head) + a_tail * b_tail;
    (product, error)
}

/// The same without the exception: the head of `b` is rounded, so that its tail has 26 bits, too, and
/// the products with both are exact. `b` and the product must be so far from the largest number that
/// the head, and its product, do not overflow.
#[inline(always)]
pub(super) fn exact_product<I: Isa>(a: f64, b: f64) -> (f64, f64) {
    // mutants: any head of 26 bits does.
    // mutants + -> -, + -> *, << -> >>: any head of 26 bits does.
    let b_head = short(f64::from_bits(b.to_bits() + (1 << 26)));
    let (of_head, error) = product::<I>(a, b_head);
    let (of_tail, error_of_tail) = product::<I>(a, b - b_head);
    let product = a * b;
    (product, ((of_head - product) + of_tail) + error + error_of_tail)
}

/// `x`, exactly, even where the CPU treats a subnormal number as 0.
#[inline(always)]
pub(super) fn widen(x: f32) -> f64 {
    const SIGN: u32 = 1 << 31;
    let magnitude = x.to_bits() & !SIGN;
    // mutants < -> <=: exact either way.
    if magnitude < f32::MIN_POSITIVE.to_bits() {
        (f64::from(magnitude) * power_of_two(-149)).copysign(x.into())
    } else {
        x.into()
    }
}

/// The bits of each value.
#[inline(always)]
pub(super) fn bits<const N: usize>(x: &[f64; N]) -> [u64; N] {
    // Not `map`, which stays a call where the optimiser does not see through it.
    let mut bits = [0; N];
    for (bits, x) in bits.iter_mut().zip(x) {
        *bits = x.to_bits();
    }
    bits
}

/// 2ⁿ, for a normal result.
pub(super) const fn power_of_two(n: i32) -> f64 {
    f64::from_bits(((1023 + n) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Baseline;

    #[test]
    fn a_short_number_has_26_bits_and_leaves_27() {
        for x in [
            1.0_f64.next_up(),
            2.0_f64.next_down(),
            -1.0 - 2f64.powi(-25),
            -1.0 - 2f64.powi(-26),
            1.0 / 3.0,
            1e300,
        ] {
            let head = short(x);
            let binade = f64::from_bits(x.to_bits() & f64::INFINITY.to_bits());
            assert_eq!(head.to_bits() << 37, 0, "{x:e}: more than 26 bits");
            assert!((x - head).abs() < binade * 2f64.powi(-25), "{x:e}: fewer than 26 bits");
        }
    }

    #[test]
    fn exact_products_are_exact() {
        let integers = |i: u64| {
            let random = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11;
            // At the ends of a binade, around where the head is rounded up, and others.
            [
                1 << 52 | i,
                (1 << 53) - 1 - i,
                3 << 51 | 1 << 26 | i,
                (1 << 52) | ((1 << 27) - i),
                random,
            ]
        };
        for [i, j] in (0..40_000_u64).map(|i| [i / 200, i % 200 + 1]) {
            for a in integers(i + 1) {
                for b in integers(j) {
                    let (product, error) = exact_product::<Baseline>(a as f64, b as f64);
                    let exact = i128::from(a) * i128::from(b);
                    assert_eq!(product as i128 + error as i128, exact, "{a}, {b}");
                }
            }
        }
    }

    #[test]
    fn the_round_shift_leaves_the_nearest_integer() {
        assert_eq!(ROUND_SHIFT, 1.5 * 2f64.powi(52));
        for n in -100_000..=100_000_i64 {
            let shifted = n as f64 * 0.999_999 + ROUND_SHIFT;
            let nearest = (n as f64 * 0.999_999).round_ties_even();
            assert_eq!(shifted - ROUND_SHIFT, nearest);
            assert_eq!(shifted.to_bits() & 0xffff, nearest as i64 as u64 & 0xffff);
        }
    }
}
