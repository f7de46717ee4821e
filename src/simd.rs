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
        if N > 1 {
            prefetch(src);
            prefetch(dst);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use num_traits::Float;
    use std::fmt::{Debug, LowerExp};

    const LENGTHS: core::ops::RangeInclusive<usize> = 0..=200;

    /// Values of both signs from −25 to 25 and the special ones, so that neighbours differ.
    fn values<E: Float>() -> Vec<E> {
        let special =
            [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-40, -1e-40, 1e30, -1e30];
        (0..=*LENGTHS.end())
            .map(|i| match i % 7 {
                0 => special[i / 7 % special.len()],
                _ => (i * 37 % 101) as f64 / 2.0 - 25.0,
            })
            .map(|x| E::from(x).unwrap())
            .collect()
    }

    /// Compares bits, with all NaN alike. Around the results stand values to be left alone.
    fn assert_same<E: Float + LowerExp>(clone: &str, x: &[E], actual: &[E], results: &[E]) {
        let same = |a: E, b: E| {
            (a.is_nan() && b.is_nan()) || (a == b && a.is_sign_negative() == b.is_sign_negative())
        };
        let [before, actual @ .., after] = actual else { panic!("two values around the results") };
        assert!(
            same(*before, untouched()) && same(*after, untouched()),
            "{clone} of {} values writes beyond them",
            x.len()
        );
        for (i, (&actual, &expected)) in actual.iter().zip(results).enumerate() {
            assert!(
                same(actual, expected),
                "{clone} of {} values, value {i}: {actual:e} of {:e}, not {expected:e}",
                x.len(),
                x[i]
            );
        }
    }

    fn untouched<E: Float>() -> E {
        E::from(42.5).unwrap()
    }

    /// `xs` between two values to be left alone.
    fn surrounded<E: Float>(xs: &[E]) -> Vec<E> {
        [&[untouched()], xs, &[untouched()]].concat()
    }

    fn every_clone_gives_the_scalar<E: Element + Float + Debug + LowerExp>() {
        let name = core::any::type_name::<E>();
        let values = values::<E>();
        let gradients: Vec<E> = values.iter().rev().copied().collect();
        let selu: Vec<E> = values.iter().map(|&x| crate::selu(x)).collect();
        let backward: Vec<E> = (values.iter().zip(&gradients))
            .map(|(&x, &grad)| {
                let mut grad = [grad];
                crate::selu_backward(&[x], &mut grad);
                grad[0]
            })
            .collect();

        for &set in InstructionSet::ALL {
            let Some(supported) = Supported::new(set) else {
                println!("SKIPPED {set:?}, {name}: this CPU does not have it");
                continue;
            };
            for length in LENGTHS {
                let x = &values[..length];
                let inner = 1..1 + length;

                let mut ys = surrounded(x);
                run_on(supported, SeluInPlace, units(length), &mut ys[inner.clone()]);
                assert_same(&format!("selu_slice on {set:?}"), x, &ys, &selu);

                let mut ys = surrounded(&vec![E::zero(); length]);
                run_on(supported, SeluInto, x, &mut ys[inner.clone()]);
                assert_same(&format!("selu_into on {set:?}"), x, &ys, &selu);

                let mut ys = surrounded(&gradients[..length]);
                run_on(supported, SeluBackward, x, &mut ys[inner]);
                assert_same(&format!("selu_backward on {set:?}"), x, &ys, &backward);
            }
            println!("{set:?}, {name}: lengths {LENGTHS:?}");
        }
    }

    #[test]
    fn every_clone_gives_the_scalar_f32() {
        every_clone_gives_the_scalar::<f32>();
    }

    #[test]
    fn every_clone_gives_the_scalar_f64() {
        every_clone_gives_the_scalar::<f64>();
    }

    #[cfg(feature = "half")]
    #[test]
    fn every_clone_gives_the_scalar_f16() {
        every_clone_gives_the_scalar::<half::f16>();
    }

    #[cfg(feature = "half")]
    #[test]
    fn every_clone_gives_the_scalar_bf16() {
        every_clone_gives_the_scalar::<half::bf16>();
    }

    #[test]
    fn the_fastest_supported_instruction_set_is_chosen() {
        let first = InstructionSet::ALL.iter().find(|set| set.is_supported());
        assert_eq!(Some(&Supported::fastest().0), first);
    }
}
