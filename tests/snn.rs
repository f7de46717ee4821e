//! LeCun-normal weights and alpha dropout: their formulas, their distributions, and the network that
//! keeps its mean and variance because of them.

#![cfg(feature = "rand")]

use num_traits::Float;
use rand::distr::Distribution;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{SeedableRng, TryRng};
use rand_distr::StandardNormal;
use selu::{AlphaDropout, LecunNormal, selu_slice};
use std::cell::RefCell;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, set_hook, take_hook};
use std::sync::Once;

fn seeded(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// A generator that gives the words it was made of, over and over.
struct Words {
    words: Vec<u64>,
    drawn: usize,
}

impl Words {
    fn new(words: impl Into<Vec<u64>>) -> Self {
        Self { words: words.into(), drawn: 0 }
    }
}

impl TryRng for Words {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unimplemented!("the samplers ask for 64 bits")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.drawn += 1;
        Ok(self.words[(self.drawn - 1) % self.words.len()])
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
        unimplemented!("the samplers ask for 64 bits")
    }
}

fn ulps(computed: f64, exact: f64) -> f64 {
    (computed - exact).abs() / (exact.abs().next_up() - exact.abs())
}

fn mean_and_variance(xs: impl ExactSizeIterator<Item = f64> + Clone) -> (f64, f64) {
    let n = xs.len() as f64;
    let mean = xs.clone().sum::<f64>() / n;
    let variance = xs.map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    (mean, variance)
}

/// FNV-1a of the words.
fn digest(words: impl Iterator<Item = u64>) -> u64 {
    words.flat_map(u64::to_le_bytes).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

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
    let distribution = LecunNormal::new(1).unwrap();
    for i in 0..1024_u64 {
        let candidate = i << 54 | 1 << 53;
        let z = candidate as f64 / 2_f64.powi(62) - 2.0;
        let probability = (-0.5 * z * z).exp();
        let accepts = |v: f64| {
            // After a refusal come a candidate and a word that accepts it.
            let word = ((v * 2_f64.powi(53)) as u64) << 11;
            let mut rng = Words::new([candidate, word, 1 << 63, 0]);
            let _: f64 = distribution.sample(&mut rng);
            rng.drawn == 2
        };
        let margin = 4.0 * f64::EPSILON;
        assert!(accepts(probability - margin), "z = {z}: refused below exp(−z²/2)");
        assert!(!accepts(probability + margin), "z = {z}: accepted above exp(−z²/2)");
    }
}

/// The first word that refuses a candidate, found by bisection: its last bit is part of what a seed
/// gives.
#[test]
fn the_word_that_refuses_a_candidate_is_stable() {
    let distribution = LecunNormal::new(1).unwrap();
    let boundaries = (0..1024_u64).map(|i| {
        let candidate = i << 54 | 1 << 53;
        let accepts = |v: u64| {
            let mut rng = Words::new([candidate, v << 11, 1 << 63, 0]);
            let _: f64 = distribution.sample(&mut rng);
            rng.drawn == 2
        };
        let (mut accepted, mut refused) = (0, 1 << 53);
        while refused - accepted > 1 {
            let v = (accepted + refused) / 2;
            if accepts(v) {
                accepted = v;
            } else {
                refused = v;
            }
        }
        refused
    });
    assert_eq!(digest(boundaries), 0x613d_67d5_8626_e342);
}

#[test]
fn a_single_weight_is_the_double_rounded() {
    let distribution = LecunNormal::new(64).unwrap();
    let doubles: Vec<f64> = distribution.sample_iter(seeded(5)).take(1000).collect();
    let singles: Vec<f32> = distribution.sample_iter(seeded(5)).take(1000).collect();
    assert!(doubles.iter().zip(&singles).all(|(&double, &single)| double as f32 == single));
}

#[test]
fn lecun_normal_is_a_distribution_of_rand_distr_too() {
    fn draw<D: rand_distr::Distribution<f32> + rand_distr::Distribution<f64>>(d: D) -> (f32, f64) {
        (d.sample(&mut seeded(1)), d.sample(&mut seeded(1)))
    }
    let (single, double) = draw(LecunNormal::new(64).unwrap());
    assert_eq!(single, double as f32);
}

