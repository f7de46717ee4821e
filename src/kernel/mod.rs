//! The mathematics: how the functions are computed on a block of values.
//!
//! One principle for all kernels: *two bounds, then decide*. A fast way computes a number below and
//! one above the exact result, apart by its proved error. Where both round to the same bits, those
//! are the correctly rounded result. Where they do not, [`exact`] decides, by arithmetic so wide that
//! nothing is left open. Since there is one correctly rounded result, a kernel is free in how it
//! comes to its bounds: an instruction set may fuse, look up, and take any order.

mod activations;
pub(crate) mod arithmetic;
mod exact;
mod f32;
mod f64;
pub(crate) mod generic;
#[cfg(feature = "half")]
pub(crate) mod half;
mod interval;
mod last_step;
mod tables;

pub(crate) use activations::{ScaledElu, Selu};

use crate::instruction_set::{Baseline, Features};

/// The results of a block.
#[derive(Clone, Copy)]
pub(crate) struct Results<T, const N: usize> {
    pub(crate) values: [T; N],
    /// Whether all `values` are known to be correctly rounded. If not, none may be used.
    pub(crate) decided: bool,
}

/// A function and its derivative for one type, on blocks and alone.
///
/// `values` and `gradients` must be `#[inline(always)]`, to be compiled for the instruction set of
/// their caller.
pub(crate) trait Activation<T: Copy>: Copy {
    /// `f(x[i])`.
    fn values<I: Features, const N: usize>(self, isa: I, x: &[T; N]) -> Results<T, N>;

    /// `grad[i]·f'(x[i])`, rounded once.
    fn gradients<I: Features, const N: usize>(
        self,
        isa: I,
        x: &[T; N],
        grad: &[T; N],
    ) -> Results<T, N>;

    /// What `values` could not decide.
    fn exact_value(self, x: T) -> T;

    /// What `gradients` could not decide.
    fn exact_gradient(self, x: T, grad: T) -> T;

    /// `f(x)`.
    #[inline(always)]
    fn value(self, x: T) -> T {
        let results = self.values(Baseline, &[x]);
        if results.decided { results.values[0] } else { self.exact_value(x) }
    }

    /// `grad·f'(x)`, rounded once.
    #[inline(always)]
    fn gradient(self, x: T, grad: T) -> T {
        let results = self.gradients(Baseline, &[x], &[grad]);
        if results.decided { results.values[0] } else { self.exact_gradient(x, grad) }
    }
}
