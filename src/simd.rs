//! One loop over a slice, compiled once per instruction set, and the choice among them.
//!
//! The only place that names an instruction set. A loop is ordinary Rust over blocks of a fixed
//! length; in a function with `#[target_feature]` the compiler makes vectors of a block.

#![allow(
    unsafe_code,
    reason = "calls functions that are compiled for more than the baseline"
)]

use crate::kernel::Element;

/// Values in a block: at least two vectors of any instruction set, so that the latency of one hides
/// behind the other.
const BLOCK: usize = 16;

/// Whether the compile-time target multiplies and adds in one rounding.
pub(crate) const BASELINE_FUSED: bool = cfg!(all(
    feature = "std",
    any(target_feature = "fma", target_arch = "aarch64")
));

/// What the loops are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// What the compile-time target has.
    Baseline,
    /// AVX2 and FMA.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx2,
    /// AVX-512 F, VL, DQ and BW.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx512,
}

impl InstructionSet {
    /// All that this build knows, the fastest first.
    pub const ALL: &[Self] = &[
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        Self::Avx512,
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        Self::Avx2,
        Self::Baseline,
    ];

    /// Whether this CPU has it.
    #[inline]
    pub fn is_supported(self) -> bool {
        match self {
            Self::Baseline => true,
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx2 => {
                std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma")
            }
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx512 => {
                std::is_x86_feature_detected!("avx512f")
                    && std::is_x86_feature_detected!("avx512vl")
                    && std::is_x86_feature_detected!("avx512dq")
                    && std::is_x86_feature_detected!("avx512bw")
            }
        }
    }

    /// The fastest that this CPU has.
    #[inline]
    fn fastest() -> Self {
        Self::ALL
            .iter()
            .copied()
            .find(|set| set.is_supported())
            .unwrap_or(Self::Baseline)
    }
}

/// Runs `task` on the fastest instruction set of this CPU.
#[inline]
pub(crate) fn run(task: impl Task) {
    run_on(InstructionSet::fastest(), task);
}

/// Runs `task` on `set`.
///
/// # Panics
///
/// If this CPU does not have `set`.
#[inline]
pub(crate) fn run_on(set: InstructionSet, task: impl Task) {
    assert!(set.is_supported(), "this CPU has no {set:?}");
    // SAFETY: each function is called only where the CPU has the features that it is compiled for:
    // the line above is their list.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    unsafe {
        match set {
            InstructionSet::Avx512 => avx512(task),
            InstructionSet::Avx2 => avx2(task),
            InstructionSet::Baseline => baseline(task),
        }
    }
    #[cfg(not(all(feature = "std", target_arch = "x86_64")))]
    baseline(task);
}

#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
fn avx512(task: impl Task) {
    task.run::<true>();
}

#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[target_feature(enable = "avx2,fma")]
fn avx2(task: impl Task) {
    task.run::<true>();
}

fn baseline(task: impl Task) {
    task.run::<BASELINE_FUSED>();
}

/// A loop that can be compiled for any instruction set.
pub(crate) trait Task {
    /// Must be `#[inline(always)]`, to be compiled for the instruction set of its caller.
    fn run<const FUSED: bool>(self);
}

/// What is done to a block: `dst[i] = f(src[i], dst[i])`.
pub(crate) trait BlockFunction<E> {
    /// Must be `#[inline(always)]`, to be compiled for the instruction set of its caller.
    fn apply<const FUSED: bool>(&self, src: &[E; BLOCK], dst: &mut [E; BLOCK]);
}

/// `dst[i] = selu(src[i])`.
pub(crate) struct Selu;

impl<E: Element> BlockFunction<E> for Selu {
    #[inline(always)]
    fn apply<const FUSED: bool>(&self, src: &[E; BLOCK], dst: &mut [E; BLOCK]) {
        for (d, s) in dst.iter_mut().zip(src) {
            *d = s.selu::<FUSED>();
        }
    }
}

/// `dst[i] *= selu'(src[i])`.
pub(crate) struct SeluBackward;

impl<E: Element> BlockFunction<E> for SeluBackward {
    #[inline(always)]
    fn apply<const FUSED: bool>(&self, src: &[E; BLOCK], dst: &mut [E; BLOCK]) {
        E::selu_backward::<FUSED, BLOCK>(src, dst);
    }
}

/// `function` over two slices of one length.
pub(crate) struct Zip<'a, E, F> {
    pub(crate) src: &'a [E],
    pub(crate) dst: &'a mut [E],
    pub(crate) function: F,
}

impl<E: Element, F: BlockFunction<E>> Task for Zip<'_, E, F> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let (src_blocks, src_rest) = self.src.as_chunks();
        let (dst_blocks, dst_rest) = self.dst.as_chunks_mut();
        for (src, dst) in src_blocks.iter().zip(dst_blocks) {
            self.function.apply::<FUSED>(src, dst);
        }
        if !dst_rest.is_empty() {
            let mut block = padded(dst_rest);
            self.function.apply::<FUSED>(&padded(src_rest), &mut block);
            dst_rest.copy_from_slice(&block[..dst_rest.len()]);
        }
    }
}

/// `function` over one slice, in place: the source of a block is what stood in it.
pub(crate) struct InPlace<'a, E, F> {
    pub(crate) xs: &'a mut [E],
    pub(crate) function: F,
}

impl<E: Element, F: BlockFunction<E>> Task for InPlace<'_, E, F> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let (blocks, rest) = self.xs.as_chunks_mut();
        for block in blocks {
            self.function.apply::<FUSED>(&block.clone(), block);
        }
        if !rest.is_empty() {
            let mut block = padded(rest);
            self.function.apply::<FUSED>(&block.clone(), &mut block);
            rest.copy_from_slice(&block[..rest.len()]);
        }
    }
}

/// A last, partial block, so that its few values take the way of the many.
#[inline(always)]
fn padded<E: Element>(xs: &[E]) -> [E; BLOCK] {
    let mut block = [E::default(); BLOCK];
    block[..xs.len()].copy_from_slice(xs);
    block
}
