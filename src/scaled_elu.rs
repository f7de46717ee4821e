//! SELU with other constants.

use crate::compiled::{Compiled, Cpu};
use crate::gradient::out_of_place;
use crate::kernel::Activation;
use crate::kernel::generic::Generic;
use crate::lengths;
use crate::specialize::{apply, cast, cast_mut, cast_value, specialize};
use num_traits::{Float, one};

/// SELU with other constants, and its derivative.
///
/// ```text
/// f(x) = scale·x                    for x ≥ 0
/// f(x) = scale·alpha·(eˣ − 1)       for x < 0
/// ```
///
/// This is ONNX's `Selu` with attributes `alpha` and `gamma`, and candle's
/// `selu(xs, alpha, gamma)`; gamma is `scale` here. [`elu`](crate::elu) is the case `scale` = 1.
/// No `ScaledElu` equals [`selu`](crate::selu), whose exact constants are not numbers of any
/// floating-point type.
///
/// # Accuracy
///
/// As in [`selu`](crate::selu): correctly rounded, for every x, alpha and scale. The product
/// scale·alpha is not rounded before it is used.
///
/// There is one reservation: [`backward`](Self::backward) in `f64` multiplies three numbers and an
/// exponential. Of the 2²¹⁸ combinations about 2³² are expected to lie closer to a midpoint than
/// 256 bits can tell; their results may be up to 0.5 + 2⁻¹⁸⁷ ULP off.
///
/// # Special values
///
/// NaN in x gives NaN. For x ≥ 0, −0 and +∞ included, f(x) is the product scale·x, whatever alpha
/// is. At x = −∞ it is −scale·alpha. For alpha = ±0 it is a zero with the sign of −scale·alpha for
/// every x < 0.
///
/// The derivative is scale for x ≥ 0 and for both zeros, scale·alpha·eˣ for x < 0, and at −∞ a zero
/// with the sign of scale·alpha.
///
/// # Examples
///
/// ```
/// use selu::ScaledElu;
///
/// let function = ScaledElu { alpha: 1.5, scale: 2.0 };
/// let mut xs = [-1.0_f32, 0.0, 1.0];
/// function.apply_slice(&mut xs);
/// assert_eq!(xs, [-1.8963617, 0.0, 2.0]);
/// ```
///
/// # Reference
///
/// [ONNX `Selu`](https://onnx.ai/onnx/operators/onnx__Selu.html).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScaledElu<T> {
    /// Depth of the negative branch, before it is scaled.
    pub alpha: T,
    /// Slope of the positive branch, and factor of both branches; called gamma in ONNX.
    pub scale: T,
}

impl ScaledElu<f32> {
    /// The defaults of ONNX's `Selu`: α and λ rounded to `f32`.
    ///
    /// The results differ from those of [`selu`](crate::selu) by at most one unit in the last
    /// place, for 41 % of the positive numbers of `f32` and 2 % of the negative ones.
    pub const ONNX: Self = Self { alpha: 1.6732632, scale: 1.050701 };
}

impl<T: Float> ScaledElu<T> {
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
        specialize!(T => E:
            apply(|x: E| Activation::value(cast_value::<_, ScaledElu<E>>(self), x), x),
            otherwise: Generic::value(self, x))
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
        specialize!(T => E:
            cast_value::<_, ScaledElu<E>>(self).in_place(Cpu::Fastest, cast_mut::<T, E>(xs)),
            otherwise: for x in xs { *x = Generic::value(self, *x) })
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
    /// selu::ScaledElu::ONNX.apply_into(&[-1.0, 0.0, 1.0], &mut y);
    /// assert_eq!(y, [-1.1113307, 0.0, 1.050701]);
    /// ```
    #[inline]
    #[track_caller]
    pub fn apply_into(self, src: &[T], dst: &mut [T]) {
        lengths::assert_equal("ScaledElu::apply_into", ("src", src.len()), ("dst", dst.len()));
        specialize!(T => E:
            cast_value::<_, ScaledElu<E>>(self)
                .out_of_place(Cpu::Fastest, cast::<T, E>(src), cast_mut(dst)),
            otherwise: for (y, &x) in dst.iter_mut().zip(src) { *y = Generic::value(self, x) })
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
        specialize!(T => E:
            apply(|x: E| Activation::gradient(cast_value::<_, ScaledElu<E>>(self), x, one()), x),
            otherwise: Generic::gradient(self, x, one()))
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
        lengths::assert_equal("ScaledElu::backward", ("x", x.len()), ("grad", grad.len()));
        specialize!(T => E:
        Compiled::backward(
            cast_value::<_, ScaledElu<E>>(self),
            Cpu::Fastest,
            cast::<T, E>(x),
            cast_mut(grad)
        ),
        otherwise: for (grad, &x) in grad.iter_mut().zip(x) {
            *grad = Generic::gradient(self, x, *grad);
        })
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
        lengths::assert_three_equal(
            "ScaledElu::backward_into",
            ("x", x.len()),
            ("grad_out", grad_out.len()),
            ("grad_in", grad_in.len()),
        );
        out_of_place(x, grad_out, grad_in, |x, grad| self.backward(x, grad));
    }
}
