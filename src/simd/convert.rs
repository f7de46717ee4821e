//! Conversions between the bits of a 16-bit type and `f32`, in arithmetic that can be vectorised.
//!
//! Widening is exact. Narrowing rounds to nearest, with `TO_EVEN` ties to even. That takes longer;
//! without it a tie may go either way, for a kernel whose result is none. NaN becomes the type's one
//! NaN.
//!
//! A subnormal `f16` is a normal `f32`, and no step here reads or makes a subnormal `f32` for it: a
//! CPU that flushes those to zero still converts `f16` correctly. A subnormal `bf16` is a subnormal
//! `f32`.

const SIGN: u32 = 1 << 31;
pub const F16_NAN: u16 = 0x7e00;
// mutants 0x7f80 -> 0x7f81: an operation has made a NaN quiet.
const BF16_INFINITY: u16 = 0x7f80;
const BF16_NAN: u16 = 0x7fc0;

/// The value of the `f16` with these bits.
#[inline(always)]
pub fn f16_to_f32(bits: u16) -> f32 {
    /// The exponent of infinity goes from 31 to 255, so that infinity and NaN are right. Any other
    /// number is 2¹¹² times as large as it should be.
    const TO_TOP: u32 = (255 - 31) << 23;
    const FROM_TOP: u32 = (127 - 112) << 23;
    let bits = u32::from(bits) << 16;
    let magnitude = (bits & !SIGN) >> 3;
    // A subnormal number gets the exponent of the smallest normal one (the mask, subtracted, adds 1
    // to the exponent) and with it a leading bit that it should not have, which is subtracted.
    let mask = if magnitude < 1 << 23 { 0x1ff << 23 } else { 0 };
    let scaled = (magnitude + TO_TOP).wrapping_sub(mask);
    let scaled = f32::from_bits(scaled) - f32::from_bits(scaled & mask);
    // mutants | -> ^: no bit is set in both.
    scaled * f32::from_bits(bits & SIGN | FROM_TOP)
}

/// The bits of the `f16` nearest to `x`.
#[inline(always)]
pub fn f32_to_f16<const TO_EVEN: bool>(x: f32) -> u16 {
    // mutants 65_536.0 -> 65537.0, 65_536.0 -> 65535.0: the same once it is rounded.
    const OVERFLOW: f32 = 65_536.0;
    // mutants 1.0 -> 2.0, 14 -> 13: up to there the ULP is that of a subnormal number.
    const SMALLEST_NORMAL: f32 = 1.0 / (1 << 14) as f32;
    /// The difference between the exponent biases.
    const REBIAS: u32 = (127 - 15) << 23;
    /// Its last place as an `f32` is that of a subnormal `f16`: adding it rounds.
    // mutants 0.5 -> 0.6: any number of its binade does whose last bit is 0.
    const ROUND_SHIFT: f32 = 0.5;
    let sign = (x.to_bits() & SIGN) >> 16;
    let magnitude = x.abs();
    // mutants < -> <=: equal numbers.
    let magnitude = if magnitude < OVERFLOW { magnitude } else { OVERFLOW };
    let normal = round_up::<TO_EVEN, 13>(magnitude.to_bits()).wrapping_sub(REBIAS) >> 13;
    // mutants - -> +: the low 16 bits are the same.
    let subnormal = (magnitude + ROUND_SHIFT).to_bits() - ROUND_SHIFT.to_bits();
    // mutants < -> <=: the same bits either way.
    let rounded = if magnitude < SMALLEST_NORMAL { subnormal } else { normal };
    // mutants | -> ^: no bit is set in both.
    if x.is_nan() { F16_NAN } else { (rounded | sign) as u16 }
}

/// `bits` plus what carries into bit `PLACE` if the bits below it round up.
#[inline(always)]
fn round_up<const TO_EVEN: bool, const PLACE: u32>(bits: u32) -> u32 {
    let half = 1 << (PLACE - 1);
    // For a tie to go to the even number, the carry must come from the last place itself.
    bits.wrapping_add(if TO_EVEN { half - 1 + (bits >> PLACE & 1) } else { half })
}

/// The values of the `f16` with these bits.
#[inline(always)]
pub fn f16_to_f32_block<const N: usize>(bits: &[u16; N]) -> [f32; N] {
    let mut values = [0.0; N];
    for (value, &bits) in values.iter_mut().zip(bits) {
        *value = f16_to_f32(bits);
    }
    values
}

