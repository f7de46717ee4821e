//! The mathematics of the functions, for any value that a type has: the place to begin.

use crate::reference::{self, Format, ulp_error};
use approx::assert_relative_eq;
use proptest::prelude::*;
use selu::{ScaledElu, consts, elu, selu, selu_grad};

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

/// selu is λ·elu with α, correctly rounded.
fn assert_scaled_elu<T: Format>(x: T) {
    let y = selu(x);
    if y.is_finite() {
        let elu = reference::elu(x.into(), 1.0);
        let alpha = if x < T::zero() { reference::ALPHA.clone() } else { reference::exact(1.0) };
        assert!(ulp_error(y, &(&*reference::SCALE * alpha * elu)) <= 0.5, "selu({x:e}) is {y:e}");
    }
}

/// The rise of a function over its run: central, with a step of 2⁻³⁰, in 160 bits. That is the
/// derivative to about 2⁻⁶².
fn slope(f: impl Fn(f64) -> reference::Exact, x: f64) -> reference::Exact {
    let step = 2f64.powi(-30);
    (f(x + step) - f(x - step)) / reference::exact(2.0 * step)
}

/// A multiple of the step of `slope`, so that x ± step is exact, and no difference across 0.
fn argument() -> impl Strategy<Value = f64> {
    (-40.0..10.0_f64)
        .prop_map(|x| (x * 2f64.powi(30)).round() / 2f64.powi(30))
        .prop_filter("has no derivative", |x| x.abs() > 1e-6)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn selu_is_elu_scaled_and_rounded_once(x32 in nonzero!(f32), x64 in nonzero!(f64)) {
        assert_scaled_elu(x32);
        assert_scaled_elu(x64);
    }

    #[test]
    fn selu_rises_above_its_limit_and_keeps_its_sign(x in nonzero!(f64), y in nonzero!(f64)) {
        prop_assert!(selu(x) >= -consts::f64::SCALE_ALPHA);
        prop_assert_eq!(selu(x).is_sign_negative(), x.is_sign_negative());
        prop_assert_eq!(selu(x.min(y)), selu(x).min(selu(y)));
    }

    #[test]
    fn the_derivative_is_the_slope(x in argument(), alpha in -3.0..3.0_f64) {
        prop_assert!(ulp_error(selu_grad(x), &slope(reference::selu, x)) < 0.503);
        let elu_slope = slope(|x| reference::elu(x, alpha), x);
        prop_assert!(ulp_error(selu::elu_grad(x, alpha), &elu_slope) < 0.503);
    }

    /// d/dx f(w₂·g(w₁·x)) = f'(w₂·g(w₁·x))·w₂·g'(w₁·x)·w₁.
    #[test]
    fn backward_follows_the_chain_rule(
        x in -2.0..2.0_f64, w1 in -2.0..2.0_f64, w2 in -2.0..2.0_f64,
        alpha in -3.0..3.0_f64, scale in -3.0..3.0_f64,
    ) {
        let outer = ScaledElu { alpha, scale };
        let inner = |x: f64| if scale > 0.0 { selu(x) } else { elu(x, alpha) };
        let forward = |x: f64| outer.apply(w2 * inner(w1 * x));
        let step = 1e-5;
        // A difference across a kink is no derivative.
        prop_assume!((w1 * x).abs() > 4.0 * step && (w2 * inner(w1 * x)).abs() > 100.0 * step);
        let mut grad = [1.0];
        outer.backward(&[w2 * inner(w1 * x)], &mut grad);
        grad[0] *= w2;
        if scale > 0.0 {
            selu::selu_backward(&[w1 * x], &mut grad);
        } else {
            selu::elu_backward(&[w1 * x], &mut grad, alpha);
        }
        grad[0] *= w1;
        let quotient = (forward(x + step) - forward(x - step)) / (2.0 * step);
        assert_relative_eq!(grad[0], quotient, max_relative = 1e-5, epsilon = 1e-7);
    }
}
