//! ELU, the parent of SELU: one value, in place, out of place, its derivative, and
//! back-propagation.

use crate::ScaledElu;
use num_traits::Float;

/// The exponential linear unit, the parent of [`selu`](crate::selu).
///
/// ```text
/// elu(x, alpha) = x                 for x ≥ 0
/// elu(x, alpha) = alpha·(eˣ − 1)    for x < 0
/// ```
///
/// In exact arithmetic selu(x) = λ·elu(x, α).
///
/// # Accuracy
///
/// As in [`selu`](crate::selu): correctly rounded, for every x and alpha.
///
/// # Special values
///
/// NaN in x gives NaN, whose sign and payload are unspecified. For x ≥ 0, −0 and +∞ included, the
/// result is x itself, whatever alpha is: elu(0, ∞) is 0. At x = −∞ it is −alpha.
///
/// # Examples
///
/// ```
/// use selu::elu;
///
/// assert_eq!(elu(2.0_f32, 1.0), 2.0);
/// assert_eq!(elu(-1.0_f32, 1.0), -0.63212055);
/// assert_eq!(elu(f64::NEG_INFINITY, 0.3), -0.3);
/// ```
///
/// # Reference
///
/// Clevert, Unterthiner, Hochreiter: *Fast and Accurate Deep Network Learning by Exponential Linear
/// Units (ELUs)*, 2015, [arXiv:1511.07289](https://arxiv.org/abs/1511.07289).
#[doc(alias = "exponential linear unit")]
#[inline]
#[must_use]
pub fn elu<T: Float>(x: T, alpha: T) -> T {
    ScaledElu::elu(alpha).apply(x)
}

/// [`elu`] of every value of a slice, in place.
///
/// The results are those of [`elu`], bit for bit; accuracy and special values are stated there.
///
/// # Examples
///
/// ```
/// let mut xs = [-1.0_f32, 0.0, 1.0];
/// selu::elu_slice(&mut xs, 1.0);
/// assert_eq!(xs, [-0.63212055, 0.0, 1.0]);
/// ```
#[inline]
pub fn elu_slice<T: Float>(xs: &mut [T], alpha: T) {
    ScaledElu::elu(alpha).apply_slice(xs);
}

/// [`elu`] of every value of `src`, written to `dst`.
///
/// The results are those of [`elu`], bit for bit; accuracy and special values are stated there.
///
/// # Panics
///
/// If the lengths differ, before anything is written.
///
/// # Examples
///
/// ```
/// let mut activations = [0.0_f32; 3];
/// selu::elu_into(&[-1.0, 0.0, 1.0], &mut activations, 1.0);
/// assert_eq!(activations, [-0.63212055, 0.0, 1.0]);
/// ```
#[inline]
#[track_caller]
pub fn elu_into<T: Float>(src: &[T], dst: &mut [T], alpha: T) {
    ScaledElu::elu(alpha).apply_into(src, dst);
}

/// The derivative of [`elu`] at its input `x`.
///
/// ```text
/// elu'(x) = 1            for x ≥ 0
/// elu'(x) = alpha·eˣ     for x < 0
/// ```
///
/// At 0, where the one-sided derivatives differ unless alpha is 1, it is 1, for both zeros.
///
/// The second derivative is `if x >= 0.0 { 0.0 } else { elu_grad(x, alpha) }`. At 0, where there is
/// none, this gives the value from the right, 0, as in TensorFlow. The derivative with respect to
/// alpha is `elu(if x > 0.0 { 0.0 } else { x }, 1.0)`.
///
/// For a slice, fill it with 1 and call [`elu_backward`].
///
/// # Accuracy
///
/// As in [`selu`](crate::selu): correctly rounded, for every x and alpha.
///
/// # Special values
///
/// NaN in x gives NaN, and +∞ gives 1. For an alpha of ±0 and every x < 0 the derivative is alpha
/// itself, and so it is for an infinite alpha, since eˣ is positive. At −∞ it is a zero with the
/// sign of any other alpha.
///
/// # Examples
///
/// ```
/// use selu::elu_grad;
///
/// assert_eq!(elu_grad(2.0_f32, 0.5), 1.0);
/// assert_eq!(elu_grad(-1.0_f32, 0.5), 0.18393972);
///
/// let second_derivative = |x: f32| if x >= 0.0 { 0.0 } else { elu_grad(x, 0.5) };
/// assert_eq!([-1.0, 0.0, 1.0].map(second_derivative), [0.18393972, 0.0, 0.0]);
/// ```
#[doc(alias = "derivative")]
#[inline]
#[must_use]
pub fn elu_grad<T: Float>(x: T, alpha: T) -> T {
    ScaledElu::elu(alpha).grad(x)
}

