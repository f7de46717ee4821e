//! The formula in `T`'s own arithmetic, for a `T` without a kernel.
//!
//! The constants have 106 bits, so that a double-double type gets double-double constants.

use crate::consts::{self, SCALE_ALPHA_TAIL, SCALE_TAIL};
use num_traits::Float;

pub(crate) fn selu<T: Float>(x: T) -> T {
    if x > T::zero() {
        scale::<T>() * x
    } else if x < T::zero() {
        scale_alpha::<T>() * x.exp_m1()
    } else {
        x // ±0 and NaN
    }
}

pub(crate) fn elu<T: Float>(x: T, alpha: T) -> T {
    if x < T::zero() { alpha * x.exp_m1() } else { x }
}

pub(crate) fn selu_grad<T: Float>(x: T) -> T {
    if x >= T::zero() {
        scale()
    } else {
        scale_alpha::<T>() * x.exp() // NaN too
    }
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

/// `x` in `T`; NaN for a `T` that has no conversion from `f64`.
pub(crate) fn number<T: Float>(x: f64) -> T {
    T::from(x).unwrap_or_else(T::nan)
}
