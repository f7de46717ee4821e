//! The derivative of SELU, and back-propagation through it.

use crate::compiled::{Compiled, Cpu};
use crate::kernel::generic::Generic;
use crate::kernel::{Activation, Selu};
use crate::lengths;
use crate::specialize::{apply, cast, cast_mut, specialize};
use num_traits::{Float, one};

/// The derivative of [`selu`](crate::selu) at its input `x`.
///
/// ```text
/// selu'(x) = λ          for x ≥ 0
/// selu'(x) = λ·α·eˣ     for x < 0
/// ```
///
/// At 0, where the two sides differ (λ on the right, λα on the left), it is λ, for both zeros.
///
/// It wants the *input* of SELU. The way over the output y, y + λα, cancels to 0 below x = −17 in
/// `f32`; here the derivative decays smoothly through the subnormal numbers.
///
/// # Accuracy
///
/// - `f32`, and `f16` and `bf16` with feature `half`: correctly rounded, for every input.
/// - `f64`: at most 0.57 ULP from the exact value, 0.8 ULP where the result is subnormal.
/// - Any other `T`: the formula in `T`'s own arithmetic, with `T`'s `exp` and constants good to 106
///   bits.
///
/// For these but the last a value gives the same bits on every CPU.
///
/// # Special values
///
/// | x | selu'(x) |
/// |---|---|
/// | NaN | NaN |
/// | +0, −0, +∞ | λ |
/// | −∞ | +0 |
///
/// # Examples
///
/// ```
/// use selu::selu_grad;
///
/// assert_eq!(selu_grad(3.0_f32), 1.050701);
/// assert_eq!(selu_grad(-20.0_f32), 3.6237128853144895e-9);
/// assert_eq!(selu_grad(-700.0_f64), 1.7334290832552396e-304);
/// ```
///
/// # Reference
///
/// Klambauer, Unterthiner, Mayr, Hochreiter: *Self-Normalizing Neural Networks*, 2017,
/// [arXiv:1706.02515](https://arxiv.org/abs/1706.02515).
#[inline]
#[must_use]
pub fn selu_grad<T: Float>(x: T) -> T {
    specialize!(T => E:
        apply(|x: E| Activation::gradient(Selu, x, one()), x),
        otherwise: Generic::gradient(Selu, x, one()))
}

/// Back-propagation through SELU: `grad[i] *= selu'(x[i])`.
///
/// `x` is what went *into* SELU on the forward pass; `grad` is the gradient with respect to what
/// came out, and becomes the gradient with respect to `x`.
///
/// # Accuracy
///
/// - `f32`, and `f16` and `bf16` with feature `half`: the product of `grad[i]` and the exact derivative
///   is rounded once; at most 0.500001 ULP.
/// - `f64` and any other `T`: the product of `grad[i]` and [`selu_grad`]`(x[i])`.
///
/// For these but the last the same values give the same bits on every CPU, in every position, for
/// every length and alignment. (Which NaN comes of a NaN is not specified.)
///
/// # Special values
///
/// NaN in `x[i]` or `grad[i]` gives NaN. A `grad[i]` of 0 gives 0. Nothing else gives NaN for
/// `f32`: a positive `x[i]`, however large, only multiplies by λ, and an infinite `grad[i]` stays
/// infinite, since the derivative is positive everywhere. (In `f64` the derivative is rounded to 0
/// below −745.7, and ∞·0 is NaN.)
///
/// # Panics
///
/// If the lengths differ, before anything is written.
///
/// # Examples
///
/// ```
/// let x = [-1.0_f32, 0.0, 2.0];
/// let mut grad = [1.0, 1.0, -0.5];
/// selu::selu_backward(&x, &mut grad);
/// assert_eq!(grad, [0.6467686, 1.050701, -0.5253505]);
/// ```
#[inline]
#[track_caller]
pub fn selu_backward<T: Float>(x: &[T], grad: &mut [T]) {
    lengths::assert_equal("selu_backward", ("x", x.len()), ("grad", grad.len()));
    specialize!(T => E:
    Selu.backward(Cpu::Fastest, cast::<T, E>(x), cast_mut(grad)),
    otherwise: for (grad, &x) in grad.iter_mut().zip(x) {
        *grad = Generic::gradient(Selu, x, *grad);
    })
}

/// Back-propagation through SELU, out of place: `grad_in[i] = grad_out[i]·selu'(x[i])`.
///
/// Frameworks share the incoming gradient and may not overwrite it. `x` is what went *into* SELU on
/// the forward pass, `grad_out` the gradient with respect to what came out, and `grad_in` becomes
/// the gradient with respect to `x`.
///
/// Accuracy and special values are those of [`selu_backward`], with the same bits.
///
/// # Panics
///
/// If the three lengths differ, before anything is written.
///
/// # Examples
///
/// ```
/// let x = [-1.0_f32, 0.0, 2.0];
/// let mut grad_in = [0.0; 3];
/// selu::selu_backward_into(&x, &[1.0, 1.0, -0.5], &mut grad_in);
/// assert_eq!(grad_in, [0.6467686, 1.050701, -0.5253505]);
/// ```
#[inline]
#[track_caller]
pub fn selu_backward_into<T: Float>(x: &[T], grad_out: &[T], grad_in: &mut [T]) {
    lengths::assert_three_equal(
        "selu_backward_into",
        ("x", x.len()),
        ("grad_out", grad_out.len()),
        ("grad_in", grad_in.len()),
    );
    out_of_place(x, grad_out, grad_in, selu_backward);
}

/// `backward` of a copy of the incoming gradient, piece by piece, so that the copy is still in the
/// cache when it is multiplied.
#[inline]
pub(crate) fn out_of_place<T: Copy>(
    x: &[T],
    grad_out: &[T],
    grad_in: &mut [T],
    backward: impl Fn(&[T], &mut [T]),
) {
    const PIECE: usize = 1024;
    let pieces = x.chunks(PIECE).zip(grad_out.chunks(PIECE)).zip(grad_in.chunks_mut(PIECE));
    for ((x, grad_out), grad_in) in pieces {
        grad_in.copy_from_slice(grad_out);
        backward(x, grad_in);
    }
}
