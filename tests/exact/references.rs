//! The references against each other: what is fast against what is exact.

use crate::reference::random::Random;
use crate::reference::rounded::{Formula, Real};
use crate::reference::{Exact, Format, closed_form, exact_to, ulp_error};

const BITS: usize = 400;

/// Negative arguments of all sizes, and at the ends of each reduction.
fn arguments(limit: f64) -> Vec<f64> {
    let mut random = Random(0x5eed);
    let mut xs: Vec<f64> =
        (0..4000).map(|_| -(random.uniform() * (limit.log2() + 140.0) - 140.0).exp2()).collect();
    for k in 1..60 {
        let multiple = -f64::from(k) * std::f64::consts::LN_2;
        xs.extend([multiple, multiple.next_up(), multiple.next_down()]);
    }
    xs.retain(|&x| x >= -limit);
    xs
}

/// log₂ of the relative difference.
fn difference(x: Real, truth: &Exact) -> f64 {
    let difference = x.to_exact(BITS) / truth - exact_to(BITS, 1.0);
    difference.to_f64().value().abs().log2()
}

#[test]
fn the_fast_reference_is_within_its_error() {
    let mut largest = f64::NEG_INFINITY;
    for x in arguments(3000.0) {
        let exact = exact_to(BITS, x);
        let exp = difference(Real::exp(x), &exact.exp());
        let exp_m1 = difference(Real::exp_m1(x), &exact.exp_m1());
        largest = largest.max(exp).max(exp_m1);
        assert!(exp.max(exp_m1) < -122.0, "2^{exp} and 2^{exp_m1} at {x:e}");
    }
    println!("2^{largest:.1}");
}

/// Checks the fast reference in one format by the definition: half a unit in the last place.
fn the_fast_reference_is_correctly_rounded<T: Format>() {
    let (alpha, scale) = closed_form(BITS);
    let scale_alpha = alpha * &scale;
    let exact = |x: T| exact_to(BITS, x);
    let assert_nearest = |name: &str, x: T, y: T, truth: &Exact| {
        // Infinity and 0 have no last place.
        if y.is_finite() && !y.is_zero() {
            let error = ulp_error(y, truth);
            assert!(error <= 0.5, "{name} at {x:e}: {error} ULP");
        }
    };
    let parameter = T::from(-0.7).unwrap();
    let elu = Formula::ScaledElu { alpha: parameter.into(), scale: 1.0 };
    for x in arguments(700.0).into_iter().step_by(4) {
        let x = T::from(x).unwrap();
        let positive = -x;
        if x.is_zero() || positive.is_infinite() {
            continue;
        }
        let exp_m1 = exact(x).exp_m1();
        assert_nearest("selu", x, Formula::Selu.value(x), &(&scale_alpha * &exp_m1));
        assert_nearest("elu", x, elu.value(x), &(exact(parameter) * exp_m1));
        assert_nearest(
            "selu",
            positive,
            Formula::Selu.value(positive),
            &(&scale * exact(positive)),
        );
        let slope = exact(x).exp();
        let one = T::one();
        assert_nearest("selu'", x, Formula::Selu.gradient(x, one), &(&scale_alpha * &slope));
        let product = exact(parameter) * exact(parameter) * slope;
        assert_nearest("elu'", x, elu.gradient(x, parameter), &product);
    }
}

#[test]
fn the_fast_reference_is_correctly_rounded_in_f32() {
    the_fast_reference_is_correctly_rounded::<f32>();
}

#[test]
fn the_fast_reference_is_correctly_rounded_in_f64() {
    the_fast_reference_is_correctly_rounded::<f64>();
}

/// The exact step of the fast reference, where the product of the factors is the middle itself.
#[test]
fn ties_are_broken_by_what_is_left_of_the_exponential() {
    // (1 + 2⁻⁵²)·1.5 lies in the middle between two numbers, the upper one of which is even.
    let (alpha, scale) = (1.0 + f64::EPSILON, 1.5);
    let (below, even) = (1.5 + f64::EPSILON, 1.5 + 2.0 * f64::EPSILON);
    let function = Formula::ScaledElu { alpha, scale };
    assert_eq!(function.value(f64::NEG_INFINITY), -even);
    for x in [-750.0, -100.0, -1e300] {
        assert_eq!(function.value(x), -below, "{x}");
    }
    for x in [-1e-20, -1e-300, -f64::from_bits(1)] {
        assert_eq!(function.gradient(x, 1.0), below, "{x}");
    }
    // A product of two numbers, and nothing else.
    assert_eq!(function.value(alpha), even);
}
