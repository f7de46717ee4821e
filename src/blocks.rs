//! The loop over the blocks of a slice.

use crate::kernel::{Element, Kernel, Results};
use crate::simd::{Baseline, Isa, Loop, prefetch};
use core::hint::black_box;

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

/// `dst[i] *= f'(x[i])`, where `src[i]` = f(x[i]).
#[derive(Clone, Copy)]
pub(crate) struct BackwardFromOutput<F>(pub(crate) F);

impl<T: Element, F: Kernel<T>> BlockFunction<T, T> for BackwardFromOutput<F> {
    #[inline(always)]
    fn block<I: Isa, const N: usize>(self, isa: I, src: &[T; N], dst: &[T; N]) -> Results<T, N> {
        self.0.gradients_from_output(isa, src, dst)
    }

    #[inline(always)]
    fn exact(self, src: T, dst: T) -> T {
        self.0.exact_gradient_from_output(src, dst)
    }
}

/// From so many values on, half a small block has a block of its own, which is not filled twice.
// mutants: for speed only.
pub(crate) const OWN_BLOCK: usize = 16;

/// A function of two slices of equal length: in blocks of `BLOCK` values, of `SMALL` where they are
/// fewer, and of two halves where they are fewer still, but at least `HALF`.
pub(crate) struct Blocks<F, const HALF: usize, const SMALL: usize, const BLOCK: usize>(
    pub(crate) F,
);

impl<S, D, F, const HALF: usize, const SMALL: usize, const BLOCK: usize> Loop<S, D>
    for Blocks<F, HALF, SMALL, BLOCK>
where
    S: Copy,
    D: Element,
    F: BlockFunction<S, D>,
{
    #[inline(always)]
    fn run<I: Isa>(self, isa: I, src: &[S], dst: &mut [D]) {
        let function = self.0;
        let length = dst.len();
        // mutants < -> <=: for speed only.
        if length < HALF {
            return whole_blocks::<_, _, _, _, 1>(isa, function, src, dst);
        }
        // mutants >= -> <: for speed only.
        if length == HALF && HALF >= OWN_BLOCK {
            return whole_blocks::<_, _, _, _, HALF>(isa, function, src, dst);
        }
        // mutants < -> <=: for speed only.
        if length < SMALL {
            return halves::<_, _, _, _, HALF, SMALL>(isa, function, src, dst);
        }
        // The leftovers go into a block that overlaps the one before. It is computed before
        // anything is written; where it overlaps, it has the same results.
        // mutants % -> /, % -> +: for speed only.
        let last = match (length % SMALL, src.last_chunk::<SMALL>(), dst.last_chunk()) {
            // mutants 1 -> 0: for speed only.
            (1.., Some(src), Some(dst)) => {
                let mut last: [D; SMALL] = *dst;
                apply(isa, function, src, &mut last);
                Some(last)
            }
            _ => None,
        };
        whole_blocks::<_, _, _, _, BLOCK>(isa, function, src, dst);
        let done = length - length % BLOCK;
        whole_blocks::<_, _, _, _, SMALL>(isa, function, &src[done..], &mut dst[done..]);
        if let (Some(last), Some(dst)) = (last, dst.last_chunk_mut()) {
            *dst = last;
        }
    }
}

/// Applies `function` to slices of `HALF` to `N` values: one block of the first and the last `HALF`
/// values. Where these overlap, they have the same results.
#[inline(always)]
fn halves<S, D, I, F, const HALF: usize, const N: usize>(
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
    let (Some(src_ends), Some(mut dst_ends)) = (ends::<_, HALF, N>(src), ends::<_, HALF, N>(dst))
    else {
        return;
    };
    // mutants <= -> >, 16 -> 15, 16 -> 17: for speed only.
    if N <= 16 {
        apply(isa, function, &src_ends.0, &mut dst_ends.0);
    } else {
        // In memory: so many values in registers would be computed one at a time.
        apply(isa, function, &black_box(&src_ends).0, &mut black_box(&mut dst_ends).0);
    }
    let (first, last) = dst_ends.0.split_at(HALF);
    dst[..HALF].copy_from_slice(first);
    let start = dst.len() - HALF;
    dst[start..].copy_from_slice(last);
}

/// The first and the last `HALF` values, value by value: copies of slices would have to be stored
/// before they could be loaded as vectors.
#[inline(always)]
fn ends<T: Copy, const HALF: usize, const N: usize>(xs: &[T]) -> Option<Aligned<[T; N]>> {
    let (first, last) = (xs.first_chunk::<HALF>()?, xs.last_chunk::<HALF>()?);
    Some(Aligned(core::array::from_fn(|i| if i < HALF { first[i] } else { last[i - HALF] })))
}

/// At the start of a cache line: what is stored across its end is not yet there when it is loaded.
#[repr(align(64))]
struct Aligned<T>(T);

/// Applies `function` to all whole blocks of `N` values.
#[inline(always)]
fn whole_blocks<S, D, I, F, const N: usize>(isa: I, function: F, src: &[S], dst: &mut [D])
where
    S: Copy,
    D: Element,
    I: Isa,
    F: BlockFunction<S, D>,
{
    let (src_blocks, _) = src.as_chunks::<N>();
    let (dst_blocks, _) = dst.as_chunks_mut::<N>();
    for (src, dst) in src_blocks.iter().zip(dst_blocks) {
        // mutants > -> <, > -> ==, > -> >=, 1 -> 0, 1 -> 2: what is prefetched changes no result.
        if N > 1 {
            prefetch_after(src);
            prefetch_after(dst);
        }
        apply(isa, function, src, dst);
    }
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

/// Recomputes a block in which something is open, on the baseline, whose results are the same. So
/// the loop need not keep in registers what is open, for so rare a case.
#[cold]
#[inline(never)]
fn apply_again<S: Copy, D: Element, F: BlockFunction<S, D>, const N: usize>(
    function: F,
    src: &[S; N],
    dst: &mut [D; N],
) {
    settle(function, &function.block(Baseline, src, dst), src, dst);
}

/// Writes the results of a block in which something is open. Without fused operations that is not
/// so rare.
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
    // mutants body, 64 -> 63, 64 -> 65: what is prefetched changes no result.
    const CACHE_LINE: usize = 64;
    // mutants * -> +, * -> /, 32 -> 31, 32 -> 33: so does from where.
    const DISTANCE: usize = 32 * CACHE_LINE;
    let start = core::ptr::from_ref(block).cast::<i8>().wrapping_add(DISTANCE);
    // mutants 0 -> 1: nor does this.
    for offset in (0..size_of_val(block)).step_by(CACHE_LINE) {
        prefetch(start.wrapping_add(offset));
    }
}
