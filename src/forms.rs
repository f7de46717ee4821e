//! The forms of each function: for every type one table of entry points, filled by the kernel that
//! the type has or by the formula in the type's own arithmetic.
//!
//! A generic function is compiled where it is called, at the caller's optimisation level. The entry
//! points of a kernel are not generic: whatever calls them, they are compiled in this crate, at its
//! own level.

#![allow(unsafe_code, reason = "casts a table to that of the same type, told by its id")]

use crate::blocks::{
    Backward, BackwardFromOutput, BlockFunction, Blocks, InPlace, OWN_BLOCK, OutOfPlace, units,
};
use crate::kernel::arithmetic::debug_assert_rounding_to_nearest;
use crate::kernel::generic::Generic;
use crate::kernel::{Element, Fast, Kernel, ScaledElu, Selu};
use crate::lengths::assert_equal;
use crate::simd::{Baseline, InstructionSet, Isa, Single, run_single};
use core::any::TypeId;
use core::ptr;
use num_traits::{Float, one};

/// The entry points of the function `F` for `T`.
///
/// A slice form takes slices of equal length. It runs on the given instruction set, or on the
/// fastest if none is given; a form without a kernel has no choice.
pub(crate) struct Forms<F, T> {
    /// f(x).
    value: fn(F, T) -> T,
    /// grad·f'(x), rounded once.
    gradient: fn(F, T, T) -> T,
    /// `xs[i] = f(xs[i])`.
    pub(crate) in_place: fn(F, Option<InstructionSet>, &mut [T]),
    /// `dst[i] = f(src[i])`.
    pub(crate) out_of_place: fn(F, Option<InstructionSet>, &[T], &mut [T]),
    /// `grad[i] *= f'(x[i])`.
    pub(crate) backward: fn(F, Option<InstructionSet>, &[T], &mut [T]),
    /// `grad[i] *= f'(x[i])`, given `y[i]` = f(x[i]).
    pub(crate) backward_from_output: fn(F, Option<InstructionSet>, &[T], &mut [T]),
}

/// A function that has a table for every `T`.
///
/// # Safety
///
/// `table` must return null or a constant of the type that it names.
pub(crate) unsafe trait Function<T: Float>: Copy {
    /// The forms for a `T` that has no kernel.
    const WITHOUT_KERNEL: Forms<Self, T>;

    /// The `Forms<Self, T>` of a kernel, given the id of `T`; null if `T` has no kernel.
    ///
    /// Implemented by a function that is not generic, so that a dev build finds it optimised.
    fn table(id: TypeId) -> *const ();
}

// SAFETY: `selu` returns null or a `Forms<Selu, E>`, where E has the given id.
unsafe impl<T: Float> Function<T> for Selu {
    const WITHOUT_KERNEL: Forms<Self, T> = Forms::FORMULA;

    #[inline(always)]
    fn table(id: TypeId) -> *const () {
        selu(id)
    }
}

// SAFETY: `scaled_elu` returns null or a `Forms<ScaledElu<E>, E>`, where E has the given id.
unsafe impl<T: Float> Function<T> for ScaledElu<T> {
    const WITHOUT_KERNEL: Forms<Self, T> = Forms::FORMULA;

    #[inline(always)]
    fn table(id: TypeId) -> *const () {
        scaled_elu(id)
    }
}

// SAFETY: `fast_selu` returns null or a `Forms<Fast<Selu>, f32>`, for the id of f32.
unsafe impl<T: Float> Function<T> for Fast<Selu> {
    const WITHOUT_KERNEL: Forms<Self, T> = Forms::EXACT;

    #[inline(always)]
    fn table(id: TypeId) -> *const () {
        fast_selu(id)
    }
}

// SAFETY: `fast_scaled_elu` returns null or a `Forms<Fast<ScaledElu<f32>>, f32>`, for the id of
// f32.
unsafe impl<T: Float> Function<T> for Fast<ScaledElu<T>> {
    const WITHOUT_KERNEL: Forms<Self, T> = Forms::EXACT;

    #[inline(always)]
    fn table(id: TypeId) -> *const () {
        fast_scaled_elu(id)
    }
}

