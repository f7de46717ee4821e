//! SELU, its derivative and ELU for one `half::f16` or `half::bf16`, rounded once.
//!
//! The `f32` kernel computes in `f64`; what it has before it rounds is rounded here, once, to 11 or 8
//! bits. (Its rounded result would be rounded a second time, which is wrong for some derivatives.)
//! `tests/half.rs` tries all 65,536 values: SELU and its derivative are correctly rounded. The product
//! of ELU with alpha can lie so near the middle between two numbers that 53 bits do not tell, and then
//! the result is 0.5 + 10⁻¹⁶ ULP off.
//!
//! The conversions are arithmetic and selects, like the kernels, since those of the `half` crate work
//! on one value at a time.

use super::Element;
use super::f32::{unrounded_derivative, unrounded_elu, unrounded_selu};
use ::half::{bf16, f16};

/// A type of 16 bits with an exact way to `f32` and a rounding way back from `f64`.
trait Half: Copy + Default + 'static {
    fn widen(self) -> f32;
    fn round(x: f64) -> Self;
}

impl<H: Half> Element for H {
    #[inline(always)]
    fn selu<const FUSED: bool>(self) -> Self {
        H::round(unrounded_selu::<FUSED>(self.widen()))
    }

    #[inline(always)]
    fn elu(self, alpha: Self) -> Self {
        H::round(unrounded_elu(self.widen(), alpha.widen()))
    }

    #[inline(always)]
    fn selu_grad(self) -> Self {
        H::round(unrounded_derivative::<false>(self.widen()))
    }

    #[inline(always)]
    fn selu_backward<const FUSED: bool, const N: usize>(x: &[Self; N], grad: &mut [Self; N]) {
        for (grad, x) in grad.iter_mut().zip(x) {
            // Not fused, so that every instruction set rounds the same product.
            let derivative = unrounded_derivative::<false>(x.widen());
            *grad = H::round(f64::from(grad.widen()) * derivative);
        }
    }
}

/// Exponent of `f32` less that of `f16`, as a factor.
const F16_IN_F32: f32 = f32::from_bits((127 + 112) << 23); // 2¹¹²

impl Half for f16 {
    #[inline(always)]
    fn widen(self) -> f32 {
        const INFINITY_BITS: u32 = 0x7c00 << 13;
        let bits = u32::from(self.to_bits());
        // Read as `f32`, the bits are the value by 2⁻¹¹²: the product is exact, subnormals included.
        let magnitude = (bits & 0x7fff) << 13;
        let finite = (f32::from_bits(magnitude) * F16_IN_F32).to_bits();
        let special = magnitude | f32::INFINITY.to_bits();
        let magnitude = if magnitude < INFINITY_BITS { finite } else { special };
        f32::from_bits(magnitude | (bits & 0x8000) << 16)
    }

    #[inline(always)]
    fn round(x: f64) -> Self {
        let rounded = rounded_magnitude::<11, -14, 15>(x) as f32;
        let magnitude = ((rounded * (1.0 / F16_IN_F32)).to_bits() >> 13) as u16;
        Self::from_bits(with_sign(magnitude, Self::NAN.to_bits(), x))
    }
}

impl Half for bf16 {
    #[inline(always)]
    fn widen(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }

    #[inline(always)]
    fn round(x: f64) -> Self {
        let rounded = rounded_magnitude::<8, -126, 127>(x) as f32;
        let magnitude = (rounded.to_bits() >> 16) as u16;
        Self::from_bits(with_sign(magnitude, Self::NAN.to_bits(), x))
    }
}

/// |x| rounded to a format of `DIGITS` bits and of exponents from `LOWEST` to `HIGHEST`, as `f64`;
/// 2^(`HIGHEST` + 1) where that overflows.
#[inline(always)]
fn rounded_magnitude<const DIGITS: i32, const LOWEST: i32, const HIGHEST: i32>(x: f64) -> f64 {
    const EXPONENT_MASK: u64 = 0x7ff << 52;
    let overflow = f64::from_bits(((1023 + HIGHEST + 1) as u64) << 52);
    let smallest_normal = f64::from_bits(((1023 + LOWEST) as u64) << 52);
    let magnitude = x.abs();
    let magnitude = if magnitude < overflow { magnitude } else { overflow };
    // A power of two whose last place is that of the result: adding it rounds.
    let leading = if magnitude > smallest_normal { magnitude } else { smallest_normal };
    let shift = (leading.to_bits() & EXPONENT_MASK) + (((53 - DIGITS) as u64) << 52);
    (magnitude + f64::from_bits(shift)) - f64::from_bits(shift)
}

/// The bits of `magnitude` with the sign of `x`, or those of `nan` for NaN.
#[inline(always)]
fn with_sign(magnitude: u16, nan: u16, x: f64) -> u16 {
    let sign = ((x.to_bits() >> 48) & 0x8000) as u16;
    if x.is_nan() { nan } else { magnitude | sign }
}
