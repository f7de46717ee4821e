//! The ground floor: which instruction sets there are, whether this CPU has one, and what each can
//! do that plain Rust cannot express.
//!
//! Slices go by one list, `instruction_sets!` below; `x86_64.rs` adds what its sets do in their own
//! way, and fused multiply-add for single values. A kernel is ordinary Rust over blocks of a fixed
//! length: inside a function with `#[target_feature]` the compiler vectorises each block.

#![allow(unsafe_code, reason = "calls functions that are compiled for more than the baseline")]

#[cfg(feature = "half")]
pub(crate) mod convert;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod x86_64;

use core::fmt;

/// What a kernel may ask of an instruction set. A value of an implementing type proves that the CPU
/// has it.
pub(crate) trait Isa: Copy {
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

    /// The bits of the `f16` nearest to each value, with `TO_EVEN` ties to even, else either way.
    /// Any NaN gives the same one.
    #[cfg(feature = "half")]
    #[inline(always)]
    fn f32_to_f16<const TO_EVEN: bool, const N: usize>(self, values: &[f32; N]) -> [u16; N] {
        convert::f32_to_f16_block::<TO_EVEN, N>(values)
    }
}

/// What the compile-time target has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Baseline;

impl Isa for Baseline {
    /// `core` has no fused operation: without `std` no instruction set is fused.
    const FUSED: bool =
        cfg!(all(feature = "std", any(target_feature = "fma", target_arch = "aarch64")));
}

/// A loop over two slices of equal length, to be compiled for each instruction set. The slices are
/// arguments: as fields they could overlap, for all that the compiler knows, and a slice of eight
/// values would take half as long again.
pub(crate) trait Loop<S, D> {
    /// Must be `#[inline(always)]`, to be compiled for the instruction set of its caller.
    fn run<I: Isa>(self, isa: I, src: &[S], dst: &mut [D]);
}

/// Each line has an instruction set and the names of its features; the fastest set comes first.
macro_rules! instruction_sets {
    ($($(#[doc = $doc:literal])* #[cfg($cfg:meta)] $Set:ident, $set:ident: [$($feature:tt),*];)*) => {
        $(
            $(#[doc = $doc])*
            #[cfg($cfg)]
            #[derive(Clone, Copy, PartialEq, Eq)]
            pub struct $Set(());

            #[cfg($cfg)]
            impl $Set {
                /// A proof that this CPU has the set, if it has. Nothing else constructs one.
                #[inline]
                fn detect() -> Option<Self> {
                    ($(std::is_x86_feature_detected!($feature))&&*).then_some(Self(()))
                }
            }

            #[cfg($cfg)]
            $(#[target_feature(enable = $feature)])*
            #[inline(never)]
            fn $set<S, D>(work: impl Loop<S, D>, src: &[S], dst: &mut [D]) {
                work.run($Set(()), src, dst);
            }
        )*

        /// An instruction set that this CPU has.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub enum InstructionSet {
            $($(#[doc = $doc])* #[cfg($cfg)] $Set($Set),)*
            /// What the compile-time target has.
            Baseline(Baseline),
        }

        impl InstructionSet {
            /// What the compile-time target has.
            pub const BASELINE: Self = Self::Baseline(Baseline);

            /// All that this CPU has, the fastest first.
            pub fn available() -> impl Iterator<Item = Self> + Clone {
                [$(#[cfg($cfg)] $Set::detect().map(Self::$Set),)* Some(Self::BASELINE)]
                    .into_iter()
                    .flatten()
            }

            /// The fastest that this CPU has.
            #[inline]
            pub(crate) fn fastest() -> Self {
                $(
                    #[cfg($cfg)]
                    if let Some(isa) = $Set::detect() {
                        return Self::$Set(isa);
                    }
                )*
                Self::BASELINE
            }

            /// Runs a loop that is compiled for this set.
            #[inline]
            pub(crate) fn run<S, D>(self, work: impl Loop<S, D>, src: &[S], dst: &mut [D]) {
                match self {
                    $(
                        #[cfg($cfg)]
                        Self::$Set(_) => {
                            // SAFETY: a function may be called where the CPU has the features that
                            // it is compiled for; the value that names the set is the proof.
                            unsafe { $set(work, src, dst) }
                        }
                    )*
                    Self::Baseline(isa) => baseline(isa, work, src, dst),
                }
            }
        }

        impl fmt::Debug for InstructionSet {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(#[cfg($cfg)] Self::$Set(_) => stringify!($Set),)*
                    Self::Baseline(_) => "Baseline",
                })
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

#[inline(never)]
fn baseline<S, D>(isa: Baseline, work: impl Loop<S, D>, src: &[S], dst: &mut [D]) {
    work.run(isa, src, dst);
}

/// A function of one value and its gradient, to be compiled with fused multiply-add as well. They
/// are arguments: as fields they would be stored and loaded again, which takes longer than the
/// function.
pub(crate) trait Single<T> {
    /// Must be `#[inline(always)]`, to be compiled for the instruction set of its caller.
    fn run<I: Isa>(self, isa: I, x: T, grad: T) -> T;
}

/// Computes one value, with fused multiply-add if this CPU has it.
#[inline(always)]
pub(crate) fn run_single<T>(function: impl Single<T>, x: T, grad: T) -> T {
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    // mutants delete !: for speed only.
    // mutants && -> ||: `.ci/instruction-sets` has a CPU without it.
    if !Baseline::FUSED && std::is_x86_feature_detected!("fma") {
        // SAFETY: the CPU has what the function is compiled for.
        return unsafe { x86_64::with_fma(function, x, grad) };
    }
    function.run(Baseline, x, grad)
}

/// Prefetches the memory at `address`, which may be any address. Does nothing but on x86-64.
#[inline(always)]
pub(crate) fn prefetch(address: *const i8) {
    // mutants body: it changes no result.
    // SAFETY: a prefetch is a hint. It reads nothing and faults on no address; it is part of SSE,
    // which every x86-64 CPU has.
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
    fn the_fastest_available_instruction_set_is_chosen() {
        assert_eq!(InstructionSet::available().next(), Some(InstructionSet::fastest()));
    }
}
