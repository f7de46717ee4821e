//! What the instruction sets of x86-64 do in their own way.

#[cfg(feature = "half")]
use super::convert;
use super::{Avx2, Avx512, Isa, Single};

/// The conversions of `Isa` by instructions for vectors of `$width` values.
macro_rules! f16_conversions {
    ($width:literal, $Bits:ident, $Values:ident, $to_f32:ident, $to_f16:ident) => {
        #[cfg(feature = "half")]
        #[inline(always)]
        fn f16_to_f32<const N: usize>(self, bits: &[u16; N]) -> [f32; N] {
            use core::arch::x86_64::{$Bits, $Values, $to_f32};
            use core::mem::transmute;

            let mut values = [0.0; N];
            let (vectors, rest) = values.as_chunks_mut::<$width>();
            let (bit_vectors, rest_bits) = bits.as_chunks::<$width>();
            for (values, bits) in vectors.iter_mut().zip(bit_vectors) {
                // SAFETY: a value of this type exists only where the CPU has AVX-512 F or F16C; an
                // array and its vector have the same size, and every bit pattern is valid for both.
                *values = unsafe {
                    let bits = transmute::<[u16; $width], $Bits>(*bits);
                    transmute::<$Values, [f32; $width]>($to_f32(bits))
                };
            }
            for (value, &bits) in rest.iter_mut().zip(rest_bits) {
                *value = convert::f16_to_f32(bits);
            }
            values
        }

        #[cfg(feature = "half")]
        #[inline(always)]
        fn f32_to_f16<const TO_EVEN: bool, const N: usize>(self, values: &[f32; N]) -> [u16; N] {
            use core::arch::x86_64::{_MM_FROUND_TO_NEAREST_INT, $Bits, $Values, $to_f16};
            use core::mem::transmute;

            let mut bits = [0; N];
            let (vectors, rest) = bits.as_chunks_mut::<$width>();
            let (value_vectors, rest_values) = values.as_chunks::<$width>();
            for (bits, values) in vectors.iter_mut().zip(value_vectors) {
                // SAFETY: as in `f16_to_f32`.
                *bits = unsafe {
                    let values = transmute::<[f32; $width], $Values>(*values);
                    transmute::<$Bits, [u16; $width]>($to_f16::<_MM_FROUND_TO_NEAREST_INT>(values))
                };
            }
            for (bits, &value) in rest.iter_mut().zip(rest_values) {
                *bits = convert::f32_to_f16::<true>(value);
            }
            with_one_nan(bits)
        }
    };
}

impl Isa for Avx512 {
    const FUSED: bool = true;

    /// The table lies in two registers, from which one instruction takes eight entries.
    #[inline(always)]
    fn look_up<const N: usize>(self, table: &[u64; 16], indices: &[u64; N]) -> [u64; N] {
        use core::arch::x86_64::{__m512i, _mm512_permutex2var_epi64};
        use core::mem::transmute;

        let [low, high]: [[u64; 8]; 2] =
            [core::array::from_fn(|i| table[i]), core::array::from_fn(|i| table[8 + i])];
        let mut entries = [0; N];
        let (vectors, rest) = entries.as_chunks_mut::<8>();
        let (index_vectors, rest_indices) = indices.as_chunks::<8>();
        for (entries, indices) in vectors.iter_mut().zip(index_vectors) {
            // SAFETY: a value of this type exists only where the CPU has AVX-512 F; eight u64 and
            // a __m512i have the same size, and every bit pattern is valid for both.
            *entries = unsafe {
                let [low, indices, high]: [__m512i; 3] = transmute([low, *indices, high]);
                transmute::<__m512i, [u64; 8]>(_mm512_permutex2var_epi64(low, indices, high))
            };
        }
        for (entry, index) in rest.iter_mut().zip(rest_indices) {
            *entry = table[(index % 16) as usize];
        }
        entries
    }

    f16_conversions!(16, __m256i, __m512, _mm512_cvtph_ps, _mm512_cvtps_ph);
}

impl Isa for Avx2 {
    const FUSED: bool = true;

    f16_conversions!(8, __m128i, __m256, _mm256_cvtph_ps, _mm256_cvtps_ph);
}

/// The same bits, with every NaN replaced by the one that the conversion without these instructions
/// gives.
#[cfg(feature = "half")]
#[inline(always)]
fn with_one_nan<const N: usize>(mut bits: [u16; N]) -> [u16; N] {
    // mutants 0x7c00 -> 0x7c01: an operation has made a NaN quiet.
    const INFINITY: u16 = 0x7c00;
    for bits in &mut bits {
        // mutants 0x7fff -> 0x7ffe: an operation has made it quiet.
        *bits = if *bits & 0x7fff > INFINITY { convert::F16_NAN } else { *bits };
    }
    bits
}

/// Fused multiply-add, and nothing else beyond the baseline: for single values, where asking for
/// more takes longer than it saves.
#[derive(Clone, Copy)]
struct Fma(());

impl Isa for Fma {
    const FUSED: bool = true;
}

/// Computes one value with fused multiply-add.
#[target_feature(enable = "fma")]
#[inline(never)]
pub(super) fn with_fma<T>(function: impl Single<T>, x: T, grad: T) -> T {
    function.run(Fma(()), x, grad)
}
