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
/// At 0, where the one-sided derivatives differ (λ on the right, λα on the left), it is λ, for both
/// zeros.
///
/// `x` is the *input* of SELU. Computed from the output y, as y + λα, the derivative cancels to 0
/// below x = −17 in `f32`; here it decays through the subnormal numbers.
///
/// The second derivative is `if x < 0.0 { selu_grad(x) } else { 0.0 }`. At 0, where there is none,
/// this gives the value from the right, 0, as in TensorFlow.
///
/// # Accuracy
///
/// As in [`selu`](crate::selu): correctly rounded.
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
///
/// let second_derivative = |x: f32| if x < 0.0 { selu_grad(x) } else { 0.0 };
/// assert_eq!([-1.0, 0.0, 1.0].map(second_derivative), [0.6467686, 0.0, 0.0]);
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
/// - `f32`, `f64`, `f16` and `bf16`: the product of `grad[i]` and the exact derivative, correctly
///   rounded.
/// - Any other `T` narrower than `f32`: computed in `f64` and rounded to `T` once.
/// - Any other `T`: the product of `grad[i]` and [`selu_grad`]`(x[i])`.
///
/// The same values give the same bits in every position, for every length and alignment and, except
/// for the last kind of type, on every CPU. (NaN gives NaN; its payload is unspecified.)
///
/// # Special values
///
/// NaN in `x[i]` or `grad[i]` gives NaN; nothing else does. A `grad[i]` of 0 gives 0. An infinite
/// `grad[i]` stays infinite even where the derivative is rounded to 0, because the exact derivative
/// is positive.
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
/// For callers that must not overwrite the incoming gradient, as in most frameworks. `x` is what
/// went *into* SELU on the forward pass, `grad_out` is the gradient with respect to what came out,
/// and `grad_in` becomes the gradient with respect to `x`.
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