/// The expected values are those of another implementation, which takes the exponential of a
/// mathematical library instead of the series.
#[test]
fn weights_are_stable() {
    let distribution = LecunNormal::new(64).unwrap();
    let doubles: Vec<f64> = distribution.sample_iter(seeded(7)).take(5).collect();
    let singles: Vec<f32> = distribution.sample_iter(seeded(7)).take(5).collect();
    assert_eq!(
        doubles,
        [
            -0.2527436290335549,
            0.12367540989131637,
            0.12727408098421794,
            0.27416358604473945,
            -0.21927439102820206
        ]
    );
    assert_eq!(singles, [-0.25274363, 0.12367541, 0.12727408, 0.27416357, -0.21927439]);
    let many = Distribution::<f64>::sample_iter(distribution, seeded(7)).take(100_000);
    assert_eq!(digest(many.map(f64::to_bits)), 0xfa8c_434a_ed5f_5bae);
}

#[test]
fn a_fan_in_of_zero_is_refused() {
    let error: Box<dyn core::error::Error> = Box::new(LecunNormal::new(0).unwrap_err());
    assert_eq!(error.to_string(), "fan_in is 0; it must be at least 1");
}

/// rate, a, b, a·α′ + b.
const COEFFICIENTS: [(f64, f64, f64, f64); 3] = [
    (0.05, 0.954844476005031, 0.0839355721938102, -1.5947758716823937),
    (0.1, 0.9212845161497115, 0.16197097005757025, -1.4577387305181322),
    (0.5, 0.8864048946659319, 0.7791939305180317, -0.7791939305180317),
];

/// a, b, a·α′ + b as a dropout uses them: on a gradient of 1, on a kept 0, on a dropped value.
fn coefficients<T: Float>(dropout: &AlphaDropout) -> (T, T, T) {
    let mut scale = [T::one()];
    dropout.backward(&[true], &mut scale);
    let mut shift = [T::zero()];
    dropout.apply(&mut Words::new([!0]), &mut shift);
    let mut dropped = [T::one()];
    dropout.apply(&mut Words::new([0]), &mut dropped);
    (scale[0], shift[0], dropped[0])
}

#[test]
fn the_coefficients_are_those_of_the_paper() {
    for (rate, a, b, dropped) in COEFFICIENTS {
        let dropout = AlphaDropout::new(rate).unwrap();
        let computed = coefficients::<f64>(&dropout);
        for (name, computed, exact) in
            [("a", computed.0, a), ("b", computed.1, b), ("dropped", computed.2, dropped)]
        {
            let error = ulps(computed, exact);
            println!("rate {rate}: {name} = {computed:?}, {error} ULP");
            assert!(error <= 2.0, "rate {rate}: {name} = {computed:?}, {error} ULP off {exact:?}");
        }
        let computed = coefficients::<f32>(&dropout);
        assert_eq!(computed, (a as f32, b as f32, dropped as f32), "rate {rate}");
    }
}

/// With mean 0 and variance 1 going in, mean q·b + rate·(a·α′ + b) and the variance beside it come
/// out as 0 and 1, however close to 0 or 1 the rate is.
#[test]
fn the_coefficients_keep_mean_and_variance_at_every_rate() {
    let rates = (1..1000).map(|i| f64::from(i) / 1000.0);
    for rate in rates.chain([f64::MIN_POSITIVE, 1e-9, 1.0 - 1e-9, 1.0_f64.next_down()]) {
        let (a, b, dropped) = coefficients::<f64>(&AlphaDropout::new(rate).unwrap());
        let keep = 1.0 - rate;
        let mean = keep * b + rate * dropped;
        let variance = keep * (a * a + b * b) + rate * dropped * dropped;
        // The mean is the difference of two numbers as large as keep·b.
        assert!(mean.abs() <= 8.0 * f64::EPSILON * keep * b, "rate {rate}: mean {mean:e}");
        assert!((variance - 1.0).abs() < 16.0 * f64::EPSILON, "rate {rate}: variance {variance}");
    }
}

#[test]
fn a_kept_value_is_scaled_and_shifted_and_a_dropped_one_replaced() {
    let dropout = AlphaDropout::new(0.3).unwrap();
    let (a, b, dropped) = coefficients::<f32>(&dropout);
    let xs: Vec<f32> = (0..1000).map(|i| i as f32 * 0.01 - 5.0).collect();
    let mut ys = xs.clone();
    let mut kept = vec![false; xs.len()];
    dropout.apply_recording(&mut seeded(1), &mut ys, &mut kept);
    for ((x, y), &kept) in xs.iter().zip(&ys).zip(&kept) {
        assert_eq!(*y, if kept { a * x + b } else { dropped }, "x = {x}, kept: {kept}");
    }
    assert!(kept.contains(&true) && kept.contains(&false));
}

