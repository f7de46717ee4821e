//! What a kernel is: a function and its derivative for one type, with results that are known to be
//! correctly rounded or left open.

use super::arithmetic::debug_assert_rounding_to_nearest;
use super::element::Element;
use super::exact::Factors;
use crate::simd::Isa;

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

    /// Values and bits of `open`, each from `compute` of its position.
    #[inline(always)]
    pub(crate) fn each(mut compute: impl FnMut(usize) -> (T, T::Bits)) -> Self
    where
        T: Default,
    {
        let mut results = Self::decided([T::default(); N]);
        // mutants 0 -> 1: on microcontrollers only, whose digests tell.
        for i in 0..N {
            (results.values[i], results.open[i]) = compute(i);
            // mutants != -> ==: as above.
            if results.open[i] != T::Bits::default() {
                results.any_open = results.open[i];
            }
        }
        results
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
/// What the quick phase leaves open is computed from [`Factors`], so the function must be a factor
/// times x on one side and a factor times eˣ − 1 on the other. Any other would need an accurate
/// phase of its own.
///
/// `values` and `gradients` must be `#[inline(always)]`, to be compiled for the instruction set of
/// their caller.
pub(crate) trait Kernel<T: Element>: Copy + Into<Factors> {
    /// `f(x[i])`.
    fn values<I: Isa, const N: usize>(self, isa: I, x: &[T; N]) -> Results<T, N>;

    /// `grad[i]·f'(x[i])`, rounded once.
    fn gradients<I: Isa, const N: usize>(self, isa: I, x: &[T; N], grad: &[T; N]) -> Results<T, N>;

    /// `grad[i]·f'(x[i])`, rounded once, as a function of `y[i]` = f(x[i]), for positive constants.
    fn gradients_from_output<I: Isa, const N: usize>(
        self,
        isa: I,
        y: &[T; N],
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

    /// What `gradients_from_output` could not decide.
    #[inline(never)]
    fn exact_gradient_from_output(self, y: T, grad: T) -> T {
        self.into().gradient_from_output(y.wide(), grad.wide())
    }

    /// `f(x)`.
    #[inline(always)]
    fn value<I: Isa>(self, isa: I, x: T) -> T {
        debug_assert_rounding_to_nearest();
        let results = self.values(isa, &[x]);
        results.value(0, || self.exact_value(x))
    }

    /// `grad·f'(x)`, rounded once.
    #[inline(always)]
    fn gradient<I: Isa>(self, isa: I, x: T, grad: T) -> T {
        debug_assert_rounding_to_nearest();
        let results = self.gradients(isa, &[x], &[grad]);
        results.value(0, || self.exact_gradient(x, grad))
    }

    /// The same, given y = f(x).
    #[inline(always)]
    fn gradient_from_output<I: Isa>(self, isa: I, y: T, grad: T) -> T {
        debug_assert_rounding_to_nearest();
        let results = self.gradients_from_output(isa, &[y], &[grad]);
        results.value(0, || self.exact_gradient_from_output(y, grad))
    }
}
