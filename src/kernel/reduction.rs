//! What all exponentials here begin and end with: x = k·ln 2 + r, and 2ᵏ.

/// 1.5·2⁵². Adding it to a number below 2⁵¹ rounds that number to an integer, which then stands in
/// the low bits of the sum; subtracting it again leaves the integer as a number.
const ROUND_SHIFT: f64 = 6755399441055744.0; // 0x1.8p+52

/// ln 2 to 42 bits, so that its product with an integer below 2¹¹ is exact …
pub(super) const LN_2_HEAD: f64 = 0.6931471805598903; // 0x1.62e42fefa38p-1
/// … and what is missing: head and tail together hold ln 2 to 97 bits.
pub(super) const LN_2_TAIL: f64 = 5.497923018708371e-14; // 0x1.ef35793c7673p-45

/// The multiple of ln 2 that is nearest to an x.
#[derive(Clone, Copy)]
pub(super) struct Multiple {
    /// k as a number.
    pub(super) count: f64,
    /// k in the low bits, so in all bits once shifted up to where exponents are.
    shifted: f64,
}

impl Multiple {
    /// k = round(x·log₂e). Where x·log₂e is all but halfway between two integers, k depends on
    /// `FUSED`.
    #[inline(always)]
    pub(super) fn nearest<const FUSED: bool>(x: f64) -> Self {
        let shifted = multiply_add::<FUSED>(x, core::f64::consts::LOG2_E, ROUND_SHIFT);
        Self { count: shifted - ROUND_SHIFT, shifted }
    }

    /// `value`·2ᵏ by way of the exponent bits: `value` and the result must both be normal.
    #[inline(always)]
    pub(super) fn scale(self, value: f64) -> f64 {
        const EXPONENT_SHIFT: u32 = f64::MANTISSA_DIGITS - 1;
        let exponent = self.shifted.to_bits() << EXPONENT_SHIFT;
        f64::from_bits(value.to_bits().wrapping_add(exponent))
    }
}

/// `a·b + c`, in one rounding where `FUSED`, in two where not.
#[inline(always)]
pub(super) fn multiply_add<const FUSED: bool>(a: f64, b: f64, c: f64) -> f64 {
    // `core` has no fused operation: without `std` no instruction set is `FUSED`.
    #[cfg(feature = "std")]
    if FUSED {
        return a.mul_add(b, c);
    }
    a * b + c
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{Exact, exact, ulp_error};

    fn ln_2() -> Exact {
        exact(2.0).ln()
    }

    #[test]
    fn ln_2_head_is_ln_2_rounded_to_42_bits() {
        assert_eq!(LN_2_HEAD.to_bits() << 53, 0, "more than 42 bits");
        let error = (ln_2() - exact(LN_2_HEAD)).to_f64().value();
        assert!(error.abs() <= 2f64.powi(-43), "{error:e} off");
    }

    #[test]
    fn ln_2_tail_is_what_the_head_misses() {
        let missing = ln_2() - exact(LN_2_HEAD);
        assert!(ulp_error(LN_2_TAIL, &missing) <= 0.5);
    }

    #[test]
    fn a_multiple_is_the_nearest_one_and_scales_by_its_power_of_two() {
        assert_eq!(ROUND_SHIFT, 1.5 * 2f64.powi(52));
        for k in -1082..=0 {
            for fraction in [-0.499, 0.0, 0.499] {
                let x = (f64::from(k) + fraction) * core::f64::consts::LN_2;
                for multiple in [Multiple::nearest::<false>(x), Multiple::nearest::<true>(x)] {
                    assert_eq!(multiple.count, f64::from(k), "{x:e}");
                    let scaled = multiple.scale(1.5 * 2f64.powi(100));
                    assert_eq!(scaled, 1.5 * 2f64.powi(100 + k), "{x:e}");
                }
            }
        }
    }
}
