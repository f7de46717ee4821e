//! The functions that the kernels compute.

/// λx for x > 0, λα(eˣ − 1) for x < 0, with the exact λ and α.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selu;

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
/// NaN in x gives NaN, whose sign and payload are unspecified. For x ≥ 0, −0 and +∞ included, f(x)
/// is the product scale·x, whatever alpha is.
///
/// At x = −∞ it is −scale·alpha, and the derivative a zero with the sign of scale·alpha. But where
/// alpha or scale is ±0 or infinite, f(x) is −scale·alpha and the derivative scale·alpha for every
/// x < 0: a zero, an infinity or, if one is 0 and the other infinite, NaN.
///
/// # Learning alpha and scale
///
/// The derivative with respect to scale is `elu(x, alpha)`. The one with respect to alpha is
/// `ScaledElu { alpha: 1.0, scale }.apply(if x > 0.0 { 0.0 } else { x })`. Both can be summed over
/// slices, times the incoming gradient. A type that carries derivatives, such as a dual number,
/// gives the same when alpha or scale is its variable.
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
///
/// let unit = ScaledElu { alpha: 1.0, scale: 2.0 };
/// let by_alpha = |x: f32| unit.apply(if x > 0.0 { 0.0 } else { x });
/// assert_eq!([-1.0, 0.0, 1.0].map(by_alpha), [-1.2642411, 0.0, 0.0]);
/// let by_scale = |x: f32| selu::elu(x, 1.5);
/// assert_eq!([-1.0, 0.0, 1.0].map(by_scale), [-0.94818085, 0.0, 1.0]);
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
    #[doc(alias = "gamma")]
    pub scale: T,
}