/// A value in the caller, whose loop over many is vectorised: for a kernel that decides every
/// value. In a dev build, which debug assertions tell, the caller is not optimised, and a call is
/// faster.
macro_rules! inlined {
    ($value:ident, $F:ty, $T:ty) => {
        #[cfg_attr(debug_assertions, inline(never))]
        #[cfg_attr(not(debug_assertions), inline)]
        fn $value(f: $F, x: $T) -> $T {
            Kernel::value(f, Baseline, x)
        }
    };
}

/// A value by a call, which takes less time than fused operations save.
macro_rules! called {
    ($value:ident, $F:ty, $T:ty) => {
        #[inline(never)]
        fn $value(f: $F, x: $T) -> $T {
            run_single(Value(f), x, x)
        }
    };
}

/// The table of `$F` for `$T`, by its kernel.
macro_rules! by_kernel {
    ($F:ty, $T:ty, [$($block:literal),*], $value:ident) => {{
        $value!(value, $F, $T);

        #[inline(never)]
        fn gradient(f: $F, x: $T, grad: $T) -> $T {
            run_single(Gradient(f), x, grad)
        }

        #[inline(never)]
        fn in_place(f: $F, on: Option<InstructionSet>, xs: &mut [$T]) {
            run::<_, _, _, $($block),*>(on, InPlace(f), units(xs.len()), xs, |(), x| value(f, x));
        }

        #[inline(never)]
        fn out_of_place(f: $F, on: Option<InstructionSet>, src: &[$T], dst: &mut [$T]) {
            run::<_, _, _, $($block),*>(on, OutOfPlace(f), src, dst, |x, _| value(f, x));
        }

        #[inline(never)]
        fn backward(f: $F, on: Option<InstructionSet>, x: &[$T], grad: &mut [$T]) {
            run::<_, _, _, $($block),*>(on, Backward(f), x, grad, |x, grad| gradient(f, x, grad));
        }

        #[inline(never)]
        fn backward_from_output(f: $F, on: Option<InstructionSet>, y: &[$T], grad: &mut [$T]) {
            let alone = |y, grad| Kernel::gradient_from_output(f, Baseline, y, grad);
            run::<_, _, _, $($block),*>(on, BackwardFromOutput(f), y, grad, alone);
        }

        Forms { value, gradient, in_place, out_of_place, backward, backward_from_output }
    }};
}

/// The table of `Fast<$F>` for `f32`. Even one value alone is computed on the instruction set: one
/// without fused operations may have another result.
macro_rules! by_fast_kernel {
    ($F:ty) => {{
        #[inline(never)]
        fn in_place(f: Fast<$F>, on: Option<InstructionSet>, xs: &mut [f32]) {
            in_blocks::<_, _, _, 8, 16, 16>(on, InPlace(f), units(xs.len()), xs);
        }

        #[inline(never)]
        fn out_of_place(f: Fast<$F>, on: Option<InstructionSet>, src: &[f32], dst: &mut [f32]) {
            in_blocks::<_, _, _, 8, 16, 16>(on, OutOfPlace(f), src, dst);
        }

        #[inline(never)]
        fn backward(f: Fast<$F>, on: Option<InstructionSet>, x: &[f32], grad: &mut [f32]) {
            in_blocks::<_, _, _, 8, 16, 16>(on, Backward(f), x, grad);
        }

        Forms { in_place, out_of_place, backward, ..Forms::EXACT }
    }};
}

