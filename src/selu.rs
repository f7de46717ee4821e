//! SELU: one value, in place, out of place, its derivative, and back-propagation.

use crate::forms;
use crate::kernel::Selu;
use num_traits::Float;

/// The scaled exponential linear unit.
///
/// ```text
/// selu(x) = λ·x             for x > 0
/// selu(x) = λ·α·(eˣ − 1)    for x < 0
/// ```
///
/// with λ and α of [`consts`](crate::consts).
///
/// # Accuracy
///
/// - `f32`, `f64`, `f16` and `bf16`: correctly rounded, that is, the representable number nearest
///   to the exact value. The front page says [what is proved](crate#accuracy), and what is not.
/// - Any other `T` of at most two bytes: computed in `f64` and rounded to `T` once.
/// - Any other `T`: the formula in `T`'s own arithmetic, with `T`'s `exp_m1` and constants good to
///   106 bits. A derivative that a `T` carries is right, also at ±0.
///
/// A value has the same result, bit for bit, here and in a slice and, except for the last kind of
/// type, on every CPU. (NaN gives NaN, whose sign and payload are unspecified.)
///
/// # Special values
///
/// | x | selu(x) |
/// |---|---|
/// | NaN | NaN |
/// | +0, −0 | +0, −0 |
/// | +∞ | +∞ |
/// | −∞ | −λα |
///
/// # Examples
///
/// ```
/// use selu::selu;
///
/// assert_eq!(selu(1.0_f32), 1.050701);
/// assert_eq!(selu(-1e-8_f32), -1.7580993e-8); // exp(x) − 1 would give 0
/// assert_eq!(selu(f64::NEG_INFINITY), -selu::consts::f64::SCALE_ALPHA);
/// ```
///
/// # Reference
///
/// Klambauer, Unterthiner, Mayr, Hochreiter: *Self-Normalizing Neural Networks*, 2017,
/// [arXiv:1706.02515](https://arxiv.org/abs/1706.02515).
#[doc(alias = "scaled exponential linear unit")]
#[doc(alias = "activation")]
#[inline]
#[must_use]
pub fn selu<T: Float>(x: T) -> T {
    forms::value(Selu, x)
}

/// [`selu`] of every value of a slice, in place.
///
/// The fastest instruction set that the CPU has is chosen at run time. The results are those of
/// [`selu`], bit for bit, for every length and alignment; accuracy and special values are stated
/// there.
///
/// # Examples
///
/// ```
/// let mut xs = [-1.0_f32, 0.0, 1.0];
/// selu::selu_slice(&mut xs);
/// assert_eq!(xs, [-1.1113307, 0.0, 1.050701]);
/// ```
#[inline]
pub fn selu_slice<T: Float>(xs: &mut [T]) {
    forms::in_place(Selu, xs);
}