#[test]
fn values_are_dropped_at_the_rate() {
    const N: usize = 1_000_000;
    for rate in [0.05, 0.5, 0.9] {
        let mut kept = vec![true; N];
        let dropout = AlphaDropout::new(rate).unwrap();
        dropout.apply_recording(&mut seeded(1), &mut vec![0.0_f32; N], &mut kept);
        let dropped = kept.iter().filter(|&&kept| !kept).count() as f64 / N as f64;
        let error = 4.0 * (rate * (1.0 - rate) / N as f64).sqrt();
        assert!((dropped - rate).abs() < error, "rate {rate}: {dropped} dropped");
    }
}

/// A word below rate·2⁶⁴ drops, one that is not below it keeps.
#[test]
fn the_probability_is_the_rate_to_the_last_bit() {
    for (rate, first_kept) in [(0.5, 1 << 63), (0.25, 1 << 62), (1.0_f64.next_down(), !0 << 11)] {
        let dropout = AlphaDropout::new(rate).unwrap();
        let mut kept = [false; 2];
        let mut rng = Words::new([first_kept - 1, first_kept]);
        dropout.apply_recording(&mut rng, &mut [0.0_f64; 2], &mut kept);
        assert_eq!(kept, [false, true], "rate {rate}");
    }
}

#[test]
fn activations_keep_mean_and_variance_through_dropout() {
    const N: usize = 1_000_000;
    let mut rng = seeded(1);
    let mut xs: Vec<f64> = StandardNormal.sample_iter(&mut rng).take(N).collect();
    selu_slice(&mut xs);
    for rate in [0.05, 0.1, 0.5] {
        let mut ys = xs.clone();
        AlphaDropout::new(rate).unwrap().apply(&mut rng, &mut ys);
        let (mean, variance) = mean_and_variance(ys.iter().copied());
        assert!(mean.abs() < 0.005, "rate {rate}: mean {mean}");
        assert!((variance - 1.0).abs() < 0.01, "rate {rate}: variance {variance}");
    }
}

#[test]
fn recording_changes_nothing_but_the_mask() {
    let dropout = AlphaDropout::new(0.2).unwrap();
    let (mut plain, mut recorded) = ([1.0_f64; 500], [1.0_f64; 500]);
    let (mut rng, mut recording_rng) = (seeded(9), seeded(9));
    dropout.apply(&mut rng, &mut plain);
    dropout.apply_recording(&mut recording_rng, &mut recorded, &mut [false; 500]);
    assert_eq!(plain, recorded);
    assert_eq!(rng, recording_rng);
}

#[test]
fn both_types_are_dropped_at_the_same_places() {
    let dropout = AlphaDropout::new(0.2).unwrap();
    let (mut single, mut double) = ([false; 500], [false; 500]);
    dropout.apply_recording(&mut seeded(9), &mut [1.0_f32; 500], &mut single);
    dropout.apply_recording(&mut seeded(9), &mut [1.0_f64; 500], &mut double);
    assert_eq!(single, double);
}

/// The loss ∑ wᵢ·yᵢ has the gradient w with respect to y.
#[test]
fn backward_is_the_difference_quotient() {
    const N: usize = 200;
    const H: f64 = 0.5;
    let dropout = AlphaDropout::new(0.3).unwrap();
    let mut rng = seeded(1);
    let mut normal = || -> Vec<f64> { StandardNormal.sample_iter(&mut rng).take(N).collect() };
    let (x, weights) = (normal(), normal());
    let loss = |x: &[f64]| -> f64 {
        let mut y = x.to_vec();
        dropout.apply(&mut seeded(2), &mut y);
        y.iter().zip(&weights).map(|(y, weight)| y * weight).sum()
    };
    let mut kept = [false; N];
    dropout.apply_recording(&mut seeded(2), &mut x.clone(), &mut kept);
    let mut grad = weights.clone();
    dropout.backward(&kept, &mut grad);
    for i in 0..N {
        let (mut above, mut below) = (x.clone(), x.clone());
        above[i] += H;
        below[i] -= H;
        let quotient = (loss(&above) - loss(&below)) / (2.0 * H);
        assert!((quotient - grad[i]).abs() < 1e-11, "at {i}: {quotient} and {}", grad[i]);
    }
}

#[test]
fn a_gradient_is_scaled_where_kept_and_zero_elsewhere() {
    let dropout = AlphaDropout::new(0.1).unwrap();
    let mut grad = [2.0, f64::NAN, f64::INFINITY, -3.0];
    dropout.backward(&[true, false, false, true], &mut grad);
    let (a, ..) = coefficients::<f64>(&dropout);
    assert_eq!(grad.map(f64::to_bits), [2.0 * a, 0.0, 0.0, -3.0 * a].map(f64::to_bits));
}

