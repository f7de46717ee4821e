//! Types without a kernel.
//!
//! A type narrower than `f32` is computed in `f64` and rounded once, by its own conversion. Where
//! the `f64` may be a midpoint between two numbers of that type only because it is itself rounded,
//! `exact.rs` tells on which side the exact value lies. Any other type follows the formula in its
//! own arithmetic, with constants of 106 bits, so that a double-double type gets double-double
//! constants.

use super::element::Rounded;
use super::exact::Factors;
use super::wide::Wide;
use super::{Kernel, ScaledElu, Selu};
use crate::consts::{self, SCALE_ALPHA_TAIL, SCALE_TAIL};
use crate::simd::Baseline;
use num_traits::{Float, one};

/// A function for any type.
pub(crate) trait Generic<T>: Copy {
    /// f(x).
    fn value(self, x: T) -> T;
    /// grad·f'(x).
    fn gradient(self, x: T, grad: T) -> T;
}

impl<T: Float> Generic<T> for Selu {
    fn value(self, x: T) -> T {
        if let Some(wide) = if_narrow(x) {
            return rounded_once(Kernel::value(self, Baseline, wide), || {
                Factors::from(self).value(wide)
            });
        }
        let function = ScaledElu { alpha: scale_alpha::<T>(), scale: one() };
        if x > T::zero() { scale::<T>() * x } else { function.formula(x) }
    }

    fn gradient(self, x: T, grad: T) -> T {
        if let (Some(x), Some(grad)) = (if_narrow(x), if_narrow(grad)) {
            let exact = || Factors::from(self).gradient(x, grad);
            return rounded_once(Kernel::gradient(self, Baseline, x, grad), exact);
        }
        let derivative = if x >= T::zero() { scale() } else { scale_alpha::<T>() * x.exp() };
        grad * derivative
    }
}

impl<T: Float> Generic<T> for ScaledElu<T> {
    fn value(self, x: T) -> T {
        match (if_narrow(x), self.if_narrow()) {
            (Some(x), Some(function)) => rounded_once(Kernel::value(function, Baseline, x), || {
                Factors::from(function).value(x)
            }),
            _ => self.formula(x),
        }
    }

    fn gradient(self, x: T, grad: T) -> T {
        if let (Some(x), Some(grad), Some(function)) =
            (if_narrow(x), if_narrow(grad), self.if_narrow())
        {
            let exact = || Factors::from(function).gradient(x, grad);
            return rounded_once(Kernel::gradient(function, Baseline, x, grad), exact);
        }
        let Self { alpha, scale } = self;
        grad * if x >= T::zero() { scale } else { scale * (alpha * x.exp()) } // NaN too
    }
}

impl<T: Float> ScaledElu<T> {
    fn formula(self, x: T) -> T {
        let Self { alpha, scale } = self;
        let unscaled = if x < T::zero() { alpha * x.exp_m1() } else { x }; // ±0 and NaN too
        // A factor of 1 does not leave everything unchanged: double-double arithmetic loses the
        // sign of −0.
        if scale == one() { unscaled } else { scale * unscaled }
    }

    fn if_narrow(self) -> Option<ScaledElu<f64>> {
        Some(ScaledElu { alpha: if_narrow(self.alpha)?, scale: if_narrow(self.scale)? })
    }
}

/// Whether `T` has fewer digits than `f32`.
fn is_narrow<T: Float>() -> bool {
    T::epsilon().to_f64().is_some_and(|epsilon| epsilon > f32::EPSILON.into())
}

/// `x` in `f64`, for a `T` with fewer digits than `f32`.
fn if_narrow<T: Float>(x: T) -> Option<f64> {
    if is_narrow::<T>() { x.to_f64() } else { None }
}

/// An `f64`, rounded to odd.
#[derive(Clone, Copy)]
struct Odd(f64);

impl Rounded for Odd {
    fn nearest(exact: Wide) -> Self {
        Self(exact.to_f64_odd())
    }

    fn special(x: f64) -> Self {
        Self(x)
    }
}

/// A result that is `nearest` among `f64`, and `exact` if need be, for a `T` with fewer digits than
/// `f32`.
fn rounded_once<T: Float>(nearest: f64, exact: impl FnOnce() -> Odd) -> T {
    let may_be_a_midpoint = f64::from(nearest as f32) == nearest;
    narrowed(if may_be_a_midpoint { exact().0 } else { nearest })
}

/// `x` rounded to a `T` with fewer digits than `f32`.
fn narrowed<T: Float>(x: f64) -> T {
    // Many types convert by way of `f32`, and would round twice: rounded to odd, an `f32` keeps on
    // which side of every midpoint of `T` the number lies.
    let nearest = x as f32;
    let wide = f64::from(nearest);
    let toward_0 = if wide.abs() > x.abs() { nearest.to_bits() - 1 } else { nearest.to_bits() };
    let odd = if wide == x || x.is_nan() { nearest } else { f32::from_bits(toward_0 | 1) };
    T::from(odd).unwrap_or_else(T::nan)
}

fn scale<T: Float>() -> T {
    constant(consts::f64::SCALE, SCALE_TAIL)
}

fn scale_alpha<T: Float>() -> T {
    constant(consts::f64::SCALE_ALPHA, SCALE_ALPHA_TAIL)
}

/// `head + tail` in `T`.
fn constant<T: Float>(head: f64, tail: f64) -> T {
    number::<T>(head) + number(tail)
}

/// `x` in `T`, rounded once; NaN for a `T` that has no conversion from `f64`.
pub(crate) fn number<T: Float>(x: f64) -> T {
    if is_narrow::<T>() { narrowed(x) } else { T::from(x).unwrap_or_else(T::nan) }
}
