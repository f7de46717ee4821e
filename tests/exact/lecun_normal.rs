//! LeCun-normal weights: σ, the ends at ±2σ, and the normal distribution between them.

use crate::sampling::{Words, first_rejecting_word, mean_and_variance, seeded, ulps};
use rand::distr::Distribution;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::StandardNormal;
use selu::LecunNormal;

/// Layers, of which the lowest bits of a word choose one. The others are a number in (−1, 1), an odd
/// multiple of 2⁻⁵³, of the width of the layer.
const LAYERS: u64 = 128;

/// The words of the smallest and the largest z there are, ∓(2 − 2⁻⁵²): the ends of the lowest layer.
const SMALLEST: u64 = 0;
const LARGEST: u64 = !0 << 11;

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
        let mut rng = Words::new([LARGEST]);
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
        for word in [SMALLEST, LARGEST] {
            let x: f64 = distribution.sample(&mut Words::new([word]));
            assert!(x.abs() <= limit, "fan_in {fan_in}: {x:e} beyond {limit:e}");
            assert!(x.abs() > 0.999_999 * limit, "fan_in {fan_in}: {x:e} is not an end");
            let x: f32 = distribution.sample(&mut Words::new([word]));
            assert!(x.abs() <= limit as f32, "fan_in {fan_in}: {x:e} beyond {limit:e}");
        }
        let values = Distribution::<f64>::sample_iter(distribution, seeded(3)).take(200_000);
        let largest = values.map(f64::abs).fold(0.0, f64::max);
        assert!(largest <= limit, "fan_in {fan_in}: {largest:e} beyond {limit:e}");
        assert!(largest > 0.999 * limit, "fan_in {fan_in}: nothing beyond {largest:e}");
    }
}

/// χ² over cells of equal width, whose probabilities come from the normal distribution.
#[test]
fn weights_are_normal_between_the_ends() {
    const CELLS: usize = 1024;
    const N: usize = 4_000_000;
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
    // 1023 degrees of freedom: 1 % of samples lie below 920.9, 1 % above 1131.2.
    assert!((920.9..1131.2).contains(&chi_squared), "χ² = {chi_squared}");
}

/// What is drawn at z, added up over the layers: of each, one over its width, times the share of
/// second words that accept z. That is exp(−z²/2), but for a factor which is the sum at 0.
#[test]
fn the_density_is_the_normal_one_nearly_to_the_last_place() {
    const POINTS: u32 = 4000;
    let weight = |words: &[u64]| -> f64 {
        let x: f64 = LecunNormal::new(1).unwrap().sample(&mut Words::new(words));
        x / std_dev(1)
    };
    let word = |part: f64, layer: u64| ((part + 1.0) * 2_f64.powi(63)) as u64 >> 11 << 11 | layer;
    // In the middle of each half every layer accepts, if the height is 0.
    let widths: Vec<f64> = (0..LAYERS).map(|layer| 2.0 * weight(&[word(0.5, layer), 0])).collect();
    let all: f64 = widths.iter().map(|width| 1.0 / width).sum();
    let mut largest = 0.0_f64;
    for point in 0..POINTS {
        let z = 2.0 * f64::from(point) / f64::from(POINTS);
        let drawn = (0..).zip(&widths).filter(|&(_, &width)| z < width).map(|(layer, width)| {
            let accepting = first_rejecting_word(word(z / width, layer)) as f64;
            accepting / 2_f64.powi(53) / width
        });
        let error = drawn.sum::<f64>() / all / (-0.5 * z * z).exp() - 1.0;
        assert!(error.abs() < 2_f64.powi(-47), "z = {z}: the density is off by {error:e}");
        largest = largest.max(error.abs());
    }
    println!("the density is off by at most 2^{:.1}", largest.log2());
}

/// A layer over one dimension, from `channels` channels of N(0, 1) to as many.
struct Convolution {
    channels: usize,
    groups: usize,
    width: usize,
    /// Of a transposed convolution: an input at p adds to the outputs from p·stride on.
    stride: Option<usize>,
}

impl Convolution {
    /// One output far from the borders.
    fn output(&self, fan_in: usize, rng: &mut Xoshiro256PlusPlus) -> f64 {
        const POSITION: usize = 12;
        let distribution = LecunNormal::new(fan_in).unwrap();
        let mut output = 0.0;
        // The channels of one group.
        for _ in 0..self.channels / self.groups {
            let input: [f64; 32] = std::array::from_fn(|_| StandardNormal.sample(rng));
            for tap in 0..self.width {
                let weight: f64 = distribution.sample(rng);
                output += weight
                    * match self.stride {
                        None => input[POSITION + tap],
                        Some(stride) if !(POSITION - tap).is_multiple_of(stride) => 0.0,
                        Some(stride) => input[(POSITION - tap) / stride],
                    };
            }
        }
        output
    }
}

/// The table of docs/self-normalising.md.
#[test]
fn the_fan_in_of_each_kind_of_layer_gives_outputs_of_variance_1() {
    const N: usize = 20_000;
    let layer = |channels, groups, width, stride| Convolution { channels, groups, width, stride };
    for (layer, fan_in) in [
        (layer(6, 1, 1, None), 6),
        (layer(6, 1, 3, None), 6 * 3),
        (layer(6, 2, 3, None), 6 / 2 * 3),
        (layer(6, 6, 3, None), 3),
        (layer(6, 1, 3, Some(1)), 6 * 3),
        (layer(6, 2, 4, Some(2)), 6 / 2 * 4 / 2),
    ] {
        let mut rng = seeded(11);
        let outputs: Vec<f64> = (0..N).map(|_| layer.output(fan_in, &mut rng)).collect();
        let (mean, variance) = mean_and_variance(outputs.into_iter());
        // Four standard errors; a sum of three products has a fourth moment of 4.4.
        assert!(mean.abs() < 4.0 / (N as f64).sqrt(), "fan_in {fan_in}: mean {mean}");
        let error = 4.0 * (3.4 / N as f64).sqrt();
        assert!((variance - 1.0).abs() < error, "fan_in {fan_in}: variance {variance}");
    }
}

#[test]
fn a_generator_whose_candidates_are_all_rejected_does_not_hang() {
    // A candidate at the end of the highest layer, and a height at its top.
    let mut rng = Words::new([!0]);
    let weight: f64 = LecunNormal::new(1).unwrap().sample(&mut rng);
    assert!(weight.is_finite());
    assert_eq!(rng.drawn, 2 * 32);
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
    let error = LecunNormal::new(0).unwrap_err();
    assert_eq!(error.fan_in(), 0);
    let error: Box<dyn core::error::Error> = Box::new(error);
    assert_eq!(error.to_string(), "fan_in is 0; it must be at least 1");
}
