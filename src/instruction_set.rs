//! The instruction sets: which ones there are, how to find out whether a CPU has one, and what each
//! can do that plain Rust cannot express.
//!
//! This is the only file that names an instruction set. All of it follows from one list,
//! `instruction_sets!` below. A kernel is ordinary Rust over blocks of a fixed length; inside a
//! function with `#[target_feature]` the compiler vectorises each block.

#![allow(unsafe_code, reason = "calls functions that are compiled for more than the baseline")]

use crate::blocks::{BlockFunction, for_each_block};
use crate::kernel::Element;
use crate::kernel::arithmetic::BASELINE_FUSED;
#[cfg(feature = "half")]
use crate::kernel::half::convert;

/// What a kernel may ask of the CPU. A value of an implementing type proves that the CPU has it.
pub(crate) trait Features: Copy {
    /// Whether a multiplication and an addition are rounded once, together.
    const FUSED: bool;

    /// `table[index % 16]` for each index.
    #[inline(always)]
    fn look_up<const N: usize>(self, table: &[u64; 16], indices: &[u64; N]) -> [u64; N] {
        let mut entries = [0; N];
        for (entry, index) in entries.iter_mut().zip(indices) {
            *entry = table[(index % 16) as usize];
        }
        entries
    }

    /// The values of the `f16` with these bits.
    #[cfg(feature = "half")]
    #[inline(always)]
    fn f16_to_f32<const N: usize>(self, bits: &[u16; N]) -> [f32; N] {
        convert::f16_to_f32_block(bits)
    }

    /// The bits of the `f16` nearest to each value. A tie may go either way; any NaN gives the same
    /// one.
    #[cfg(feature = "half")]
    #[inline(always)]
    fn f32_to_f16<const N: usize>(self, values: &[f32; N]) -> [u16; N] {
        convert::f32_to_f16_block(values)
    }
}

/// What the compile-time target has.
#[derive(Clone, Copy)]
pub(crate) struct Baseline;

impl Features for Baseline {
    const FUSED: bool = BASELINE_FUSED;
}

/// A loop over the blocks of two slices, compiled for one instruction set. The slices are arguments
/// of a separate function, so that the compiler knows that they do not overlap.
macro_rules! loop_for {
    ($(#[$attribute:meta])* $name:ident, $features:expr) => {
        $(#[$attribute])*
        #[inline(never)]
        fn $name<S: Copy, D: Element, F, const BLOCK: usize>(function: F, src: &[S], dst: &mut [D])
        where
            F: BlockFunction<S, D>,
        {
            for_each_block::<_, _, _, _, BLOCK>($features, function, src, dst);
        }
    };
}

/// Each line has an instruction set and the names of its features; the fastest set comes first.
macro_rules! instruction_sets {
    ($($(#[doc = $doc:literal])* #[cfg($cfg:meta)] $Set:ident, $set:ident: [$($feature:tt),*];)*) => {
        /// What the loops are compiled for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum InstructionSet {
            $($(#[doc = $doc])* #[cfg($cfg)] $Set,)*
            /// What the compile-time target has.
            Baseline,
        }

        impl InstructionSet {
            /// All that this build knows, the fastest first.
            pub const ALL: &[Self] = &[$(#[cfg($cfg)] Self::$Set,)* Self::Baseline];

            /// Whether this CPU has it.
            #[inline]
            #[must_use]
            pub fn is_supported(self) -> bool {
                match self {
                    $(#[cfg($cfg)] Self::$Set => $(std::is_x86_feature_detected!($feature))&&*,)*
                    Self::Baseline => true,
                }
            }
        }

        $(
            $(#[doc = $doc])*
            #[cfg($cfg)]
            #[derive(Clone, Copy)]
            struct $Set(());

            loop_for!(#[cfg($cfg)] $(#[target_feature(enable = $feature)])* $set, $Set(()));
        )*

        loop_for!(baseline, Baseline);

        /// Applies `function` to two slices of equal length, on an instruction set of this CPU.
        #[inline]
        pub(crate) fn run_on<S: Copy, D: Element, F: BlockFunction<S, D>, const BLOCK: usize>(
            Supported(set): Supported,
            function: F,
            src: &[S],
            dst: &mut [D],
        ) {
            match set {
                $(
                    #[cfg($cfg)]
                    InstructionSet::$Set => {
                        // SAFETY: a function may be called where the CPU has the features that it
                        // is compiled for, and a `Supported` exists only where `is_supported` has
                        // found them.
                        unsafe { $set::<_, _, _, BLOCK>(function, src, dst) }
                    }
                )*
                InstructionSet::Baseline => baseline::<_, _, _, BLOCK>(function, src, dst),
            }
        }
    };
}

instruction_sets! {
    /// AVX-512 F, VL, DQ and BW.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx512, avx512: ["avx512f", "avx512vl", "avx512dq", "avx512bw"];
    /// AVX2, FMA and F16C.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx2, avx2: ["avx2", "fma", "f16c"];
}

/// The conversions of `Features` by instructions for vectors of `$width` values.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
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
                // SAFETY: a value of this type exists only where the CPU has the instruction; an
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
        fn f32_to_f16<const N: usize>(self, values: &[f32; N]) -> [u16; N] {
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
                *bits = convert::f32_to_f16(value);
            }
            with_one_nan(bits)
        }
    };
}

#[cfg(all(feature = "std", target_arch = "x86_64"))]
impl Features for Avx512 {
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

#[cfg(all(feature = "std", target_arch = "x86_64"))]
impl Features for Avx2 {
    const FUSED: bool = true;

    f16_conversions!(8, __m128i, __m256, _mm256_cvtph_ps, _mm256_cvtps_ph);
}

/// The same bits, with every NaN replaced by the one that the conversion without these instructions
/// gives.
#[cfg(all(feature = "std", feature = "half", target_arch = "x86_64"))]
#[inline(always)]
fn with_one_nan<const N: usize>(mut bits: [u16; N]) -> [u16; N] {
    const INFINITY: u16 = 0x7c00;
    for bits in &mut bits {
        *bits = if *bits & 0x7fff > INFINITY { convert::F16_NAN } else { *bits };
    }
    bits
}

/// An instruction set that this CPU has.
#[derive(Clone, Copy)]
pub(crate) struct Supported(InstructionSet);

impl Supported {
    #[inline]
    pub(crate) fn new(set: InstructionSet) -> Option<Self> {
        set.is_supported().then_some(Self(set))
    }

    #[inline]
    pub(crate) fn fastest() -> Self {
        let mut supported = InstructionSet::ALL.iter().filter_map(|&set| Self::new(set));
        supported.next().unwrap_or(Self(InstructionSet::Baseline))
    }
}

/// Prefetches the memory at `address`, which may be any address.
#[inline(always)]
pub(crate) fn prefetch(address: *const i8) {
    // SAFETY: a prefetch is a hint. It reads nothing and faults on no address.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(address);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_supported_instruction_set_is_chosen() {
        let first = InstructionSet::ALL.iter().find(|set| set.is_supported());
        assert_eq!(Some(&Supported::fastest().0), first);
    }
}