/// Each line has a type that has kernels, the number of values in its blocks, and where single
/// values of SELU are computed. The blocks are long enough to hide the latency of the operations,
/// and short enough to stay in registers.
macro_rules! kernels {
    ($($(#[$cfg:meta])? $T:ty, blocks of $block:tt, $value:ident;)*) => {
        kernels!(@ selu, [$($(#[$cfg])? $T, const { &by_kernel!(Selu, $T, $block, $value) };)*]);
        kernels!(@ scaled_elu, [
            $($(#[$cfg])? $T, const { &by_kernel!(ScaledElu<$T>, $T, $block, called) };)*
        ]);
    };
    (@ $function:ident, [$($(#[$cfg:meta])? $T:ty, $forms:expr;)*]) => {
        /// The table for the type with this id; null if it has no kernel. A call in a dev build, as
        /// in `inlined`.
        #[cfg_attr(debug_assertions, inline(never))]
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn $function(id: TypeId) -> *const () {
            $(
                $(#[$cfg])?
                if id == TypeId::of::<$T>() {
                    return ptr::from_ref($forms).cast();
                }
            )*
            ptr::null()
        }
    };
}

kernels! {
    f32, blocks of [8, 16, 32], inlined;
    f64, blocks of [4, 8, 16], called;
    #[cfg(feature = "half")] half::f16, blocks of [8, 16, 64], inlined;
    #[cfg(feature = "half")] half::bf16, blocks of [16, 32, 64], inlined;
}
kernels!(@ fast_selu, [f32, const { &by_fast_kernel!(Selu) };]);
kernels!(@ fast_scaled_elu, [f32, const { &by_fast_kernel!(ScaledElu<f32>) };]);

impl<F: Function<T>, T: Float> Forms<Fast<F>, T> {
    /// By the exact function.
    const EXACT: Self = Self {
        value: |Fast(f), x| value(f, x),
        gradient: |Fast(f), x, grad| (Forms::get().gradient)(f, x, grad),
        in_place: |Fast(f), on, xs| (Forms::get().in_place)(f, on, xs),
        out_of_place: |Fast(f), on, src, dst| (Forms::get().out_of_place)(f, on, src, dst),
        backward: |Fast(f), on, x, grad| (Forms::get().backward)(f, on, x, grad),
        backward_from_output: |Fast(f), on, y, grad| {
            (Forms::get().backward_from_output)(f, on, y, grad);
        },
    };
}

impl<F: Generic<T>, T: Float> Forms<F, T> {
    /// By the formula.
    const FORMULA: Self = Self {
        value: Generic::value,
        gradient: Generic::gradient,
        in_place: |f, _, xs| xs.iter_mut().for_each(|x| *x = f.value(*x)),
        out_of_place: |f, _, src, dst| {
            dst.iter_mut().zip(src).for_each(|(y, &x)| *y = f.value(x));
        },
        backward: |f, _, x, grad| {
            grad.iter_mut().zip(x).for_each(|(grad, &x)| *grad = f.gradient(x, *grad));
        },
        backward_from_output: |f, _, y, grad| {
            grad.iter_mut().zip(y).for_each(|(grad, &y)| *grad = f.gradient_from_output(y, *grad));
        },
    };
}

impl<F: Function<T>, T: Float> Forms<F, T> {
    /// By the kernel of `T`, if it has one.
    #[inline(always)]
    pub(crate) fn of_kernel<'a>() -> Option<&'a Self> {
        let table = F::table(typeid::of::<T>());
        // SAFETY: the table, if there is one, is a constant of type `Forms<F, T>`, as `Function`
        // demands: a type that has the id of T is T, lifetimes aside, of which a type that has a
        // kernel has none.
        unsafe { table.cast::<Self>().as_ref() }
    }

    #[inline(always)]
    fn get<'a>() -> &'a Self {
        match Self::of_kernel() {
            Some(forms) => forms,
            None => const { &F::WITHOUT_KERNEL },
        }
    }
}

/// f(x).
#[inline(always)]
pub(crate) fn value<T: Float>(f: impl Function<T>, x: T) -> T {
    (Forms::get().value)(f, x)
}

/// f'(x).
#[inline(always)]
pub(crate) fn gradient<T: Float>(f: impl Function<T>, x: T) -> T {
    (Forms::get().gradient)(f, x, one())
}

/// `xs[i] = f(xs[i])`.
#[inline(always)]
pub(crate) fn in_place<T: Float>(f: impl Function<T>, xs: &mut [T]) {
    (Forms::get().in_place)(f, None, xs);
}

/// `dst[i] = f(src[i])`; panics if the lengths differ.
#[inline(always)]
#[track_caller]
pub(crate) fn out_of_place<T: Float>(f: impl Function<T>, src: &[T], dst: &mut [T]) {
    assert_equal(("src", src.len()), ("dst", dst.len()));
    (Forms::get().out_of_place)(f, None, src, dst);
}

/// `grad[i] *= f'(x[i])`; panics if the lengths differ.
#[inline(always)]
#[track_caller]
pub(crate) fn backward<T: Float>(f: impl Function<T>, x: &[T], grad: &mut [T]) {
    assert_equal(("x", x.len()), ("grad", grad.len()));
    (Forms::get().backward)(f, None, x, grad);
}

/// `grad[i] *= f'(x[i])`, given `y[i]` = f(x[i]); panics if the lengths differ.
#[inline(always)]
#[track_caller]
pub(crate) fn backward_from_output<T: Float>(f: impl Function<T>, y: &[T], grad: &mut [T]) {
    assert_equal(("y", y.len()), ("grad", grad.len()));
    (Forms::get().backward_from_output)(f, None, y, grad);
}

/// `grad_in[i] = grad_out[i]·f'(x[i])`; panics if the lengths differ.
#[inline(always)]
#[track_caller]
pub(crate) fn backward_out_of_place<T: Float>(
    f: impl Function<T>,
    x: &[T],
    grad_out: &[T],
    grad_in: &mut [T],
) {
    /// So few that the copy of the incoming gradients is still in the cache when it is multiplied.
    // mutants: for speed only.
    const PIECE: usize = 1024;
    assert_equal(("x", x.len()), ("grad_out", grad_out.len()));
    assert_equal(("x", x.len()), ("grad_in", grad_in.len()));
    let pieces = x.chunks(PIECE).zip(grad_out.chunks(PIECE)).zip(grad_in.chunks_mut(PIECE));
    for ((x, grad_out), grad_in) in pieces {
        grad_in.copy_from_slice(grad_out);
        (Forms::get().backward)(f, None, x, grad_in);
    }
}

/// `f(x)`.
struct Value<F>(F);

impl<T: Element, F: Kernel<T>> Single<T> for Value<F> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I, x: T, _: T) -> T {
        self.0.value(isa, x)
    }
}

/// `grad·f'(x)`.
struct Gradient<F>(F);

impl<T: Element, F: Kernel<T>> Single<T> for Gradient<F> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I, x: T, grad: T) -> T {
        self.0.gradient(isa, x, grad)
    }
}

/// Runs a function of two slices of equal length. `alone` is the same for one value.
#[inline(always)]
fn run<S, D, F, const HALF: usize, const SMALL: usize, const BLOCK: usize>(
    on: Option<InstructionSet>,
    function: F,
    src: &[S],
    dst: &mut [D],
    alone: impl Fn(S, D) -> D,
) where
    S: Copy,
    D: Element,
    F: BlockFunction<S, D>,
{
    // One or two values take less time alone, and so do as many that whole blocks leave over, unless
    // a block is short.
    let length = dst.len();
    // mutants && -> ||, >= -> <, < -> ==, < -> >, < -> <=: for speed only.
    let block = if HALF >= OWN_BLOCK && length < SMALL { HALF } else { SMALL };
    // mutants % -> /: for speed only.
    let left_over = length % block;
    // mutants || -> &&, <= -> >, / -> %, / -> *, 2 -> 1, 2 -> 3, 8 -> 7, 8 -> 9, 0 -> 1: for speed only.
    let few = if length <= 2 || left_over <= (block / 8).min(2) { left_over } else { 0 };
    let (src, src_few) = src.split_at(length - few);
    let (dst, dst_few) = dst.split_at_mut(length - few);
    if !dst.is_empty() {
        in_blocks::<_, _, _, HALF, SMALL, BLOCK>(on, function, src, dst);
    }
    for (&src, dst) in src_few.iter().zip(dst_few) {
        *dst = alone(src, *dst);
    }
}

/// The same, without `alone`.
#[inline(always)]
fn in_blocks<S, D, F, const HALF: usize, const SMALL: usize, const BLOCK: usize>(
    on: Option<InstructionSet>,
    function: F,
    src: &[S],
    dst: &mut [D],
) where
    S: Copy,
    D: Element,
    F: BlockFunction<S, D>,
{
    debug_assert_rounding_to_nearest();
    let set = on.unwrap_or_else(InstructionSet::fastest);
    set.run(Blocks::<_, HALF, SMALL, BLOCK>(function), src, dst);
}
