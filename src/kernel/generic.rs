//! Types without a kernel.
//!
//! A type of at most two bytes is computed in `f64` and rounded once, by its own conversion. Where
//! the `f64` may be a midpoint between two numbers of that type only because it is itself rounded,
//! `exact.rs` tells on which side the exact value lies.
//!
//! A larger type may carry more than a number, such as a derivative: it follows the formula in its
//! own arithmetic, with constants of 106 bits. All that is not constant stays a factor, even 1.

use super::{Kernel, ScaledElu, Selu, element::Rounded, wide::Wide};
use crate::consts::{self, SCALE_ALPHA_TAIL, SCALE_TAIL};
use crate::simd::Baseline;
use num_traits::{Float, one};

/// A function for any type.
pub(crate) trait Generic<T: Float>: Copy {
    /// The function in `f64`.
    fn wide(self) -> impl Kernel<f64>;
    /// The slope for x ≥ 0, and the two factors of eˣ − 1 for x < 0.
    fn factors(self) -> (T, [T; 2]);

    /// f(x).
    fn value(self, x: T) -> T {
        // mutants 2 -> 3: no type has three bytes.
        // mutants 2 -> 1: the package `other-types` tells.
        if size_of::<T>() <= 2 {
            let (f, x) = (self.wide(), wide(x));
            return rounded_once(f.value(Baseline, x), || f.into().value(x));
        }
        let (slope, factors) = self.factors();
        if is_linear(x) { product(slope, x) } else { factors.into_iter().fold(x.exp_m1(), product) }
    }

    /// grad·f'(x).
    fn gradient(self, x: T, grad: T) -> T {
        // mutants 2 -> 3: no type has three bytes.
        // mutants 2 -> 1: the package `other-types` tells.
        if size_of::<T>() <= 2 {
            let (f, x, grad) = (self.wide(), wide(x), wide(grad));
            return rounded_once(f.gradient(Baseline, x, grad), || f.into().gradient(x, grad));
        }
        let (slope, [alpha, scale]) = self.factors();
        if is_linear(x) {
            return product(slope, grad);
        }
        let factors = [alpha, scale, grad];
        let power = x.exp();
        // Infinity times eˣ is infinite even where eˣ is rounded to 0.
        // mutants < -> <=: 1 either way.
        let is_absorbed = factors.into_iter().any(is_infinite) && power < one();
        factors.into_iter().fold(if is_absorbed { one() } else { power }, product)
    }

    /// grad·f'(x), given y = f(x).
    fn gradient_from_output(self, y: T, grad: T) -> T {
        // mutants 2 -> 3: no type has three bytes.
        // mutants 2 -> 1: the package `other-types` tells.
        if size_of::<T>() <= 2 {
            let (f, y, grad) = (self.wide(), wide(y), wide(grad));
            let exact = || f.into().gradient_from_output(y, grad);
            return rounded_once(f.gradient_from_output(Baseline, y, grad), exact);
        }
        let (slope, [alpha, scale]) = self.factors();
        let limit = product(alpha, scale);
        if is_linear(y) {
            product(slope, grad)
        } else {
            product(if y <= -limit { T::zero() } else { y + limit }, grad)
        }
    }
}

impl<T: Float> Generic<T> for Selu {
    fn wide(self) -> impl Kernel<f64> {
        self
    }

    fn factors(self) -> (T, [T; 2]) {
        let constant = |head, tail| number::<T>(head) + number(tail);
        let scale_alpha = constant(consts::f64::SCALE_ALPHA, SCALE_ALPHA_TAIL);
        (constant(consts::f64::SCALE, SCALE_TAIL), [scale_alpha, one()])
    }
}

impl<T: Float> Generic<T> for ScaledElu<T> {
    fn wide(self) -> impl Kernel<f64> {
        ScaledElu { alpha: wide(self.alpha), scale: wide(self.scale) }
    }

    fn factors(self) -> (T, [T; 2]) {
        (self.scale, [self.alpha, self.scale])
    }
}

/// Whether x ≥ 0 or x is −0. An order may have −∞ or NaN at its end, and `is_nan` sees derivatives.
fn is_linear<T: Float>(x: T) -> bool {
    let has_no_sign = x.is_sign_positive() || x.is_zero();
    // mutants && -> ||, > -> >=: the package `other-types` tells, and so do the tests below.
    x >= T::zero() && has_no_sign && !(x.is_nan() && x > T::infinity())
}

/// Whether `x` is infinite, whatever its derivative is.
fn is_infinite<T: Float>(x: T) -> bool {
    x > T::max_value() || x < T::min_value()
}