#[test]
fn a_rate_of_zero_changes_no_bit_and_draws_nothing() {
    let signalling = f32::from_bits(0x7f80_0001);
    let xs = [0.0, -0.0, 1.5, f32::INFINITY, f32::MIN_POSITIVE / 4.0, -f32::NAN, signalling];
    for rate in [0.0, -0.0] {
        let dropout = AlphaDropout::new(rate).unwrap();
        let mut rng = seeded(1);
        let mut ys = xs;
        dropout.apply(&mut rng, &mut ys);
        let mut kept = [false; 7];
        dropout.apply_recording(&mut rng, &mut ys, &mut kept);
        assert_eq!(ys.map(f32::to_bits), xs.map(f32::to_bits));
        assert_eq!(kept, [true; 7]);
        assert_eq!(rng, seeded(1), "the generator was advanced");
        let mut grad = [0.3_f32, -2.0];
        dropout.backward(&[true, false], &mut grad);
        assert_eq!(grad, [0.3, 0.0]);
    }
}

#[test]
fn any_other_rate_draws_one_word_per_value() {
    let mut rng = Words::new([1 << 63]);
    AlphaDropout::new(1e-300).unwrap().apply(&mut rng, &mut [0.0_f64; 17]);
    assert_eq!(rng.drawn, 17);
}

#[test]
fn a_dropped_nan_is_gone_and_a_kept_one_stays() {
    let dropout = AlphaDropout::new(0.5).unwrap();
    let mut xs = [f64::NAN; 2];
    dropout.apply(&mut Words::new([0, !0]), &mut xs);
    assert_eq!(xs[0], -0.7791939305180317);
    assert!(xs[1].is_nan());
}

#[test]
fn dropout_is_stable() {
    let dropout = AlphaDropout::new(0.25).unwrap();
    let mut doubles = [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5];
    let mut singles = doubles.map(|x| x as f32);
    let mut kept = [false; 8];
    dropout.apply_recording(&mut seeded(7), &mut doubles, &mut kept);
    dropout.apply(&mut seeded(7), &mut singles);
    assert_eq!(kept, [false, false, true, true, true, true, true, true]);
    assert_eq!(
        doubles,
        [
            -1.1435441882094726,
            -1.1435441882094726,
            0.3811813960698242,
            0.8148103579987908,
            1.2484393199277573,
            1.6820682818567239,
            2.1156972437856902,
            2.549326205714657
        ]
    );
    assert_eq!(
        singles,
        [-1.1435442, -1.1435442, 0.3811814, 0.8148104, 1.2484393, 1.6820682, 2.1156974, 2.5493264]
    );
    let mut many: Vec<f64> = (0..100_000).map(|i| f64::from(i) * 1e-4 - 5.0).collect();
    dropout.apply(&mut seeded(7), &mut many);
    assert_eq!(digest(many.iter().map(|x| x.to_bits())), 0x7721_c7b5_df25_8843);
}

#[test]
fn a_rate_outside_the_range_is_refused() {
    for (rate, named) in [
        (1.0, "1"),
        (1.5, "1.5"),
        (-0.1, "-0.1"),
        (-f64::MIN_POSITIVE, &(-f64::MIN_POSITIVE).to_string()),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        let error: Box<dyn core::error::Error> = Box::new(AlphaDropout::new(rate).unwrap_err());
        let expected = format!("rate is {named}; it must be at least 0 and less than 1");
        assert_eq!(error.to_string(), expected);
    }
    assert!(AlphaDropout::new(1.0_f64.next_down()).is_ok());
}

/// The message of a panic and the line of this file that it names.
fn refusal(f: impl FnOnce()) -> (String, u32) {
    thread_local! { static LINE: RefCell<Option<u32>> = const { RefCell::new(None) } }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |info| {
            let place = info.location().filter(|place| place.file() == file!());
            LINE.set(place.map(Location::line));
            previous(info);
        }));
    });
    LINE.set(None);
    let panic = catch_unwind(AssertUnwindSafe(f)).expect_err("no refusal");
    let message = panic.downcast_ref::<String>().expect("a message with values").clone();
    (message, LINE.take().expect("a place in this file"))
}

