//! Properties of the functions over all values that a type has.

mod reference;

use approx::assert_relative_eq;
use proptest::prelude::*;
use reference::{ALPHA, SCALE, ulp_error};
use selu::{ScaledElu, consts, elu, elu_backward, elu_grad, selu, selu_backward, selu_grad};

/// Any finite value but 0: proptest's own spread over all binades, mixed with the range of
/// practice.
macro_rules! nonzero {
    ($float:ident) => {
        prop_oneof![
            prop::num::$float::NORMAL | prop::num::$float::SUBNORMAL,
            (-20.0..20.0_f64).prop_map(|x| x as $float)
        ]
        .prop_filter("zero is tested by its bits", |&x| x != 0.0)
    };
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn selu_f32_is_the_rounded_reference(x in nonzero!(f32)) {
        let y = selu(x);
        prop_assume!(y.is_finite());
        let alpha = if x < 0.0 { ALPHA.clone() } else { reference::exact(1.0) };
        let reference = &*SCALE * reference::elu(x.into(), 1.0) * alpha;
        prop_assert!(ulp_error(y, &reference) <= 0.5);
    }

    #[test]
    fn selu_f64_is_the_rounded_reference(x in nonzero!(f64)) {
        let y = selu(x);
        prop_assume!(y.is_finite());
        let alpha = if x < 0.0 { ALPHA.clone() } else { reference::exact(1.0) };
        let reference = &*SCALE * reference::elu(x, 1.0) * alpha;
        prop_assert!(ulp_error(y, &reference) <= 0.5);
    }

    #[test]
    fn selu_is_the_scaled_elu(x in -50.0..50.0_f64) {
        let scaled = consts::f64::SCALE * elu(x, consts::f64::ALPHA);
        assert_relative_eq!(selu(x), scaled, max_relative = 4.0 * f64::EPSILON);
        let x = x as f32;
        let scaled = consts::f32::SCALE * elu(x, consts::f32::ALPHA);
        assert_relative_eq!(selu(x), scaled, max_relative = 4.0 * f32::EPSILON);
    }

    #[test]
    fn selu_is_monotonic(x in nonzero!(f32), steps in 1..1000_u32) {
        let bits = x.to_bits();
        let above = if x > 0.0 { bits + steps } else { bits.saturating_sub(steps) };
        let above = f32::from_bits(above);
        prop_assume!(above >= x);
        prop_assert!(selu(above) >= selu(x));
    }

    #[test]
    fn selu_stays_above_its_limit_and_keeps_its_sign(x in nonzero!(f64)) {
        let y = selu(x);
        prop_assert!(y >= -consts::f64::SCALE_ALPHA);
        prop_assert!(y.is_sign_negative() == x.is_sign_negative());
    }

    #[test]
    fn the_derivative_is_positive_and_at_most_scale_alpha(x in -700.0..f64::MAX) {
        prop_assert!(selu_grad(x) > 0.0 && selu_grad(x) <= consts::f64::SCALE_ALPHA);
    }

    #[test]
    fn the_derivative_is_the_slope_of_a_high_precision_difference_quotient(x in -40.0..10.0_f64) {
        // Central, with a step of 2⁻³⁰ in 160 bits: a relative error of about 2⁻⁶².
        let step = 2f64.powi(-30);
        prop_assume!(x.abs() > 1e-6);
        let x = (x / step).round() * step; // so that x ± step is exact
        let rise = reference::selu(x + step) - reference::selu(x - step);
        let quotient = rise / reference::exact(2.0 * step);
        prop_assert!(ulp_error(selu_grad(x), &quotient) < 0.503);
        let x32 = x as f32;
        let x = f64::from(x32);
        let rise = reference::selu(x + step) - reference::selu(x - step);
        let quotient = rise / reference::exact(2.0 * step);
        prop_assert!(ulp_error(selu_grad(x32), &quotient) < 0.501);
    }

    /// d/dx selu(w₂·selu(w₁·x)) = selu'(w₂·selu(w₁·x))·w₂·selu'(w₁·x)·w₁.
    #[test]
    fn backward_follows_the_chain_rule(
        x in -2.0..2.0_f64, w1 in -2.0..2.0_f64, w2 in -2.0..2.0_f64,
    ) {
        let forward = |x: f64| selu(w2 * selu(w1 * x));
        let mut grad = [1.0];
        selu_backward(&[w2 * selu(w1 * x)], &mut grad);
        grad[0] *= w2;
        selu_backward(&[w1 * x], &mut grad);
        grad[0] *= w1;
        let step = 1e-5;
        // A difference across the kink at 0 is no derivative.
        prop_assume!((w1 * x).abs() > 4.0 * step);
        let quotient = (forward(x + step) - forward(x - step)) / (2.0 * step);
        assert_relative_eq!(grad[0], quotient, max_relative = 1e-6, epsilon = 1e-9);
    }

    /// The same with the constants of two layers of their own.
    #[test]
    fn backward_of_elu_follows_the_chain_rule(
        x in -2.0..2.0_f64, w1 in -2.0..2.0_f64, w2 in -2.0..2.0_f64,
        alpha in -3.0..3.0_f64, scale in -3.0..3.0_f64,
    ) {
        let outer = ScaledElu { alpha, scale };
        let forward = |x: f64| outer.apply(w2 * elu(w1 * x, alpha));
        let mut grad = [1.0];
        outer.backward(&[w2 * elu(w1 * x, alpha)], &mut grad);
        grad[0] *= w2;
        elu_backward(&[w1 * x], &mut grad, alpha);
        grad[0] *= w1;
        let step = 1e-5;
        // A difference across a kink is no derivative.
        prop_assume!((w1 * x).abs() > 4.0 * step);
        prop_assume!((w2 * elu(w1 * x, alpha)).abs() > 100.0 * step);
        let quotient = (forward(x + step) - forward(x - step)) / (2.0 * step);
        assert_relative_eq!(grad[0], quotient, max_relative = 1e-5, epsilon = 1e-7);
    }

    #[test]
    fn the_derivative_of_elu_is_its_slope(x in -40.0..10.0_f64, alpha in -3.0..3.0_f64) {
        let step = 2f64.powi(-30);
        prop_assume!(x.abs() > 1e-6 && alpha != 0.0);
        let x = (x / step).round() * step; // so that x ± step is exact
        let rise = reference::elu(x + step, alpha) - reference::elu(x - step, alpha);
        let quotient = rise / reference::exact(2.0 * step);
        prop_assert!(ulp_error(elu_grad(x, alpha), &quotient) < 0.503);
    }
}
