//! The mathematics: how the functions are computed on a block of values.
//!
//! One principle holds for all kernels: *two bounds, then decide*. A fast path computes a number
//! below and one above the exact result, as far apart as its proved error. Where both round to the
//! same bits, those are the correctly rounded result. Where they do not, [`exact`] decides, by
//! arithmetic so wide that nothing is expected to be left open. Since there is only one correctly
//! rounded result, a kernel is free in how it finds its bounds: an instruction set may fuse, look
//! up, and take any order.

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
#[cfg(test)]
mod margins;
mod tables;

pub(crate) use activations::{ScaledElu, Selu};

use crate::instruction_set::{Baseline, Features};
use arithmetic::{debug_assert_rounding_to_nearest, widen};
use core::ops::BitOr;
use last_step::{Factors, Rounded};

/// A type that has kernels.
pub(crate) trait Element: Rounded {
    /// Its bits.
    type Bits: Copy + Default + PartialEq + BitOr<Output = Self::Bits>;

    /// This number exactly, even where the CPU takes a subnormal number for 0.
    fn wide(self) -> f64;
}

impl Element for f32 {
    type Bits = u32;

    fn wide(self) -> f64 {
        widen(self)
    }
}

impl Element for f64 {
    type Bits = u64;

    fn wide(self) -> f64 {
        self
    }
}

#[cfg(feature = "half")]
impl Element for ::half::f16 {
    type Bits = u16;

    fn wide(self) -> f64 {
        self.into()
    }
}

#[cfg(feature = "half")]
impl Element for ::half::bf16 {
    type Bits = u16;

    fn wide(self) -> f64 {
        self.into()
    }
}

/// The results of a block.
#[derive(Clone, Copy)]
pub(crate) struct Results<T: Element, const N: usize> {
    pub(crate) values: [T; N],
    /// Bits that are not all 0 if a value is not known to be correctly rounded.
    pub(crate) open: [T::Bits; N],
    /// All of `open` together. Kept separately, so that a loop that needs only this never stores
    /// the others.
    pub(crate) any_open: T::Bits,
}

impl<T: Element, const N: usize> Results<T, N> {
    /// Values that are all correctly rounded.
    #[inline(always)]
    pub(crate) fn decided(values: [T; N]) -> Self {
        let none = T::Bits::default();
        Self { values, open: [none; N], any_open: none }
    }

    /// Whether all values are known to be correctly rounded.
    #[inline(always)]
    pub(crate) fn are_decided(&self) -> bool {
        self.any_open == T::Bits::default()
    }

    /// Value `i`, which is `exact` if it is open.
    #[inline(always)]
    pub(crate) fn value(&self, i: usize, exact: impl FnOnce() -> T) -> T {
        if self.open[i] == T::Bits::default() { self.values[i] } else { exact() }
    }
}

/// A function and its derivative for one type, on blocks and alone.
///
/// `values` and `gradients` must be `#[inline(always)]`, to be compiled for the instruction set of
/// their caller.
pub(crate) trait Activation<T: Element>: Copy + Into<Factors> {
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
    #[inline(never)]
    fn exact_value(self, x: T) -> T {
        self.into().value(x.wide())
    }

    /// What `gradients` could not decide.
    #[inline(never)]
    fn exact_gradient(self, x: T, grad: T) -> T {
        self.into().gradient(x.wide(), grad.wide())
    }

    /// `f(x)`.
    #[inline(always)]
    fn value(self, x: T) -> T {
        debug_assert_rounding_to_nearest();
        let results = self.values(Baseline, &[x]);
        results.value(0, || self.exact_value(x))
    }

    /// `grad·f'(x)`, rounded once.
    #[inline(always)]
    fn gradient(self, x: T, grad: T) -> T {
        debug_assert_rounding_to_nearest();
        let results = self.gradients(Baseline, &[x], &[grad]);
        results.value(0, || self.exact_gradient(x, grad))
    }
}
