//! The slice functions for each type that has kernels, compiled here and not in the caller.
//!
//! A generic function is compiled where it is called, at the caller's optimisation level. These are
//! not generic: whatever calls them, they are compiled with this crate, at its own level.

use crate::blocks::{Backward, BlockFunction, FEW, InPlace, OutOfPlace, for_each_block, units};
use crate::instruction_set::{self, Baseline, Supported};
use crate::kernel::arithmetic::debug_assert_rounding_to_nearest;
use crate::kernel::{Activation, Element, ScaledElu, Selu};

/// The slice forms of a function for `T`.
pub(crate) trait Compiled<T: Element>: Activation<T> {
    /// `xs[i] = f(xs[i])`.
    fn in_place(self, on: Cpu, xs: &mut [T]);
    /// `dst[i] = f(src[i])`, for slices of equal length.
    fn out_of_place(self, on: Cpu, src: &[T], dst: &mut [T]);
    /// `grad[i] *= f'(x[i])`, for slices of equal length.
    fn backward(self, on: Cpu, x: &[T], grad: &mut [T]);
}

/// What a function runs on.
#[derive(Clone, Copy)]
pub(crate) enum Cpu {
    /// The fastest instruction set that this CPU has.
    Fastest,
    /// This one.
    Only(Supported),
}

/// Each line has a type, the number of values in its blocks, and its functions. The values are
/// enough to hide the latency of the operations, and few enough to stay in registers.
macro_rules! compiled {
    ($($T:ty, blocks of $block:literal: $($F:ty),*;)*) => {$($(
        impl Compiled<$T> for $F {
            #[inline(never)]
            fn in_place(self, on: Cpu, xs: &mut [$T]) {
                run::<_, _, _, $block>(on, InPlace(self), units(xs.len()), xs);
            }

            #[inline(never)]
            fn out_of_place(self, on: Cpu, src: &[$T], dst: &mut [$T]) {
                run::<_, _, _, $block>(on, OutOfPlace(self), src, dst);
            }

            #[inline(never)]
            fn backward(self, on: Cpu, x: &[$T], grad: &mut [$T]) {
                run::<_, _, _, $block>(on, Backward(self), x, grad);
            }
        }
    )*)*};
}

compiled! {
    f32, blocks of 32: Selu, ScaledElu<f32>;
    f64, blocks of 16: Selu, ScaledElu<f64>;
}

#[cfg(feature = "half")]
compiled! {
    half::f16, blocks of 64: Selu, ScaledElu<half::f16>;
    half::bf16, blocks of 64: Selu, ScaledElu<half::bf16>;
}

#[inline(always)]
fn run<S: Copy, D: Element, F, const BLOCK: usize>(on: Cpu, function: F, src: &[S], dst: &mut [D])
where
    F: BlockFunction<S, D>,
{
    debug_assert_rounding_to_nearest();
    match on {
        // Computing so few values is less work than choosing an instruction set.
        Cpu::Fastest if dst.len() <= FEW => {
            for_each_block::<_, _, _, _, 1>(Baseline, function, src, dst);
        }
        Cpu::Fastest => {
            instruction_set::run_on::<_, _, _, BLOCK>(Supported::fastest(), function, src, dst);
        }
        Cpu::Only(set) => instruction_set::run_on::<_, _, _, BLOCK>(set, function, src, dst),
    }
}