/// `a·b`, with what double-double arithmetic loses: the sign of a zero, and infinity.
fn product<T: Float>(a: T, b: T) -> T {
    let product = a * b;
    let is_negative = a.is_sign_negative() != b.is_sign_negative();
    if product.is_zero() && is_negative && product.is_sign_positive() {
        // mutants delete -: the package `other-types` tells.
        return -(a * -b);
    }
    let is_nan = product.partial_cmp(&product).is_none();
    // mutants && -> ||: the package `other-types` tells.
    if is_nan && (is_infinite(a) || is_infinite(b)) && a.abs() > T::zero() && b.abs() > T::zero() {
        let infinity = if is_infinite(a) { a.abs() } else { b.abs() };
        return if is_negative { -infinity } else { infinity };
    }
    product
}

/// `x` in `f64`, for a narrow `T`.
fn wide<T: Float>(x: T) -> f64 {
    x.to_f64().unwrap_or(f64::NAN)
}

/// A result that is `nearest` among `f64`, and `exact` if need be, for a narrow `T`.
fn rounded_once<T: Float>(nearest: f64, exact: impl FnOnce() -> Narrow<T>) -> T {
    // A midpoint between two numbers of 16 bits has no more digits than those of an `f32`.
    // mutants && -> ||: the exact number has the same nearest one.
    // mutants << -> >>, == -> !=, 0 -> 1: the package `other-types` tells.
    // mutants 35 -> 34, 35 -> 36: it has fewer still.
    if nearest.is_normal() && nearest.to_bits() << 35 == 0 { exact().0 } else { number(nearest) }
}

/// A number of a narrow `T`.
#[derive(Clone, Copy, PartialEq)]
struct Narrow<T>(T);

impl<T: Float> Rounded for Narrow<T> {
    fn nearest(exact: Wide) -> Self {
        Self(number(exact.to_f64_odd()))
    }

    fn special(x: f64) -> Self {
        Self(number(x))
    }
}

/// `x` in `T`, rounded once; NaN for a `T` that has no conversion from `f64`.
pub(crate) fn number<T: Float>(x: f64) -> T {
    let nearest = x as f32;
    // mutants && -> ||, delete !, > -> ==, > -> <, > -> >=: the package `other-types` tells, but for >=.
    let is_beyond_f32 = !nearest.is_normal() && wide(T::max_value()) > f64::from(f32::MAX);
    // mutants 2 -> 3: no type has three bytes.
    let number = if size_of::<T>() > 2 || f64::from(nearest) == x || is_beyond_f32 {
        x
    } else {
        // Many types convert by way of `f32`, and would round twice: rounded to odd, an `f32` keeps
        // on which side of every midpoint of `T` the number lies.
        // mutants > -> >=: they are not equal.
        let toward_0 = nearest.to_bits() - u32::from(f64::from(nearest.abs()) > x.abs());
        // mutants 1 -> 2: only a type of 22 or 23 digits could tell.
        f32::from_bits(toward_0 | 1).into()
    };
    T::from(number).unwrap_or_else(T::nan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use float8::F8E4M3;
    use half::{bf16, f16};
    use ordered_float::OrderedFloat;
    use twofloat::TwoFloat;

    /// `numbers` are positive, one after the other.
    fn assert_rounded_to_their_side<T: Float>(numbers: impl Iterator<Item = T> + Clone) {
        for (low, high) in numbers.clone().zip(numbers.skip(1)) {
            let [low, high] = [wide(low), wide(high)];
            let middle = 0.5 * (low + high);
            let odd = f64::from((middle as f32).next_up());
            for sign in [1.0, -1.0] {
                let rounded = |x: f64| wide(number::<T>(sign * x));
                assert_eq!(rounded(low), sign * low);
                assert_eq!(rounded(middle.next_down()), sign * low);
                for x in [middle.next_up(), odd, odd.next_up()] {
                    assert_eq!(rounded(x), sign * high);
                }
            }
        }
    }

    #[test]
    fn a_number_beside_a_midpoint_is_rounded_to_its_side() {
        assert_rounded_to_their_side((0x08..0x7f).map(F8E4M3::from_bits));
        assert_rounded_to_their_side((0x0400..0x7c00).map(f16::from_bits));
        assert_rounded_to_their_side((0x0080..0x7f80).map(bf16::from_bits));
    }

    #[test]
    fn the_largest_number_is_not_infinite() {
        let infinity = TwoFloat::from(f64::INFINITY);
        assert!(is_infinite(infinity) && is_infinite(-infinity));
        assert!(!is_infinite(TwoFloat::max_value()) && !is_infinite(TwoFloat::min_value()));
    }

    #[test]
    fn zero_times_infinity_is_nan() {
        for (zero, infinity) in [(0.0, f64::INFINITY), (-0.0, f64::NEG_INFINITY)] {
            let [zero, infinity] = [zero, infinity].map(TwoFloat::from);
            assert!(product(zero, infinity).is_nan() && product(infinity, zero).is_nan());
        }
    }

    #[test]
    fn the_last_of_a_total_order_is_not_positive() {
        assert!(is_linear(OrderedFloat(f64::INFINITY)) && !is_linear(OrderedFloat(f64::NAN)));
    }
}
