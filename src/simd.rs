//! One loop over a slice, compiled once per instruction set, and the choice among them.
//!
//! The only place that names an instruction set. A loop is ordinary Rust over blocks of a fixed
//! length; in a function with `#[target_feature]` the compiler makes vectors of a block.

#![allow(unsafe_code, reason = "calls functions that are compiled for more than the baseline")]

use crate::kernel::Element;

/// Values in a block: enough vectors of any instruction set to hide the latency of each …
const BLOCK: usize = 32;
/// … and in one of those that the last values are divided into: as few as the compiler still makes
/// vectors of.
const SMALL_BLOCK: usize = 16;
/// Up to so many last values are faster one by one.
const FEW: usize = 3;

/// Whether the compile-time target multiplies and adds in one rounding.
pub(crate) const BASELINE_FUSED: bool =
    cfg!(all(feature = "std", any(target_feature = "fma", target_arch = "aarch64")));

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
    fn fastest() -> Self {
        let mut supported = InstructionSet::ALL.iter().filter_map(|&set| Self::new(set));
        supported.next().unwrap_or(Self(InstructionSet::Baseline))
    }
}

/// What is done to a block.
pub(crate) trait BlockFunction<S, D> {
    /// Must be `#[inline(always)]`, to be compiled for the instruction set of its caller.
    fn apply<const FUSED: bool, const N: usize>(&self, src: &[S; N], dst: &mut [D; N]);
}

/// `dst[i] = selu(src[i])`.
pub(crate) struct SeluInto;

impl<E: Element> BlockFunction<E, E> for SeluInto {
    #[inline(always)]
    fn apply<const FUSED: bool, const N: usize>(&self, src: &[E; N], dst: &mut [E; N]) {
        for (y, x) in dst.iter_mut().zip(src) {
            *y = selu::<E, FUSED, N>(*x);
        }
    }
}

/// `xs[i] = selu(xs[i])`. Its source is nothing: units, which take no memory.
pub(crate) struct SeluInPlace;

impl<E: Element> BlockFunction<(), E> for SeluInPlace {
    #[inline(always)]
    fn apply<const FUSED: bool, const N: usize>(&self, _: &[(); N], xs: &mut [E; N]) {
        for x in xs {
            *x = selu::<E, FUSED, N>(*x);
        }
    }
}

/// One of `N` values.
#[inline(always)]
fn selu<E: Element, const FUSED: bool, const N: usize>(x: E) -> E {
    if N == 1 { x.selu_alone::<FUSED>() } else { x.selu::<FUSED>() }
}

/// `grad[i] *= selu'(x[i])`.
pub(crate) struct SeluBackward;

impl<E: Element> BlockFunction<E, E> for SeluBackward {
    #[inline(always)]
    fn apply<const FUSED: bool, const N: usize>(&self, x: &[E; N], grad: &mut [E; N]) {
        E::selu_backward::<FUSED, N>(x, grad);
    }
}

/// As many units as a slice in place has values.
#[inline]
pub(crate) fn units(count: usize) -> &'static [()] {
    &[(); usize::MAX][..count]
}

/// Applies `function` to two slices of one length, on the fastest instruction set of this CPU.
#[inline]
pub(crate) fn run<S, D, F>(function: F, src: &[S], dst: &mut [D])
where
    S: Copy,
    D: Copy,
    F: BlockFunction<S, D>,
{
    if dst.len() <= FEW {
        // Less work than the choice.
        whole_blocks::<S, D, F, BASELINE_FUSED, 1>(&function, src, dst);
    } else {
        run_on(Supported::fastest(), function, src, dst);
    }
}

