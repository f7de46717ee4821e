//! The loop over the blocks of a slice.

use crate::kernel::{Element, Kernel, Results};
use crate::simd::{Baseline, Isa, Loop, prefetch};

/// Values in the smallest block that the compiler still vectorises.
const SMALL_BLOCK: usize = 16;
/// At most this many leftovers are faster one at a time.
pub(crate) const FEW: usize = 3;

/// What is done to a block of a source and a destination.
///
/// The methods must be `#[inline(always)]`, to be compiled for the instruction set of their caller.
pub(crate) trait BlockFunction<S, D: Element>: Copy {
    /// What the destination becomes, where that can be decided.
    fn block<I: Isa, const N: usize>(self, isa: I, src: &[S; N], dst: &[D; N]) -> Results<D, N>;

    /// What one value of the destination becomes, where `block` could not decide.
    fn exact(self, src: S, dst: D) -> D;
}

/// `dst[i] = f(dst[i])`. In place of a source there are units, which take no memory.
#[derive(Clone, Copy)]
pub(crate) struct InPlace<F>(pub(crate) F);

impl<T: Element, F: Kernel<T>> BlockFunction<(), T> for InPlace<F> {
    #[inline(always)]
    fn block<I: Isa, const N: usize>(self, isa: I, _: &[(); N], dst: &[T; N]) -> Results<T, N> {
        self.0.values(isa, dst)
    }

    #[inline(always)]
    fn exact(self, (): (), dst: T) -> T {
        self.0.exact_value(dst)
    }
}

/// One unit for each value of a slice that is computed in place.
#[inline]
pub(crate) fn units(count: usize) -> &'static [()] {
    &[(); usize::MAX][..count]
}

/// `dst[i] = f(src[i])`.
#[derive(Clone, Copy)]
pub(crate) struct OutOfPlace<F>(pub(crate) F);

impl<T: Element, F: Kernel<T>> BlockFunction<T, T> for OutOfPlace<F> {
    #[inline(always)]
    fn block<I: Isa, const N: usize>(self, isa: I, src: &[T; N], _: &[T; N]) -> Results<T, N> {
        self.0.values(isa, src)
    }

    #[inline(always)]
    fn exact(self, src: T, _: T) -> T {
        self.0.exact_value(src)
    }
}

/// `dst[i] *= f'(src[i])`.
#[derive(Clone, Copy)]
pub(crate) struct Backward<F>(pub(crate) F);

impl<T: Element, F: Kernel<T>> BlockFunction<T, T> for Backward<F> {
    #[inline(always)]
    fn block<I: Isa, const N: usize>(self, isa: I, src: &[T; N], dst: &[T; N]) -> Results<T, N> {
        self.0.gradients(isa, src, dst)
    }

    #[inline(always)]
    fn exact(self, src: T, dst: T) -> T {
        self.0.exact_gradient(src, dst)
    }
}

/// A function of two slices of equal length, in blocks of `BLOCK` values.
pub(crate) struct Blocks<F, const BLOCK: usize>(pub(crate) F);

impl<S: Copy, D: Element, F: BlockFunction<S, D>, const BLOCK: usize> Loop<S, D>
    for Blocks<F, BLOCK>
{
    #[inline(always)]
    fn run<I: Isa>(self, isa: I, src: &[S], dst: &mut [D]) {
        for_each_block::<_, _, _, _, BLOCK>(isa, self.0, src, dst);
    }
}

/// Applies `function` to two slices of equal length, in blocks of `BLOCK` values.
#[inline(always)]
pub(crate) fn for_each_block<S, D, I, F, const BLOCK: usize>(
    isa: I,
    function: F,
    src: &[S],
    dst: &mut [D],
) where
    S: Copy,
    D: Element,
    I: Isa,
    F: BlockFunction<S, D>,
{
    // The leftovers go into a block that overlaps the one before. It is computed before anything is
    // written; where it overlaps, it has the same results.
    let has_last = dst.len() > SMALL_BLOCK && dst.len() % SMALL_BLOCK > FEW;
    let last = match (has_last, src.last_chunk::<SMALL_BLOCK>(), dst.last_chunk()) {
        (true, Some(src), Some(dst)) => {
            let mut last = *dst;
            apply(isa, function, src, &mut last);
            Some(last)
        }
        _ => None,
    };
    let done = whole_blocks::<_, _, _, _, BLOCK>(isa, function, src, dst);
    let done = done
        + whole_blocks::<_, _, _, _, SMALL_BLOCK>(isa, function, &src[done..], &mut dst[done..]);
    if let Some(last) = last {
        let start = dst.len() - SMALL_BLOCK;
        dst[start..].copy_from_slice(&last);
    } else {
        whole_blocks::<_, _, _, _, 1>(isa, function, &src[done..], &mut dst[done..]);
    }
}

/// Applies `function` to all whole blocks of `N` values, and returns how many values those are.
#[inline(always)]
fn whole_blocks<S, D, I, F, const N: usize>(isa: I, function: F, src: &[S], dst: &mut [D]) -> usize
where
    S: Copy,
    D: Element,
    I: Isa,
    F: BlockFunction<S, D>,
{
    let (src_blocks, _) = src.as_chunks::<N>();
    let (dst_blocks, _) = dst.as_chunks_mut::<N>();
    for (src, dst) in src_blocks.iter().zip(dst_blocks) {
        if N > 1 {
            prefetch_after(src);
            prefetch_after(dst);
        }
        apply(isa, function, src, dst);
    }
    dst.len() - dst.len() % N
}

/// Applies `function` to one block: all at once if that decides every result.
#[inline(always)]
fn apply<S, D, I, F, const N: usize>(isa: I, function: F, src: &[S; N], dst: &mut [D; N])
where
    S: Copy,
    D: Element,
    I: Isa,
    F: BlockFunction<S, D>,
{
    let results = function.block(isa, src, dst);
    if results.are_decided() {
        *dst = results.values;
    } else if I::FUSED {
        apply_again(function, src, dst);
    } else {
        settle(function, &results, src, dst);
    }
}

/// Applies `function` to one block in which something is open, on the baseline, whose results are
/// the same. So the loop need not keep in registers what is open, for so rare a case.
#[cold]
#[inline(never)]
fn apply_again<S: Copy, D: Element, F: BlockFunction<S, D>, const N: usize>(
    function: F,
    src: &[S; N],
    dst: &mut [D; N],
) {
    settle(function, &function.block(Baseline, src, dst), src, dst);
}

/// The results of a block in which something is open. Without fused operations that is not so rare.
#[cold]
#[inline(never)]
fn settle<S: Copy, D: Element, F: BlockFunction<S, D>, const N: usize>(
    function: F,
    results: &Results<D, N>,
    src: &[S; N],
    dst: &mut [D; N],
) {
    for (i, (&src, dst)) in src.iter().zip(dst).enumerate() {
        *dst = results.value(i, || function.exact(src, *dst));
    }
}

/// Prefetches the memory that will be needed shortly after `block`.
///
/// The kernels keep the CPU so busy that it does not look far enough ahead by itself: with data
/// beyond the second-level cache it would spend most of its time waiting.
#[inline(always)]
fn prefetch_after<E, const N: usize>(block: &[E; N]) {
    const CACHE_LINE: usize = 64;
    const DISTANCE: usize = 32 * CACHE_LINE;
    let start = core::ptr::from_ref(block).cast::<i8>().wrapping_add(DISTANCE);
    for offset in (0..size_of_val(block)).step_by(CACHE_LINE) {
        prefetch(start.wrapping_add(offset));
    }
}
