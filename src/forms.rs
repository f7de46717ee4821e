//! The forms of each function: for every type one table of entry points, filled by the kernel that
//! the type has or by the formula in the type's own arithmetic.
//!
//! A generic function is compiled where it is called, at the caller's optimisation level. The entry
//! points of a kernel are not generic: whatever calls them, they are compiled in this crate, at its
//! own level.

#![allow(unsafe_code, reason = "casts a table to that of the same type, told by its id")]

use crate::blocks::{Backward, InPlace, OutOfPlace, units};
use crate::blocks::{BlockFunction, Blocks, FEW, for_each_block};
use crate::kernel::arithmetic::debug_assert_rounding_to_nearest;
use crate::kernel::generic::Generic;
use crate::kernel::{Element, Kernel, ScaledElu, Selu};
use crate::lengths::assert_equal;
use crate::simd::{Baseline, InstructionSet};
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
}

/// A function that has a table for every `T`.
pub(crate) trait Function<T>: Generic<T> {
    /// The `Forms<Self, T>` of a kernel, for the id of `T`; null if `T` has no kernel.
    ///
    /// Implemented by a function that is not generic, so that a dev build finds it optimised.
    fn table(id: TypeId) -> *const ();
}

impl<T: Float> Function<T> for Selu {
    #[inline(always)]
    fn table(id: TypeId) -> *const () {
        selu(id)
    }
}

impl<T: Float> Function<T> for ScaledElu<T> {
    #[inline(always)]
    fn table(id: TypeId) -> *const () {
        scaled_elu(id)
    }
}

/// The table of `$F` for `$T`, by its kernel.
macro_rules! by_kernel {
    ($F:ty, $T:ty, $block:literal) => {{
        #[cfg_attr(debug_assertions, inline(never))]
        #[cfg_attr(not(debug_assertions), inline)]
        fn value(f: $F, x: $T) -> $T {
            Kernel::value(f, Baseline, x)
        }

        #[cfg_attr(debug_assertions, inline(never))]
        #[cfg_attr(not(debug_assertions), inline)]
        fn gradient(f: $F, x: $T, grad: $T) -> $T {
            Kernel::gradient(f, Baseline, x, grad)
        }

        #[inline(never)]
        fn in_place(f: $F, on: Option<InstructionSet>, xs: &mut [$T]) {
            run::<_, _, _, $block>(on, InPlace(f), units(xs.len()), xs);
        }

        #[inline(never)]
        fn out_of_place(f: $F, on: Option<InstructionSet>, src: &[$T], dst: &mut [$T]) {
            run::<_, _, _, $block>(on, OutOfPlace(f), src, dst);
        }

        #[inline(never)]
        fn backward(f: $F, on: Option<InstructionSet>, x: &[$T], grad: &mut [$T]) {
            run::<_, _, _, $block>(on, Backward(f), x, grad);
        }

        Forms { value, gradient, in_place, out_of_place, backward }
    }};
}

