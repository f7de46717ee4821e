//! Wrappers of a float: the formula in their own arithmetic, and special values as in a float.

use crate::{Function, derivatives, functions, gradients, values};
use bytemuck::TransparentWrapper;
use decorum::Total;
use noisy_float::types::{N64, R64, n64, r64};
use num_traits::Float;
use ordered_float::OrderedFloat;
use selu::{ScaledElu, selu, selu_backward, selu_slice};

fn wrapped<T: Float>(function: Function<f64>) -> Function<T> {
    function.map(|constant| T::from(constant).unwrap())
}

fn assert_near<T: Float>(actual: T, expected: f64) {
    let actual = actual.to_f64().unwrap();
    let is_near = (actual - expected).abs() <= 1e-15 * expected.abs();
    assert!(is_near || actual == expected, "{actual:e} instead of {expected:e}");
}

/// `finite` is the wrapper of a finite number.
fn assert_follows_f64<T: Float + Send + Sync>(finite: fn(f64) -> T) {
    for function in functions() {
        for x in [0.0, -0.0, 1e-300, -1e-300, 0.5, -0.5, 7.0, -7.0, -600.0, 1e300, -1e300] {
            for y in values(wrapped(function), finite(x)) {
                assert_near(y, function.value(x));
                assert_eq!(y.is_sign_negative(), function.value(x).is_sign_negative());
            }
            for derivative in derivatives(wrapped(function), finite(x)) {
                assert_near(derivative, function.grad(x));
            }
            for product in gradients(wrapped(function), finite(x), finite(-1e-5)) {
                assert_near(product, function.gradient(x, -1e-5));
            }
        }
    }
}

fn assert_infinity_stays_infinite<T: Float + Send + Sync>(wrap: fn(f64) -> T) {
    let infinity = f64::INFINITY;
    for function in functions() {
        for y in values(wrapped(function), wrap(infinity)) {
            assert_near(y, function.value(infinity));
        }
        for y in values(wrapped(function), wrap(-infinity)) {
            assert_near(y, function.value(-infinity));
        }
        for x in [-infinity, -1e6, -800.0, -1.0, 0.0, 2.0, infinity] {
            for grad in [infinity, -infinity] {
                for product in gradients(wrapped(function), wrap(x), wrap(grad)) {
                    assert_near(product, function.gradient(x, grad));
                }
            }
        }
    }
    for x in [-infinity, -1e6, -1.0] {
        for (alpha, scale) in [(infinity, 2.0), (2.0, -infinity), (-infinity, infinity)] {
            let function = Function::ScaledElu(ScaledElu { alpha, scale });
            for y in values(wrapped(function), wrap(x)) {
                assert_near(y, function.value(x));
            }
            for derivative in derivatives(wrapped(function), wrap(x)) {
                assert_near(derivative, function.grad(x));
            }
        }
    }
}

fn assert_nan_stays_nan<T: Float + Send + Sync>(wrap: fn(f64) -> T) {
    for function in functions() {
        for nan in [f64::NAN, -f64::NAN] {
            assert!(values(wrapped(function), wrap(nan)).iter().all(|y| y.is_nan()));
            assert!(derivatives(wrapped(function), wrap(nan)).iter().all(|d| d.is_nan()));
            for x in [nan, 1.0, -1.0, -1e6] {
                for grad in [nan, 0.0, 1.0, f64::INFINITY] {
                    if x.is_nan() || grad.is_nan() {
                        let products = gradients(wrapped(function), wrap(x), wrap(grad));
                        assert!(products.iter().all(|product| product.is_nan()), "{x} {grad}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_total_order_changes_nothing() {
    assert_follows_f64(OrderedFloat::<f64>);
    assert_infinity_stays_infinite(OrderedFloat::<f64>);
    assert_nan_stays_nan(OrderedFloat::<f64>);

    assert_follows_f64(Total::<f64>::from);
    assert_infinity_stays_infinite(Total::<f64>::from);
    assert_nan_stays_nan(Total::<f64>::from);
}

/// Types that panic, with debug assertions, where they would hold NaN or infinity.
#[test]
fn a_type_without_nan_or_infinity_never_meets_them() {
    assert_follows_f64(n64);
    assert_follows_f64(r64);
    let infinity = N64::infinity();
    assert!(values(Function::Selu, infinity).iter().all(|&y| y == infinity));
    for x in [-1e6, -800.0, 1.0] {
        assert!(gradients(Function::Selu, n64(x), infinity).iter().all(|&y| y == infinity));
    }
}

/// The lines that the documentation has.
#[test]
fn a_wrapper_gets_the_kernel_in_one_line() {
    let xs: Vec<f64> = (-100..=100).map(|i| f64::from(i) / 7.0).collect();
    let mut ordered: Vec<OrderedFloat<f64>> = xs.iter().copied().map(OrderedFloat).collect();
    let inputs = ordered.clone();
    selu_slice(OrderedFloat::peel_slice_mut(&mut ordered));
    for (y, &x) in ordered.iter().zip(&xs) {
        assert_eq!(y.to_bits(), selu(x).to_bits());
        assert_eq!(OrderedFloat(selu(OrderedFloat(x).0)).to_bits(), selu(x).to_bits());
        assert_eq!(R64::new(selu(r64(x).raw())), selu(x));
    }
    let mut grads = vec![OrderedFloat(0.5); xs.len()];
    selu_backward(OrderedFloat::peel_slice(&inputs), OrderedFloat::peel_slice_mut(&mut grads));
    let mut expected = vec![0.5; xs.len()];
    selu_backward(&xs, &mut expected);
    assert_eq!(OrderedFloat::peel_slice(&grads), expected);
}