/// [`selu`] of every value of `src`, written to `dst`.
///
/// Reads each value of `src` and writes each value of `dst` once. The results are those of
/// [`selu`], bit for bit, for every length and alignment; accuracy and special values are stated
/// there.
///
/// # Panics
///
/// If the lengths differ, before anything is written.
///
/// # Examples
///
/// ```
/// let mut activations = [0.0; 3];
/// selu::selu_into(&[-1.0, 0.0, 1.0], &mut activations);
/// assert_eq!(activations, [-1.1113307378125628, 0.0, 1.0507009873554805]);
/// ```
#[inline]
#[track_caller]
pub fn selu_into<T: Float>(src: &[T], dst: &mut [T]) {
    forms::out_of_place(Selu, src, dst);
}

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
/// The second derivative is `if x >= 0.0 { 0.0 } else { selu_grad(x) }`. At 0, where there is none,
/// this gives the value from the right, 0, as in TensorFlow.
///
/// For a slice, fill it with 1 and call [`selu_backward`]: the filling adds about a tenth to the
/// time. A loop over `selu_grad` takes five (`f64`) to seven (`f32`) times as long, with AVX-512.
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
/// let second_derivative = |x: f32| if x >= 0.0 { 0.0 } else { selu_grad(x) };
/// assert_eq!([-1.0, 0.0, 1.0].map(second_derivative), [0.6467686, 0.0, 0.0]);
/// assert!(second_derivative(f32::NAN).is_nan());
///
/// let mut derivatives = [1.0; 3];
/// selu::selu_backward(&[-1.0_f32, 0.0, 2.0], &mut derivatives);
/// assert_eq!(derivatives, [-1.0, 0.0, 2.0].map(selu_grad));
/// ```
///
/// # Reference
///
/// Klambauer, Unterthiner, Mayr, Hochreiter: *Self-Normalizing Neural Networks*, 2017,
/// [arXiv:1706.02515](https://arxiv.org/abs/1706.02515).
#[doc(alias = "derivative")]
#[inline]
#[must_use]
pub fn selu_grad<T: Float>(x: T) -> T {
    forms::gradient(Selu, x)
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
/// - Any other `T` of at most two bytes: computed in `f64` and rounded to `T` once.
/// - Any other `T`: the product of `grad[i]` and [`selu_grad`]`(x[i])` in `T`'s own arithmetic.
///
/// The same values give the same bits in every position, for every length and alignment and, except
/// for the last kind of type, on every CPU. (NaN gives NaN, whose sign and payload are
/// unspecified.)
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
#[doc(alias = "backprop")]
#[doc(alias = "vjp")]
#[inline]
#[track_caller]
pub fn selu_backward<T: Float>(x: &[T], grad: &mut [T]) {
    forms::backward(Selu, x, grad);
}

/// Back-propagation through SELU from its *output*: `grad[i] *= selu'(x[i])`, where `y[i]` =
/// selu(`x[i]`).
///
/// ```text
/// selu'(x) = λ           for y ≥ 0
/// selu'(x) = y + λα      for −λα < y < 0
/// selu'(x) = 0           for y ≤ −λα
/// ```
///
/// For a network that keeps each layer's output anyway, since the next layer needs it: the input
/// need not be kept as well, and there is no exponential. But y is rounded, and y + λα cancels. Far
/// below 0 the derivative at x is lost, which [`selu_backward`] has to the last place:
///
/// | relative error of the derivative, up to | x = −1 | −5 | −10 | −17 |
/// |---|--:|--:|--:|--:|
/// | `f32` | 2·10⁻⁷ | 6·10⁻⁶ | 9·10⁻⁴ | 0.7 |
/// | `f64` | 4·10⁻¹⁶ | 10⁻¹⁴ | 2·10⁻¹² | 2·10⁻⁹ |
///
/// # Accuracy
///
/// As a function of `y[i]` and `grad[i]`, the exact product is rounded once, as in
/// [`selu_backward`].
///
/// # Special values
///
/// Both zeros and +∞ have the derivative λ. At and below −λα, where y is saturated or no output of
/// SELU, the result is a zero with the sign of `grad[i]`. NaN in `y[i]` or `grad[i]` gives NaN, and
/// so does an infinite `grad[i]` where the derivative is 0.
///
/// # Panics
///
/// If the lengths differ, before anything is written.
///
/// # Examples
///
/// ```
/// let mut layer = [-1.0_f32, 0.0, 2.0];
/// selu::selu_slice(&mut layer);
/// let mut grad = [1.0, 1.0, -0.5];
/// selu::selu_backward_from_output(&layer, &mut grad);
/// assert_eq!(grad, [0.64676857, 1.050701, -0.5253505]);
/// ```
#[inline]
#[track_caller]
pub fn selu_backward_from_output<T: Float>(y: &[T], grad: &mut [T]) {
    forms::backward_from_output(Selu, y, grad);
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
    forms::backward_out_of_place(Selu, x, grad_out, grad_in);
}
