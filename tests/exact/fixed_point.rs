//! Why α and λ are what they are: a standard normal input gives an output of mean 0 and variance 1,
//! and small deviations shrink.

use approx::assert_abs_diff_eq;
use selu::{selu, selu_grad};

/// E[f(z)] for z ~ N(0, 1): the midpoint rule on both sides of the kink at 0.
fn expectation(f: impl Fn(f64) -> f64) -> f64 {
    const STEPS: u32 = 200_000;
    const END: f64 = 12.0;
    let width = END / f64::from(STEPS);
    let density = |z: f64| (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
    (0..STEPS)
        .map(|i| (f64::from(i) + 0.5) * width)
        .map(|z| (f(z) + f(-z)) * density(z) * width)
        .sum()
}

#[test]
fn standard_normal_is_a_fixed_point() {
    assert_abs_diff_eq!(expectation(selu), 0.0, epsilon = 1e-9);
    assert_abs_diff_eq!(expectation(|z| selu(z).powi(2)), 1.0, epsilon = 1e-9);
}

/// The inputs are z·√variance + mean. By the chain rule,
/// ∂E[f(z·√v + m)]/∂m = E[f'(z)] and ∂/∂v = ½·E[z·f'(z)] at (0, 1).
#[test]
fn the_fixed_point_attracts() {
    let mean_by_mean = expectation(selu_grad);
    let mean_by_variance = 0.5 * expectation(|z| z * selu_grad(z));
    let square_by_mean = expectation(|z| 2.0 * selu(z) * selu_grad(z));
    let square_by_variance = 0.5 * expectation(|z| z * 2.0 * selu(z) * selu_grad(z));
    println!("{mean_by_mean} {mean_by_variance} {square_by_mean} {square_by_variance}");
    // With weights of mean 0 the mean of the next layer's input does not depend on this mean.
    assert_abs_diff_eq!(mean_by_variance, 0.08883475510689, epsilon = 1e-9);
    assert_abs_diff_eq!(square_by_variance, 0.78264788319681, epsilon = 1e-9);
    assert!(square_by_variance < 1.0);
}
