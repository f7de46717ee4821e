//! Dual numbers and tapes: the derivative that comes with a result is that of the function.

use crate::{Function, derivatives, functions, gradients, values};
use autodiff::{F, F1};
use echidna::{Dual, Reverse};
use half::bf16;
use num_traits::Float;
use ordered_float::OrderedFloat;
use selu::{ScaledElu, consts, elu, selu_grad};
use twofloat::TwoFloat;

const XS: [f64; 14] = [
    0.0,
    -0.0,
    5e-324,
    -5e-324,
    1e-9,
    -1e-9,
    0.5,
    -0.5,
    3.0,
    -3.0,
    1e300,
    -200.0,
    -1e300,
    f64::NEG_INFINITY,
];

fn variable(x: f64) -> F1 {
    F::new(x, 1.0)
}

/// To a few units in the last place; NaN is NaN.
#[track_caller]
fn assert_near(actual: f64, expected: f64) {
    let is_near = if expected.is_nan() {
        actual.is_nan()
    } else {
        // A subnormal number has few places.
        (actual - expected).abs() <= 1e-15 * expected.abs() + 1e-323 || actual == expected
    };
    assert!(is_near, "{actual:e} instead of {expected:e}");
}

#[test]
fn the_derivative_is_the_derivative() {
    for function in functions() {
        for x in XS.into_iter().chain([f64::NAN]) {
            for y in values(function.map(F1::cst), variable(x)) {
                assert_near(y.x, function.value(x));
                assert_near(y.dx, function.grad(x));
            }
        }
    }
}

#[test]
fn the_second_derivative_is_that_of_the_exponential() {
    for function in functions() {
        for x in XS.into_iter().chain([f64::NAN]) {
            let second = if x >= 0.0 { 0.0 } else { function.grad(x) };
            for derivative in derivatives(function.map(F1::cst), variable(x)) {
                assert_near(derivative.x, function.grad(x));
                assert_near(derivative.dx, second);
            }
        }
    }
}

#[test]
fn a_gradient_has_a_derivative() {
    for function in functions() {
        for x in XS {
            for product in gradients(function.map(F1::cst), F1::cst(x), variable(0.5)) {
                assert_near(product.x, function.gradient(x, 0.5));
                assert_near(product.dx, function.grad(x));
            }
        }
    }
}

#[test]
fn alpha_and_scale_have_a_derivative_even_at_1() {
    let constants = [(1.0, 1.0), (1.5, 1.0), (1.0, 2.0), (-0.5, 0.75), (0.0, 1.0), (1.0, 0.0)];
    for (alpha, scale) in constants {
        for x in XS {
            // The lines that the documentation of `ScaledElu` has.
            let by_alpha = ScaledElu { alpha: 1.0, scale }.apply(if x > 0.0 { 0.0 } else { x });
            let by_scale = elu(x, alpha);

            let learns = ScaledElu { alpha: variable(alpha), scale: F1::cst(scale) };
            for y in values(Function::ScaledElu(learns), F1::cst(x)) {
                assert_near(y.dx, by_alpha);
            }
            let learns = ScaledElu { alpha: F1::cst(alpha), scale: variable(scale) };
            for y in values(Function::ScaledElu(learns), F1::cst(x)) {
                assert_near(y.dx, by_scale);
            }
            let learns = Function::Elu(variable(alpha));
            for y in values(learns, F1::cst(x)) {
                assert_near(y.dx, elu(if x > 0.0 { 0.0 } else { x }, 1.0));
            }
        }
    }
}

/// The results of all forms on a tape, and the derivative of each by the variable.
fn on_tape(
    forms: impl Fn(Reverse<f64>) -> Vec<Reverse<f64>>,
    variable: f64,
) -> impl Iterator<Item = (f64, f64)> {
    let run =
        move |weights: &[f64]| echidna::vjp(|variables| forms(variables[0]), &[variable], weights);
    (0..FORMS).map(move |form| {
        let mut weights = [0.0; FORMS];
        weights[form] = 1.0;
        let (results, derivatives) = run(&weights);
        (results[form], derivatives[0])
    })
}

