//! Conversions between the bits of a 16-bit type and `f32`, in arithmetic that vectors are made of.
//!
//! Widening is exact. Narrowing rounds to nearest; a tie goes away from 0, which is a step shorter
//! than to even, and no result of the kernels is a tie (`super::lanes` says why). NaN becomes the
//! type's one quiet NaN.
//!
//! A subnormal `f16` is a normal `f32`, and no step here reads or makes a subnormal `f32` for it: a
//! CPU that flushes those to zero converts `f16` all the same. A subnormal `bf16` is a subnormal
//! `f32`.

/// What the exponent bits of an `f32` are more than those of an `f16` of the same value.
const REBIAS: u32 = (127 - 15) << 23;
const SIGN: u32 = 1 << 31;
const F16_NAN: u16 = 0x7e00;
const BF16_NAN: u16 = 0x7fc0;

/// The `f16` with these bits.
#[inline(always)]
pub fn f16_to_f32(bits: u16) -> f32 {
    const SMALLEST_NORMAL: f32 = 1.0 / (1 << 14) as f32;
    const SMALLEST_NORMAL_BITS: u32 = 0x0400 << 13;
    const INFINITY_BITS: u32 = 0x7c00 << 13;
    let bits = u32::from(bits);
    // The exponent and the mantissa in their places.
    let magnitude = (bits & 0x7fff) << 13;
    let normal = magnitude + REBIAS;
    // With the exponent of the smallest normal number in front, a subnormal number is too large by
    // that number.
    let subnormal = f32::from_bits(normal + (1 << 23)) - SMALLEST_NORMAL;
    let special = normal + REBIAS;
    let value = if magnitude < SMALLEST_NORMAL_BITS { subnormal.to_bits() } else { normal };
    let value = if magnitude < INFINITY_BITS { value } else { special };
    f32::from_bits(value | (bits << 16) & SIGN)
}

/// The bits of the `f16` nearest to `x`.
#[inline(always)]
pub fn f32_to_f16(x: f32) -> u16 {
    const OVERFLOW: f32 = 65_536.0;
    const SMALLEST_NORMAL: f32 = 1.0 / (1 << 14) as f32;
    const HALF_A_PLACE: u32 = 1 << 12;
    /// Its last place as an `f32` is that of a subnormal `f16`: adding it rounds.
    const SHIFT: f32 = 0.5;
    let sign = (x.to_bits() & SIGN) >> 16;
    let magnitude = x.abs();
    let magnitude = if magnitude < OVERFLOW { magnitude } else { OVERFLOW };
    let normal = (magnitude.to_bits() + HALF_A_PLACE).wrapping_sub(REBIAS) >> 13;
    let subnormal = (magnitude + SHIFT).to_bits() - SHIFT.to_bits();
    let rounded = if magnitude < SMALLEST_NORMAL { subnormal } else { normal };
    if x.is_nan() { F16_NAN } else { (rounded | sign) as u16 }
}

/// The `bf16` with these bits.
#[inline(always)]
pub fn bf16_to_f32(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// The bits of the `bf16` nearest to `x`.
#[inline(always)]
pub fn f32_to_bf16(x: f32) -> u16 {
    const HALF_A_PLACE: u32 = 1 << 15;
    let rounded = (x.to_bits().wrapping_add(HALF_A_PLACE) >> 16) as u16;
    if x.is_nan() { BF16_NAN } else { rounded }
}
