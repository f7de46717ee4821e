//! SELU with other constants: the forms of `ScaledElu`.

use crate::consts;
use crate::forms;
pub use crate::kernel::ScaledElu;
use crate::kernel::generic::number;
use core::num::FpCategory;
use num_traits::{Float, one};

impl<T: Float> ScaledElu<T> {
    /// The defaults of ONNX's `Selu`: α and λ rounded to `f32`, then converted to `T`, which is
    /// exact for every `T` that holds the numbers of `f32`.
    ///
    /// In `f32` the results differ from those of [`selu`](crate::selu) by at most one unit in the
    /// last place, for 41 % of the positive numbers and 2 % of the negative ones.
    ///
    /// # Examples
    ///
    /// ```
    /// let onnx = selu::ScaledElu::onnx();
    /// assert_eq!(onnx, selu::ScaledElu { alpha: 1.6732632_f32, scale: 1.050701 });
    /// ```
    #[must_use]
    pub fn onnx() -> Self {
        Self { alpha: number(consts::f32::ALPHA.into()), scale: number(consts::f32::SCALE.into()) }
    }

    /// [`elu`](crate::elu) with this alpha.
    #[inline]
    pub(crate) fn elu(alpha: T) -> Self {
        Self { alpha, scale: one() }
    }

    /// f(x).
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(selu::ScaledElu { alpha: 1.5, scale: 2.0 }.apply(-1.0_f64), -1.8963616764856730);
    /// ```
    #[inline]
    #[must_use]
    pub fn apply(self, x: T) -> T {
        forms::value(self, x)
    }

    /// f of every value of a slice, in place. The results are those of [`apply`](Self::apply), bit
    /// for bit.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut xs = [-1.0_f32, 0.0, 1.0];
    /// selu::ScaledElu { alpha: 1.5, scale: 2.0 }.apply_slice(&mut xs);
    /// assert_eq!(xs, [-1.8963617, 0.0, 2.0]);
    /// ```
    #[inline]
    pub fn apply_slice(self, xs: &mut [T]) {
        forms::in_place(self, xs);
    }

    /// f of every value of `src`, written to `dst`. The results are those of
    /// [`apply`](Self::apply), bit for bit.
    ///
    /// # Panics
    ///
    /// If the lengths differ, before anything is written.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut y = [0.0_f32; 3];
    /// selu::ScaledElu::onnx().apply_into(&[-1.0, 0.0, 1.0], &mut y);
    /// assert_eq!(y, [-1.1113307, 0.0, 1.050701]);
    /// ```
    #[inline]
    #[track_caller]
    pub fn apply_into(self, src: &[T], dst: &mut [T]) {
        forms::out_of_place(self, src, dst);
    }

    /// The derivative of f at its input x.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(selu::ScaledElu { alpha: 1.5, scale: 2.0 }.grad(3.0_f32), 2.0);
    /// ```
    #[inline]
    #[must_use]
    pub fn grad(self, x: T) -> T {
        forms::gradient(self, x)
    }

    /// Back-propagation: `grad[i] *= f'(x[i])`, the product rounded once.
    ///
    /// `x` is what went *into* f on the forward pass; `grad` is the gradient with respect to what
    /// came out, and becomes the gradient with respect to `x`.
    ///
    /// # Panics
    ///
    /// If the lengths differ, before anything is written.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut grad = [1.0_f32, 1.0, -0.5];
    /// selu::ScaledElu { alpha: 1.5, scale: 2.0 }.backward(&[-1.0, 0.0, 2.0], &mut grad);
    /// assert_eq!(grad, [1.1036383, 2.0, -1.0]);
    /// ```
    #[inline]
    #[track_caller]
    pub fn backward(self, x: &[T], grad: &mut [T]) {
        forms::backward(self, x, grad);
    }

    /// Back-propagation from the *output*: `grad[i] *= f'(x[i])`, where `y[i]` = f(`x[i]`). The
    /// derivative is scale for y ≥ 0, y + scale·alpha for −scale·alpha < y < 0, and 0 at −scale·alpha
    /// and below.
    ///
    /// When to use it, accuracy and special values are as in
    /// [`selu_backward_from_output`](crate::selu_backward_from_output).
    ///
    /// # Panics
    ///
    /// If the lengths differ, or unless 0 < alpha < ∞ and 0 < scale < ∞ (the output would not tell
    /// the sign of x), before anything is written.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut grad = [1.0_f32, 1.0, -0.5];
    /// let function = selu::ScaledElu { alpha: 1.5, scale: 2.0 };
    /// function.backward_from_output(&[-1.8963617, 0.0, 4.0], &mut grad);
    /// assert_eq!(grad, [1.1036383, 2.0, -1.0]);
    /// ```
    #[inline]
    #[track_caller]
    pub fn backward_from_output(self, y: &[T], grad: &mut [T]) {
        for (name, constant) in [("alpha", self.alpha), ("scale", self.scale)] {
            assert!(
                is_positive(constant) && constant.is_finite(),
                "{name} is {}; it must be greater than 0 and finite",
                constant.to_f64().unwrap_or(f64::NAN)
            );
        }
        forms::backward_from_output(self, y, grad);
    }

    /// Back-propagation out of place: `grad_in[i] = grad_out[i]·f'(x[i])`, rounded once.
    ///
    /// # Panics
    ///
    /// If the three lengths differ, before anything is written.
    ///
    /// # Examples
    ///
    /// ```
    /// let function = selu::ScaledElu { alpha: 1.5, scale: 2.0 };
    /// let mut grad_in = [0.0_f32; 3];
    /// function.backward_into(&[-1.0, 0.0, 2.0], &[1.0, 1.0, -0.5], &mut grad_in);
    /// assert_eq!(grad_in, [1.1036383, 2.0, -1.0]);
    /// ```
    #[inline]
    #[track_caller]
    pub fn backward_into(self, x: &[T], grad_out: &[T], grad_in: &mut [T]) {
        forms::backward_out_of_place(self, x, grad_out, grad_in);
    }
}

/// Whether x > 0, even if the CPU treats subnormal numbers as 0.
fn is_positive<T: Float>(x: T) -> bool {
    let is_subnormal = |x: T| x.classify() == FpCategory::Subnormal;
    // There are types whose zeros, and NaN, say that they are subnormal.
    x > T::zero() || is_subnormal(x) && x.is_sign_positive() && !is_subnormal(T::zero())
}