/// As many as `values` and `derivatives` have results.
const FORMS: usize = 13;

#[test]
fn a_tape_has_the_derivatives() {
    let number = Reverse::constant;
    for function in functions() {
        for x in XS.into_iter().chain([f64::NAN, f64::INFINITY]) {
            let second = if x >= 0.0 { 0.0 } else { function.grad(x) };
            for (y, derivative) in on_tape(|x| values(function.map(number), x), x) {
                assert_near(y, function.value(x));
                assert_near(derivative, function.grad(x));
            }
            for (y, derivative) in on_tape(|x| derivatives(function.map(number), x), x) {
                assert_near(y, function.grad(x));
                assert_near(derivative, second);
            }
            if let Function::ScaledElu(ScaledElu { alpha, scale }) = function {
                let with = |scale| ScaledElu { alpha: number(alpha), scale };
                let by_scale =
                    on_tape(|scale| values(Function::ScaledElu(with(scale)), number(x)), scale);
                for (_, derivative) in by_scale {
                    assert_near(derivative, elu(x, alpha));
                }
            }
        }
    }
}

#[test]
fn other_dual_numbers_have_the_derivative_at_0() {
    for zero in [0.0_f64, -0.0] {
        for function in [Function::Selu, Function::Elu(Dual::constant(0.5))] {
            for y in values(function, Dual::variable(zero)) {
                let slope = if let Function::Selu = function { consts::f64::SCALE } else { 1.0 };
                assert_eq!((y.re.to_bits(), y.eps), (zero.to_bits(), slope));
            }
        }
        // Of a type that loses the sign of a zero, too.
        let x = F::new(TwoFloat::from(zero), TwoFloat::from(1.0));
        for y in values(Function::Selu, x) {
            assert_eq!(f64::from(y.x).to_bits(), zero.to_bits());
            assert_eq!(y.dx, selu_grad(TwoFloat::from(1.0)));
        }
    }
}

/// Four bytes, of which the value is as long as a type that goes through `f64`.
#[test]
fn a_dual_number_of_short_numbers_keeps_its_derivative() {
    let number = bf16::from_f32;
    for y in values(Function::Selu, F::new(number(-1.0), number(1.0))) {
        assert_eq!(y.x, number(-1.109375));
        assert_eq!(y.dx, number(consts::f32::SCALE_ALPHA) * number(-1.0).exp());
    }
    for y in values(Function::Selu, F::new(number(0.0), number(1.0))) {
        assert_eq!(y.dx, number(consts::f32::SCALE));
    }
}

/// `is_nan` and `is_infinite` of these numbers are about their derivatives, too.
#[test]
fn a_derivative_that_is_no_number_does_not_change_the_value() {
    for dx in [f64::NAN, f64::INFINITY] {
        for function in functions() {
            for x in XS.into_iter().chain([f64::INFINITY]) {
                for y in values(function.map(F1::cst), F::new(x, dx)) {
                    assert_near(y.x, function.value(x));
                }
                for derivative in derivatives(function.map(F1::cst), F::new(x, dx)) {
                    assert_near(derivative.x, function.grad(x));
                }
                for product in gradients(function.map(F1::cst), F1::cst(x), F::new(-0.5, dx)) {
                    assert_near(product.x, function.gradient(x, -0.5));
                }
            }
        }
    }
}

#[test]
fn nan_of_a_total_order_has_no_derivative() {
    let nan = OrderedFloat(f64::NAN);
    for y in values(Function::Selu, F::new(nan, OrderedFloat(1.0))) {
        assert!(y.x.is_nan() && y.dx.is_nan());
    }
    for derivative in derivatives(Function::Selu, F::new(nan, OrderedFloat(1.0))) {
        assert!(derivative.x.is_nan() && derivative.dx.is_nan());
    }
}