/// Back-propagation through [`elu`]: `grad[i] *= elu'(x[i])`.
///
/// `x` is what went *into* ELU on the forward pass; `grad` is the gradient with respect to what
/// came out, and becomes the gradient with respect to `x`. The product of `grad[i]` and the exact
/// derivative is rounded once.
///
/// # Accuracy
///
/// As in [`selu_backward`](crate::selu_backward).
///
/// # Special values
///
/// NaN in `x[i]` or `grad[i]` gives NaN, and so does an infinite `grad[i]` where alpha is 0 and
/// `x[i]` < 0. It stays infinite where the derivative is only rounded to 0.
///
/// # Panics
///
/// If the lengths differ, before anything is written.
///
/// # Examples
///
/// ```
/// let mut grad = [1.0_f32, 1.0, -0.5];
/// selu::elu_backward(&[-1.0, 0.0, 2.0], &mut grad, 1.0);
/// assert_eq!(grad, [0.36787945, 1.0, -0.5]);
/// ```
#[doc(alias = "backprop")]
#[inline]
#[track_caller]
pub fn elu_backward<T: Float>(x: &[T], grad: &mut [T], alpha: T) {
    ScaledElu::elu(alpha).backward(x, grad);
}

/// Back-propagation through [`elu`] from its *output*: `grad[i] *= elu'(x[i])`, where `y[i]` =
/// elu(`x[i]`). The derivative is 1 for y ≥ 0, y + alpha for −alpha < y < 0, and 0 at −alpha and
/// below.
///
/// When to use it, accuracy and special values are as in
/// [`selu_backward_from_output`](crate::selu_backward_from_output).
///
/// # Panics
///
/// If the lengths differ, or unless 0 < alpha < ∞ (the output would not tell the sign of x), before
/// anything is written.
///
/// # Examples
///
/// ```
/// let mut grad = [1.0_f32, 1.0, -0.5];
/// selu::elu_backward_from_output(&[-0.63212055, 0.0, 2.0], &mut grad, 1.0);
/// assert_eq!(grad, [0.36787945, 1.0, -0.5]);
/// ```
#[inline]
#[track_caller]
pub fn elu_backward_from_output<T: Float>(y: &[T], grad: &mut [T], alpha: T) {
    ScaledElu::elu(alpha).backward_from_output(y, grad);
}

/// Back-propagation through [`elu`], out of place: `grad_in[i] = grad_out[i]·elu'(x[i])`.
///
/// The results are those of [`elu_backward`], bit for bit.
///
/// # Panics
///
/// If the three lengths differ, before anything is written.
///
/// # Examples
///
/// ```
/// let mut grad_in = [0.0_f32; 3];
/// selu::elu_backward_into(&[-1.0, 0.0, 2.0], &[1.0, 1.0, -0.5], &mut grad_in, 1.0);
/// assert_eq!(grad_in, [0.36787945, 1.0, -0.5]);
/// ```
#[inline]
#[track_caller]
pub fn elu_backward_into<T: Float>(x: &[T], grad_out: &[T], grad_in: &mut [T], alpha: T) {
    ScaledElu::elu(alpha).backward_into(x, grad_out, grad_in);
}
