//! Where the exact value lies: the two bounds of the `f64` kernel.

use super::arithmetic::{multiply_add, product};
use crate::simd::Isa;
use core::hint::select_unpredictable;

/// The exact value lies between `head + lower` and `head + upper` (the other way round, if a
/// negative factor has swapped them), which are not rounded yet.
#[derive(Clone, Copy)]
pub(super) struct Interval {
    pub(super) head: f64,
    pub(super) lower: f64,
    pub(super) upper: f64,
}

impl Interval {
    /// A number that is exactly `head`.
    #[inline(always)]
    pub(super) const fn exactly(head: f64) -> Self {
        // mutants 0.0 -> 1.0: little beside what is multiplied by `UP`.
        Self { head, lower: 0.0, upper: 0.0 }
    }

    /// The product with `factor`.
    ///
    /// Its bounds are rounded by 2⁻⁵³ of their size; without fused operations they are rounded
    /// twice, and by 2⁻¹⁰⁴ of the head as well. The interval must have room for that: with the
    /// `ERROR_OF_FACTOR`s and ε of the kernels it has; a number that is `exactly` something has
    /// none.
    #[inline(always)]
    pub(super) fn times<I: Isa>(self, factor: f64) -> Self {
        let (head, error) = product::<I>(self.head, factor);
        self.with_bounds::<I>(head, factor, error)
    }

    /// The product with `factor + tail`, where the tail is at most 2⁻⁵³ of the factor. The product
    /// of the tail and the bounds is left out, which takes room for one more rounding.
    #[inline(always)]
    pub(super) fn times_pair<I: Isa>(self, (factor, tail): (f64, f64)) -> Self {
        let (head, error) = product::<I>(self.head, factor);
        let error = multiply_add::<I>(self.head, tail, error);
        self.with_bounds::<I>(head, factor, error)
    }

    #[inline(always)]
    fn with_bounds<I: Isa>(self, head: f64, factor: f64, error: f64) -> Self {
        Self {
            head,
            lower: multiply_add::<I>(self.lower, factor, error),
            upper: multiply_add::<I>(self.upper, factor, error),
        }
    }

    /// `other` if `sign`, which is 1 or −1, is −1: by selection and not by a branch.
    ///
    /// Where there is one value, several choices by one condition would be compiled to a branch, so
    /// each has a condition of its own.
    #[inline(always)]
    pub(super) fn or_if_negative<const N: usize>(self, sign: f64, other: Self) -> Self {
        // mutants: any numbers do that tell −1 from 1, and whether they differ is for speed only.
        // mutants == -> !=: for speed only.
        let [head, lower, upper] = if N == 1 { [0.0, 0.25, 0.5] } else { [0.0; 3] };
        Self {
            // mutants < -> <=: the sign is neither.
            head: select_unpredictable(sign < head, other.head, self.head),
            lower: select_unpredictable(sign < lower, other.lower, self.lower),
            upper: select_unpredictable(sign < upper, other.upper, self.upper),
        }
    }

    /// Both bounds, rounded. Where they agree, so would the exact value.
    #[inline(always)]
    pub(super) fn rounded(self) -> (f64, f64) {
        (self.head + self.lower, self.head + self.upper)
    }
}

/// The intervals of a block.
pub(super) struct Intervals<const N: usize> {
    head: [f64; N],
    lower: [f64; N],
    upper: [f64; N],
}

impl<const N: usize> Intervals<N> {
    #[inline(always)]
    pub(super) const fn new() -> Self {
        Self { head: [0.0; N], lower: [0.0; N], upper: [0.0; N] }
    }

    #[inline(always)]
    pub(super) fn set(&mut self, i: usize, Interval { head, lower, upper }: Interval) {
        (self.head[i], self.lower[i], self.upper[i]) = (head, lower, upper);
    }

    #[inline(always)]
    pub(super) fn at(&self, i: usize) -> Interval {
        Interval { head: self.head[i], lower: self.lower[i], upper: self.upper[i] }
    }
}