/// Applies `function` to two slices of one length.
#[inline]
pub(crate) fn run_on<S, D, F>(set: Supported, function: F, src: &[S], dst: &mut [D])
where
    S: Copy,
    D: Copy,
    F: BlockFunction<S, D>,
{
    match set.0 {
        InstructionSet::Baseline => baseline(function, src, dst),
        // SAFETY: these two functions may be called where the CPU has the features that they are
        // compiled for; a `Supported` exists only where `is_supported` has found them.
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        wider => unsafe {
            match wider {
                InstructionSet::Avx512 => avx512(function, src, dst),
                _ => avx2(function, src, dst),
            }
        },
    }
}

/// The loop, compiled for one instruction set. Its slices are arguments of a function of its own, so
/// that the compiler knows that they do not overlap.
macro_rules! compiled {
    ($(#[$attribute:meta])* $name:ident, fused: $fused:expr) => {
        $(#[$attribute])*
        #[inline(never)]
        fn $name<S, D, F>(function: F, src: &[S], dst: &mut [D])
        where
            S: Copy,
            D: Copy,
            F: BlockFunction<S, D>,
        {
            for_each_block::<S, D, F, { $fused }>(function, src, dst);
        }
    };
}

compiled!(
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
    avx512, fused: true
);
compiled!(
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    #[target_feature(enable = "avx2,fma")]
    avx2, fused: true
);
compiled!(baseline, fused: BASELINE_FUSED);

#[inline(always)]
fn for_each_block<S: Copy, D: Copy, F: BlockFunction<S, D>, const FUSED: bool>(
    function: F,
    src: &[S],
    dst: &mut [D],
) {
    // The values after the last whole block take the way of the many, in a block that overlaps the
    // one before. It is read before anything is written; where it overlaps, it has the same results.
    let has_last = dst.len() > SMALL_BLOCK && dst.len() % SMALL_BLOCK > FEW;
    let last = match (has_last, src.last_chunk::<SMALL_BLOCK>(), dst.last_chunk()) {
        (true, Some(src), Some(dst)) => {
            let mut last = *dst;
            function.apply::<FUSED, SMALL_BLOCK>(src, &mut last);
            Some(last)
        }
        _ => None,
    };
    let done = whole_blocks::<S, D, F, FUSED, BLOCK>(&function, src, dst);
    let done = done
        + whole_blocks::<S, D, F, FUSED, SMALL_BLOCK>(&function, &src[done..], &mut dst[done..]);
    if let Some(last) = last {
        let start = dst.len() - SMALL_BLOCK;
        dst[start..].copy_from_slice(&last);
    } else {
        whole_blocks::<S, D, F, FUSED, 1>(&function, &src[done..], &mut dst[done..]);
    }
}

/// Applies `function` to all whole blocks of `N` values, and returns how many values they have.
#[inline(always)]
fn whole_blocks<S, D, F: BlockFunction<S, D>, const FUSED: bool, const N: usize>(
    function: &F,
    src: &[S],
    dst: &mut [D],
) -> usize {
    let (src_blocks, _) = src.as_chunks::<N>();
    let (dst_blocks, _) = dst.as_chunks_mut::<N>();
    for (src, dst) in src_blocks.iter().zip(dst_blocks) {
        prefetch(src);
        prefetch(dst);
        function.apply::<FUSED, N>(src, dst);
    }
    dst.len() - dst.len() % N
}

/// Asks for the memory that will be wanted a little after `block`.
///
/// The kernels keep the CPU so busy that it does not look far enough ahead by itself: beyond the
/// second-level cache it would spend most of its time waiting.
#[inline(always)]
fn prefetch<E, const N: usize>(block: &[E; N]) {
    const CACHE_LINE: usize = 64;
    const DISTANCE: usize = 32 * CACHE_LINE;
    let start = core::ptr::from_ref(block).cast::<i8>().wrapping_add(DISTANCE);
    for offset in (0..size_of_val(block)).step_by(CACHE_LINE) {
        let address = start.wrapping_add(offset);
        // SAFETY: a prefetch is a hint. It reads nothing and faults on no address.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(address);
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = address;
    }
}
