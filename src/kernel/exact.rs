//! The functions in exact arithmetic, for what the bounds of a kernel leave open.
//!
//! Signs and zeros are read from the bits, and everything else but products of ±1, zeros,
//! infinities and NaN is done with integers, so that the CPU's handling of subnormal numbers and its
//! rounding mode do not matter, except in the last rounding to `f32`.
//!
//! An exponential takes ten times as long as everything else here, so it is left out wherever its
//! size alone decides.

use super::element::{Element, Rounded};
use super::functions::{ScaledElu, Selu};
use super::wide::Wide;
use core::hint::black_box;

/// The factors of a function and its derivative: of x and 1 for x > 0, of eˣ − 1 and eˣ for x < 0.
#[derive(Clone, Copy)]
pub(crate) struct Factors {
    scale: Factor,
    scale_alpha: Factor,
}

/// An exact number, or a special one.
#[derive(Clone, Copy)]
enum Factor {
    Finite(Wide),
    /// A zero, an infinity or NaN.
    Special(f64),
}

impl Factor {
    fn of(x: f64) -> Self {
        if x.is_finite() && !is_zero(x) {
            Self::Finite(Wide::from_f64(x))
        } else {
            Self::Special(x)
        }
    }

    fn times(self, other: Self) -> Self {
        match (self, other) {
            (Self::Finite(a), Self::Finite(b)) => Self::Finite(a.times(b)),
            _ => Self::Special(self.representative() * other.representative()),
        }
    }

    /// A number that has the same special products as this one.
    fn representative(self) -> f64 {
        match self {
            Self::Finite(x) => x.signum(),
            Self::Special(x) => x,
        }
    }

    fn rounded<T: Rounded>(self) -> T {
        match self {
            Self::Finite(x) => T::nearest(x),
            Self::Special(x) => T::special(x),
        }
    }
}

impl From<Selu> for Factors {
    fn from(Selu: Selu) -> Self {
        Self { scale: Factor::Finite(Wide::SCALE), scale_alpha: Factor::Finite(Wide::SCALE_ALPHA) }
    }
}

impl<T: Element> From<ScaledElu<T>> for Factors {
    fn from(function: ScaledElu<T>) -> Self {
        let scale = Factor::of(function.scale.wide());
        Self { scale, scale_alpha: Factor::of(function.alpha.wide()).times(scale) }
    }
}

/// Below this, eˣ − 1 is −1 with an error of 2⁻⁵³ at most, and hardly ever needed to more digits.
// mutants: an exponential gives what its bounds give.
const SATURATED: f64 = -37.0;

impl Factors {
    /// f(x).
    #[cold]
    #[inline(never)]
    pub(super) fn value<T: Rounded>(self, x: f64) -> T {
        if x.is_nan() {
            return T::special(x);
        }
        if !is_negative(x) {
            return self.scale.times(Factor::of(x)).rounded();
        }
        match self.scale_alpha {
            Factor::Finite(factor) if x.is_finite() => {
                // mutants < -> ==, < -> <=: an exponential gives what its bounds give.
                if x < SATURATED {
                    let [nearest, other] =
                        Wide::bounds_of_exp_m1(x).map(|bound| T::nearest(factor.times(bound)));
                    if nearest == other {
                        return nearest;
                    }
                }
                T::nearest(factor.times(Wide::exp_m1(x)))
            }
            factor => factor.times(Factor::of(-1.0)).rounded(),
        }
    }

    /// grad·f'(x).
    #[cold]
    #[inline(never)]
    pub(super) fn gradient<T: Rounded>(self, x: f64, grad: f64) -> T {
        if x.is_nan() || grad.is_nan() {
            return T::special(f64::NAN);
        }
        let grad = Factor::of(grad);
        if !is_negative(x) {
            return self.scale.times(grad).rounded();
        }
        // The exponential is positive even at −∞, so that its product with a special factor is that
        // factor.
        let x = if x.is_infinite() { f64::MIN } else { x };
        match self.scale_alpha.times(grad) {
            // mutants match guard factor.vanishes_times_exp(x) -> false: it is 0 all the same, later.
            Factor::Finite(factor) if factor.vanishes_times_exp(x) => {
                T::special(0.0_f64.copysign(factor.signum()))
            }
            Factor::Finite(factor) => T::nearest(factor.times(Wide::exp(x))),
            special => special.rounded(),
        }
    }

    /// grad·f'(x) as a function of y = f(x), for positive factors.
    #[cold]
    #[inline(never)]
    pub(super) fn gradient_from_output<T: Rounded>(self, y: f64, grad: f64) -> T {
        if y.is_nan() || grad.is_nan() {
            return T::special(f64::NAN);
        }
        let derivative = match self.scale_alpha {
            _ if !is_negative(y) => self.scale,
            Factor::Finite(limit) if y.is_finite() => {
                // mutants delete -: only the size counts.
                limit.above(Wide::from_f64(-y)).map_or(Factor::Special(0.0), Factor::Finite)
            }
            _ => Factor::Special(0.0),
        };
        match (derivative, Factor::of(grad)) {
            // The product of four numbers may have more than 256 bits.
            (Factor::Finite(derivative), Factor::Finite(_)) => {
                T::nearest(derivative.times_to_odd(grad))
            }
            (derivative, grad) => derivative.times(grad).rounded(),
        }
    }
}

fn is_zero(x: f64) -> bool {
    // Opaque, since the compiler turns a plain comparison of the bits with 0 into one of the
    // numbers.
    black_box(x.to_bits()) << 1 == 0
}

fn is_negative(x: f64) -> bool {
    x.is_sign_negative() && !is_zero(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zeros_infinities_and_nan<T: Rounded + Into<f64>>() {
        let selu = Factors::from(Selu);
        let value = |x: f64| -> f64 { selu.value::<T>(x).into() };
        let gradient = |x: f64, grad: f64| -> f64 { selu.gradient::<T>(x, grad).into() };

        assert!(value(f64::NAN).is_nan());
        assert!(gradient(f64::NAN, 0.0).is_nan());
        for special in [0.0, -0.0, f64::INFINITY] {
            assert_eq!(value(special).to_bits(), special.to_bits());
        }
        for x in [1.0, 0.0, -1.0, -1e6, f64::NEG_INFINITY] {
            assert!(gradient(x, f64::NAN).is_nan());
            for special in [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY] {
                assert_eq!(gradient(x, special).to_bits(), special.to_bits(), "{special} at {x}");
            }
        }
        for grad in [f64::MAX, -1.0] {
            assert_eq!(gradient(-1e6, grad).to_bits(), (0.0 * grad).to_bits());
        }
    }

    #[test]
    fn every_type_has_zeros_infinities_and_nan() {
        zeros_infinities_and_nan::<f32>();
        zeros_infinities_and_nan::<f64>();
    }

    #[test]
    fn an_infinite_output_is_saturated_whatever_the_limit() {
        let factors = Factors::from(ScaledElu { alpha: f64::MAX, scale: f64::MAX });
        for grad in [1.0, -1e-300] {
            let product: f64 = factors.gradient_from_output(f64::NEG_INFINITY, grad);
            assert_eq!(product.to_bits(), (0.0 * grad).to_bits());
        }
    }
}