/// The bits of the `f16` nearest to each value.
#[inline(always)]
pub fn f32_to_f16_block<const TO_EVEN: bool, const N: usize>(values: &[f32; N]) -> [u16; N] {
    let mut bits = [0; N];
    for (bits, &value) in bits.iter_mut().zip(values) {
        *bits = f32_to_f16::<TO_EVEN>(value);
    }
    bits
}

/// The values of the `bf16` with these bits, in an order of its own.
///
/// Two neighbours are one word of 32 bits, from which either is taken in one step. First come those
/// that are the low halves of their words, then the high halves, and last the odd one out, if any.
#[inline(always)]
pub fn bf16_to_f32<const N: usize>(bits: &[u16; N]) -> [f32; N] {
    let mut values = [0.0; N];
    let (pairs, rest) = bits.as_chunks::<2>();
    let (low, high) = values.split_at_mut(N / 2);
    for ((low, high), &pair) in low.iter_mut().zip(&mut *high).zip(pairs) {
        let word = word(pair);
        *low = f32::from_bits(word << 16);
        *high = f32::from_bits(word & 0xffff_0000);
    }
    if let (Some(value), &[bits]) = (high.last_mut(), rest) {
        *value = f32::from_bits(u32::from(bits) << 16);
    }
    values
}

/// The bits of the `bf16` nearest to each value, from the order that `bf16_to_f32` makes. A NaN
/// must have been widened from 16 bits.
#[inline(always)]
pub fn f32_to_bf16<const TO_EVEN: bool, const N: usize>(values: &[f32; N]) -> [u16; N] {
    // Where the one NaN takes the place of others: in a long block in lanes of 16 bits, which are
    // twice as many. The loop over a short block would be unrolled, and its lanes of 16 bits would be
    // computed one at a time. On WebAssembly an operation may put any bits into a NaN.
    // mutants < -> <=, < -> ==, < -> >, 64 -> 63, 64 -> 65, || -> &&: the same, perhaps more slowly.
    let is_short = N < 64 || cfg!(target_family = "wasm");
    let rounded = |value: f32| {
        let rounded = round_up::<TO_EVEN, 16>(value.to_bits());
        if is_short && value.is_nan() { u32::from(BF16_NAN) << 16 } else { rounded }
    };
    let mut bits = [0; N];
    let (pairs, rest) = bits.as_chunks_mut::<2>();
    let (low, high) = values.split_at(N / 2);
    for ((&low, &high), pair) in low.iter().zip(high).zip(pairs) {
        // mutants | -> ^: no bit is set in both.
        *pair = halves(rounded(low) >> 16 | rounded(high) & 0xffff_0000);
    }
    if let ([bits], Some(&value)) = (rest, high.last()) {
        *bits = (rounded(value) >> 16) as u16;
    }
    // mutants delete !: a NaN stays one, of unspecified bits.
    if !is_short {
        // Rounding does not change a NaN that was widened: its low bits are 0.
        for bits in &mut bits {
            // mutants 0x7fff -> 0x7ffe: an operation has made it quiet.
            *bits = if *bits & 0x7fff > BF16_INFINITY { BF16_NAN } else { *bits };
        }
    }
    bits
}

/// Two neighbours as one word, in the order of the platform; `halves` is the inverse. Shifts would
/// do the same, but the compiler does not vectorise them.
#[inline(always)]
#[allow(unsafe_code, reason = "no safe function reads two u16 at once")]
fn word(halves: [u16; 2]) -> u32 {
    // SAFETY: the same size, and every bit pattern is valid.
    unsafe { core::mem::transmute(halves) }
}

/// The halves of a word.
#[inline(always)]
#[allow(unsafe_code, reason = "no safe function writes two u16 at once")]
fn halves(word: u32) -> [u16; 2] {
    // SAFETY: the same size, and every bit pattern is valid.
    unsafe { core::mem::transmute(word) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_becomes_the_one_nan() {
        for bits in 0..=u16::MAX {
            if ::half::f16::from_bits(bits).is_nan() {
                assert_eq!(f32_to_f16::<true>(f16_to_f32(bits)), 0x7e00, "{bits:#x}");
                assert_eq!(f32_to_f16::<false>(f16_to_f32(bits)), 0x7e00, "{bits:#x}");
            }
            if ::half::bf16::from_bits(bits).is_nan() {
                let wide = bf16_to_f32(&[bits]);
                assert_eq!(f32_to_bf16::<true, 1>(&wide), [0x7fc0], "{bits:#x}");
                assert_eq!(f32_to_bf16::<false, 1>(&wide), [0x7fc0], "{bits:#x}");
            }
        }
    }
}
