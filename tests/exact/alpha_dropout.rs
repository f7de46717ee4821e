//! Alpha dropout: its coefficients, which values it drops, and the mean and variance that it keeps.

use crate::panics::refusal;
use crate::sampling::{Words, mean_and_variance, seeded, ulps};
use num_traits::Float;
use rand::distr::Distribution;
use rand_distr::StandardNormal;
use selu::{AlphaDropout, selu_slice};

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
fn a_rate_outside_the_range_is_refused() {
    for (rate, named) in [
        (1.0, "1.0"),
        (1.5, "1.5"),
        (-0.1, "-0.1"),
        (-f64::MIN_POSITIVE, "-2.2250738585072014e-308"),
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

#[test]
fn unequal_lengths_are_refused_before_anything_happens() {
    let dropout = AlphaDropout::new(0.5).unwrap();
    let mut rng = seeded(1);
    let (mut xs, mut kept, mut grad) = ([1.0_f32; 3], [false; 2], [1.0_f32; 4]);

    let (message, line) = refusal(|| dropout.apply_recording(&mut rng, &mut xs, &mut kept));
    assert_eq!(line, line!() - 1);
    assert_eq!(message, "xs has 3 values and kept has 2; the lengths must be equal");
    assert_eq!((xs, kept), ([1.0; 3], [false; 2]));
    assert_eq!(rng, seeded(1), "the generator was advanced");

    let (message, line) = refusal(|| dropout.backward(&kept, &mut grad));
    assert_eq!(line, line!() - 1);
    assert_eq!(message, "kept has 2 values and grad has 4; the lengths must be equal");
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