/// Each line has a type that has kernels, and the number of values in its blocks: enough to hide
/// the latency of the operations, and few enough to stay in registers.
macro_rules! kernels {
    ($($(#[$cfg:meta])? $T:ty, blocks of $block:literal;)*) => {
        kernels!(@ selu, [$($(#[$cfg])? $T, const { &by_kernel!(Selu, $T, $block) };)*]);
        kernels!(@ scaled_elu, [
            $($(#[$cfg])? $T, const { &by_kernel!(ScaledElu<$T>, $T, $block) };)*
        ]);
    };
    (@ $function:ident, [$($(#[$cfg:meta])? $T:ty, $forms:expr;)*]) => {
        /// The table for the type with this id; null if it has no kernel.
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
    f32, blocks of 32;
    f64, blocks of 16;
    #[cfg(feature = "half")] half::f16, blocks of 64;
    #[cfg(feature = "half")] half::bf16, blocks of 64;
}

impl<F: Function<T>, T: Copy> Forms<F, T> {
    /// By the formula.
    const GENERIC: Self = Self {
        value: Generic::value,
        gradient: Generic::gradient,
        in_place: |f, _, xs| xs.iter_mut().for_each(|x| *x = f.value(*x)),
        out_of_place: |f, _, src, dst| {
            dst.iter_mut().zip(src).for_each(|(y, &x)| *y = f.value(x));
        },
        backward: |f, _, x, grad| {
            grad.iter_mut().zip(x).for_each(|(grad, &x)| *grad = f.gradient(x, *grad));
        },
    };

    /// By the kernel of `T`, if it has one.
    #[inline(always)]
    pub(crate) fn of_kernel<'a>() -> Option<&'a Self> {
        let table = F::table(typeid::of::<T>());
        // SAFETY: the table, if there is one, is a constant of type `Forms<F, E>`, where E is the
        // type with the id of T (lifetimes aside, of which a type that has a kernel has none). So
        // it is this very type.
        unsafe { table.cast::<Self>().as_ref() }
    }

    #[inline(always)]
    fn get<'a>() -> &'a Self {
        match Self::of_kernel() {
            Some(forms) => forms,
            None => const { &Self::GENERIC },
        }
    }
}

/// f(x).
#[inline(always)]
pub(crate) fn value<T: Copy>(f: impl Function<T>, x: T) -> T {
    (Forms::get().value)(f, x)
}

/// f'(x).
#[inline(always)]
pub(crate) fn gradient<T: Float>(f: impl Function<T>, x: T) -> T {
    (Forms::get().gradient)(f, x, one())
}

/// `xs[i] = f(xs[i])`.
#[inline(always)]
pub(crate) fn in_place<T: Copy>(f: impl Function<T>, xs: &mut [T]) {
    (Forms::get().in_place)(f, None, xs);
}

/// `dst[i] = f(src[i])`; panics if the lengths differ.
#[inline(always)]
#[track_caller]
pub(crate) fn out_of_place<T: Copy>(f: impl Function<T>, src: &[T], dst: &mut [T]) {
    assert_equal(("src", src.len()), ("dst", dst.len()));
    (Forms::get().out_of_place)(f, None, src, dst);
}

/// `grad[i] *= f'(x[i])`; panics if the lengths differ.
#[inline(always)]
#[track_caller]
pub(crate) fn backward<T: Copy>(f: impl Function<T>, x: &[T], grad: &mut [T]) {
    assert_equal(("x", x.len()), ("grad", grad.len()));
    (Forms::get().backward)(f, None, x, grad);
}

/// `grad_in[i] = grad_out[i]·f'(x[i])`; panics if the lengths differ.
#[inline(always)]
#[track_caller]
pub(crate) fn backward_out_of_place<T: Copy>(
    f: impl Function<T>,
    x: &[T],
    grad_out: &[T],
    grad_in: &mut [T],
) {
    /// So few that the copy of the incoming gradients is still in the cache when it is multiplied.
    const PIECE: usize = 1024;
    assert_equal(("x", x.len()), ("grad_out", grad_out.len()));
    assert_equal(("x", x.len()), ("grad_in", grad_in.len()));
    let pieces = x.chunks(PIECE).zip(grad_out.chunks(PIECE)).zip(grad_in.chunks_mut(PIECE));
    for ((x, grad_out), grad_in) in pieces {
        grad_in.copy_from_slice(grad_out);
        (Forms::get().backward)(f, None, x, grad_in);
    }
}

#[inline(always)]
fn run<S: Copy, D: Element, F: BlockFunction<S, D>, const BLOCK: usize>(
    on: Option<InstructionSet>,
    function: F,
    src: &[S],
    dst: &mut [D],
) {
    debug_assert_rounding_to_nearest();
    // Computing so few values is less work than choosing an instruction set.
    if on.is_none() && dst.len() <= FEW {
        return for_each_block::<_, _, _, _, 1>(Baseline, function, src, dst);
    }
    let set = on.unwrap_or_else(InstructionSet::fastest);
    set.run(Blocks::<_, BLOCK>(function), src, dst);
}
