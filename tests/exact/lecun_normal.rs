//! LeCun-normal weights: σ, the cuts at ±2σ, and the normal distribution between them.

use crate::sampling::{Words, is_accepted, mean_and_variance, seeded, ulps};
use rand::distr::Distribution;
use selu::LecunNormal;

/// ∑ x^(2k+1) / (2k+1)!!, which is (Φ(x) − ½) / φ(x): every term is positive, nothing cancels.
fn half_probability_over_density(x: f64) -> f64 {
    let (mut sum, mut term, mut odd) = (0.0, x, 1.0);
    while term > 1e-20 {
        sum += term;
        odd += 2.0;
        term *= x * x / odd;
    }
    sum
}

/// Φ(x) − ½.
fn half_probability(x: f64) -> f64 {
    let density = (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
    x.signum() * density * half_probability_over_density(x.abs())
}

/// σ of the normal distribution that has variance 1 / fan_in once it is truncated at ±2σ. The
/// variance left of 1 is 1 − 4·φ(2) / (2·Φ(2) − 1).
fn std_dev(fan_in: usize) -> f64 {
    let variance_left = 1.0 - 2.0 / half_probability_over_density(2.0);
    (1.0 / fan_in as f64).sqrt() / variance_left.sqrt()
}

#[test]
fn sigma_is_that_of_the_formula_for_every_fan_in() {
    for fan_in in (1..=4096).chain([1 << 20, usize::MAX]) {
        // The first word is the largest z there is, 2 − 2⁻⁵²; the second accepts it.
        let mut rng = Words::new([!0, 0]);
        let largest: f64 = LecunNormal::new(fan_in).unwrap().sample(&mut rng);
        let sigma = largest / (2.0 - f64::EPSILON);
        let error = ulps(sigma, std_dev(fan_in));
        assert!(error <= 4.0, "fan_in {fan_in}: σ = {sigma:e}, {error} ULP off");
    }
}

#[test]
fn the_variance_after_truncation_is_one_over_fan_in() {
    const N: usize = 1_000_000;
    for fan_in in [1, 64, 1000] {
        let distribution = LecunNormal::new(fan_in).unwrap();
        let doubles: Vec<f64> = distribution.sample_iter(seeded(1)).take(N).collect();
        let singles: Vec<f32> = distribution.sample_iter(seeded(2)).take(N).collect();
        for values in [doubles, singles.into_iter().map(f64::from).collect()] {
            let (mean, variance) = mean_and_variance(values.iter().copied());
            let (mean, variance) = (mean * (fan_in as f64).sqrt(), variance * fan_in as f64);
            // Four standard errors; the fourth moment after truncation is 2.37 squared variances.
            let n = N as f64;
            assert!(mean.abs() < 4.0 / n.sqrt(), "fan_in {fan_in}: mean {mean}");
            let error = 4.0 * (1.37 / n).sqrt();
            assert!((variance - 1.0).abs() < error, "fan_in {fan_in}: variance {variance}");
        }
    }
}

#[test]
fn no_weight_lies_beyond_two_sigma() {
    for fan_in in [1, 3, 64, 100, 1000] {
        let distribution = LecunNormal::new(fan_in).unwrap();
        let limit = 2.0 * std_dev(fan_in) * (1.0 + 4.0 * f64::EPSILON);
        for word in [0, !0] {
            // The two outermost candidates, accepted.
            let x: f64 = distribution.sample(&mut Words::new([word, 0]));
            assert!(x.abs() <= limit, "fan_in {fan_in}: {x:e} beyond {limit:e}");
            let x: f32 = distribution.sample(&mut Words::new([word, 0]));
            assert!(x.abs() <= limit as f32, "fan_in {fan_in}: {x:e} beyond {limit:e}");
        }
        let values = Distribution::<f64>::sample_iter(distribution, seeded(3)).take(200_000);
        let largest = values.map(f64::abs).fold(0.0, f64::max);
        assert!(largest <= limit, "fan_in {fan_in}: {largest:e} beyond {limit:e}");
        assert!(largest > 0.999 * limit, "fan_in {fan_in}: nothing beyond {largest:e}");
    }
}

/// χ² over 64 cells of equal width, whose probabilities come from the normal distribution.
#[test]
fn weights_are_normal_between_the_cuts() {
    const CELLS: usize = 64;
    const N: usize = 1_000_000;
    let distribution = LecunNormal::new(1).unwrap();
    let mut counts = [0_u32; CELLS];
    for x in Distribution::<f64>::sample_iter(distribution, seeded(4)).take(N) {
        let z = x / std_dev(1);
        counts[((z + 2.0) / 4.0 * CELLS as f64) as usize] += 1;
    }
    let edge = |i: usize| 4.0 * i as f64 / CELLS as f64 - 2.0;
    let all = 2.0 * half_probability(2.0);
    let chi_squared: f64 = (0..CELLS)
        .map(|i| {
            let probability = half_probability(edge(i + 1)) - half_probability(edge(i));
            let expected = N as f64 * probability / all;
            (f64::from(counts[i]) - expected).powi(2) / expected
        })
        .sum();
    // 63 degrees of freedom: 1 % of samples lie below 39.9, 1 % above 92.0.
    assert!((39.9..92.0).contains(&chi_squared), "χ² = {chi_squared}");
}

#[test]
fn a_candidate_is_accepted_with_probability_exp_of_minus_half_its_square() {
    for i in 0..1024_u64 {
        let candidate = i << 54 | 1 << 53;
        let z = candidate as f64 / 2_f64.powi(62) - 2.0;
        let probability = (-0.5 * z * z).exp();
        let accepts = |v: f64| is_accepted(candidate, ((v * 2_f64.powi(53)) as u64) << 11);
        let margin = 4.0 * f64::EPSILON;
        assert!(accepts(probability - margin), "z = {z}: refused below exp(−z²/2)");
        assert!(!accepts(probability + margin), "z = {z}: accepted above exp(−z²/2)");
    }
}

#[test]
fn a_generator_that_always_refuses_does_not_hang() {
    // A candidate next to 2 and a probability next to 1: refused each time.
    let mut rng = Words::new([u64::MAX]);
    let weight: f64 = LecunNormal::new(1).unwrap().sample(&mut rng);
    assert!(weight.is_finite());
}

#[test]
fn a_single_weight_is_the_double_rounded() {
    let distribution = LecunNormal::new(64).unwrap();
    let doubles: Vec<f64> = distribution.sample_iter(seeded(5)).take(1000).collect();
    let singles: Vec<f32> = distribution.sample_iter(seeded(5)).take(1000).collect();
    assert!(doubles.iter().zip(&singles).all(|(&double, &single)| double as f32 == single));
}

#[cfg(feature = "half")]
#[test]
fn a_weight_of_16_bits_is_the_double_rounded_once() {
    use half::{bf16, f16};

    // Enough for some that are rounded to another number by way of f32.
    const COUNT: usize = 100_000;

    fn assert_nearest<T: Into<f64>>(bits: fn(T) -> u16, value: fn(u16) -> T)
    where
        LecunNormal: Distribution<T>,
    {
        let distribution = LecunNormal::new(64).unwrap();
        let doubles = Distribution::<f64>::sample_iter(distribution, seeded(6));
        let rounded = Distribution::<T>::sample_iter(distribution, seeded(6));
        for (x, y) in doubles.zip(rounded).take(COUNT) {
            let distance = |bits| (value(bits).into() - x).abs();
            let bits = bits(y);
            assert!(distance(bits) <= distance(bits - 1).min(distance(bits + 1)), "{x:e}");
        }
    }
    assert_nearest(f16::to_bits, f16::from_bits);
    assert_nearest(bf16::to_bits, bf16::from_bits);
}

#[test]
fn lecun_normal_is_a_distribution_of_rand_distr_too() {
    fn draw<D: rand_distr::Distribution<f32> + rand_distr::Distribution<f64>>(d: D) -> (f32, f64) {
        (d.sample(&mut seeded(1)), d.sample(&mut seeded(1)))
    }
    let (single, double) = draw(LecunNormal::new(64).unwrap());
    assert_eq!(single, double as f32);
}

#[test]
fn a_fan_in_of_zero_is_refused() {
    let error: Box<dyn core::error::Error> = Box::new(LecunNormal::new(0).unwrap_err());
    assert_eq!(error.to_string(), "fan_in is 0; it must be at least 1");
}