#[test]
fn unequal_lengths_are_refused_before_anything_happens() {
    let dropout = AlphaDropout::new(0.5).unwrap();
    let mut rng = seeded(1);
    let (mut xs, mut kept, mut grad) = ([1.0_f32; 3], [false; 2], [1.0_f32; 4]);

    let (message, line) = refusal(|| dropout.apply_recording(&mut rng, &mut xs, &mut kept));
    assert_eq!(line, line!() - 1);
    assert_eq!(
        message,
        "AlphaDropout::apply_recording: xs has 3 values and kept has 2; the lengths must be equal"
    );
    assert_eq!((xs, kept), ([1.0; 3], [false; 2]));
    assert_eq!(rng, seeded(1), "the generator was advanced");

    let (message, line) = refusal(|| dropout.backward(&kept, &mut grad));
    assert_eq!(line, line!() - 1);
    assert_eq!(
        message,
        "AlphaDropout::backward: kept has 2 values and grad has 4; the lengths must be equal"
    );
    assert_eq!(grad, [1.0; 4]);

    let (message, _) = refusal(|| {
        AlphaDropout::new(0.0).unwrap().apply_recording(&mut rng, &mut xs, &mut kept);
    });
    assert!(message.contains("xs has 3 values and kept has 2"), "{message}");
}

#[test]
fn empty_slices_are_fine() {
    let dropout = AlphaDropout::new(0.5).unwrap();
    let mut rng = Words::new([0]);
    dropout.apply::<f32, _>(&mut rng, &mut []);
    dropout.apply_recording::<f32, _>(&mut rng, &mut [], &mut []);
    dropout.backward::<f32>(&[], &mut []);
    assert_eq!(rng.drawn, 0);
}

/// The product of two square matrices.
fn product<T: Float, const WIDTH: usize>(a: &[T], b: &[T]) -> Vec<T> {
    let mut product = vec![T::zero(); a.len()];
    for (row, sums) in a.chunks_exact(WIDTH).zip(product.chunks_exact_mut(WIDTH)) {
        for (&factor, row) in row.iter().zip(b.chunks_exact(WIDTH)) {
            for (sum, &x) in sums.iter_mut().zip(row) {
                *sum = *sum + factor * x;
            }
        }
    }
    product
}

/// Mean and variance of 256 samples after 100 layers of width 256 with LeCun-normal weights and no
/// biases, started at mean 0.08 and standard deviation 1.2.
fn through_100_layers<T>(seed: u64, activation: impl Fn(&mut [T])) -> (f64, f64)
where
    T: Float + Into<f64>,
    LecunNormal: Distribution<T>,
    StandardNormal: Distribution<T>,
{
    const WIDTH: usize = 256;
    let mut rng = seeded(seed);
    let (mean, std_dev) = (T::from(0.08).unwrap(), T::from(1.2).unwrap());
    let mut x: Vec<T> = (0..WIDTH * WIDTH)
        .map(|_| {
            let z: T = StandardNormal.sample(&mut rng);
            mean + std_dev * z
        })
        .collect();
    let distribution = LecunNormal::new(WIDTH).unwrap();
    for _ in 0..100 {
        let weights: Vec<T> = (&distribution).sample_iter(&mut rng).take(x.len()).collect();
        x = product::<_, WIDTH>(&x, &weights);
        activation(&mut x);
    }
    mean_and_variance(x.iter().map(|&x| x.into()))
}

#[test]
fn selu_keeps_mean_and_variance_through_100_layers_and_relu_does_not() {
    for seed in 1..=3 {
        for (mean, variance) in [
            through_100_layers::<f32>(seed, selu_slice),
            through_100_layers::<f64>(seed, selu_slice),
        ] {
            println!("SELU, seed {seed}: mean {mean:.4}, variance {variance:.4}");
            assert!(mean.abs() < 0.1, "seed {seed}: mean {mean}");
            assert!((variance - 1.0).abs() < 0.2, "seed {seed}: variance {variance}");
        }
        let (mean, variance) = through_100_layers(seed, |xs: &mut [f64]| {
            xs.iter_mut().for_each(|x| *x = x.max(0.0));
        });
        println!("ReLU, seed {seed}: mean {mean:.4e}, variance {variance:.4e}");
        assert!(variance < 1e-20, "seed {seed}: ReLU keeps a variance of {variance:e}");
    }
}

/// The gain that PyTorch recommends for SELU.
#[test]
fn a_gain_of_three_quarters_loses_the_variance() {
    let (_, variance) = through_100_layers(1, |xs: &mut [f32]| {
        xs.iter_mut().for_each(|x| *x *= 0.75);
        selu_slice(xs);
    });
    println!("SELU, gain 3/4: variance {variance:.4}");
    assert!(variance < 0.1, "variance {variance}");
}

#[test]
fn a_generator_that_always_refuses_does_not_hang() {
    // A candidate next to 2 and a probability next to 1: refused each time.
    let mut rng = Words::new([u64::MAX]);
    let weight: f64 = LecunNormal::new(1).unwrap().sample(&mut rng);
    assert!(weight.is_finite());
}
