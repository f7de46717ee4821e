//! SELU and ELU of `f32` slices in half of the time or less, faithfully rounded: each result is one
//! of the two numbers around the exact value, and mostly the nearest (for 94 % of N(0, 1)).
//!
//! The functions are named as at the [crate's root](crate) and take the same arguments, of any
//! [`Float`] type.
//!
//! | | the crate's root | `fast`, for `f32` |
//! |---|---|---|
//! | `selu`, and `elu` with alpha 1 | nearest | faithful: less than 1 ULP |
//! | `elu` with any other alpha | nearest | less than 1.4 ULP |
//! | back-propagation | nearest | faithful; less than 1.5 ULP where the product or eˣ is below 10⁻³⁵ |
//! | rising with x | yes | but for single places in the last digit, at x < 0 |
//!
//! An ULP is the distance between neighbouring numbers at the exact value. All 2³² inputs have been
//! tried with alpha 1, and samples with hundreds of others; for back-propagation all x, with a
//! bound for every gradient such that grad·alpha is at most 10³⁰. A larger one may become infinite,
//! or fail to vanish at x < −174.
//!
//! Special values, limits and signs are those of the exact functions, to the bit. A value has the
//! same result in every form, at every position, length and alignment, on every CPU with fused
//! multiply-add: AVX2 or AVX-512 on x86-64, and aarch64. For anything else, these *are* the exact
//! functions: on other CPUs, without `std`, for an alpha that is not between 2⁻¹⁶ and 2¹⁶, and for
//! other types. (In 16 bits the exact functions are as fast as any; an `f64` function could not be
//! tried on all inputs.) There are no functions of one value, for which there is nothing to gain.
//!
//! # Panics
//!
//! If the lengths differ, before anything is written.
//!
//! # Examples
//!
//! ```
//! let x = [0.3_f32, -1.2, 2.0];
//! let mut y = [0.0; 3];
//! selu::fast::selu_into(&x, &mut y);
//! assert_eq!(y, [0.3152103, -1.22857, 2.101402]);
//! ```

use crate::ScaledElu;
use crate::forms;
use crate::kernel::{Fast, Selu};
use num_traits::Float;

/// [`selu_slice`](crate::selu_slice), as [this module](self) computes it.
#[inline]
pub fn selu_slice<T: Float>(xs: &mut [T]) {
    forms::in_place(Fast(Selu), xs);
}

/// [`selu_into`](crate::selu_into), as [this module](self) computes it.
#[inline]
#[track_caller]
pub fn selu_into<T: Float>(src: &[T], dst: &mut [T]) {
    forms::out_of_place(Fast(Selu), src, dst);
}

/// [`selu_backward`](crate::selu_backward), as [this module](self) computes it.
#[inline]
#[track_caller]
pub fn selu_backward<T: Float>(x: &[T], grad: &mut [T]) {
    forms::backward(Fast(Selu), x, grad);
}

/// [`selu_backward_into`](crate::selu_backward_into), as [this module](self) computes it.
#[inline]
#[track_caller]
pub fn selu_backward_into<T: Float>(x: &[T], grad_out: &[T], grad_in: &mut [T]) {
    forms::backward_out_of_place(Fast(Selu), x, grad_out, grad_in);
}

/// [`elu_slice`](crate::elu_slice), as [this module](self) computes it.
#[inline]
pub fn elu_slice<T: Float>(xs: &mut [T], alpha: T) {
    forms::in_place(Fast(ScaledElu::elu(alpha)), xs);
}

/// [`elu_into`](crate::elu_into), as [this module](self) computes it.
#[inline]
#[track_caller]
pub fn elu_into<T: Float>(src: &[T], dst: &mut [T], alpha: T) {
    forms::out_of_place(Fast(ScaledElu::elu(alpha)), src, dst);
}

/// [`elu_backward`](crate::elu_backward), as [this module](self) computes it.
#[inline]
#[track_caller]
pub fn elu_backward<T: Float>(x: &[T], grad: &mut [T], alpha: T) {
    forms::backward(Fast(ScaledElu::elu(alpha)), x, grad);
}

/// [`elu_backward_into`](crate::elu_backward_into), as [this module](self) computes it.
#[inline]
#[track_caller]
pub fn elu_backward_into<T: Float>(x: &[T], grad_out: &[T], grad_in: &mut [T], alpha: T) {
    forms::backward_out_of_place(Fast(ScaledElu::elu(alpha)), x, grad_out, grad_in);
}
