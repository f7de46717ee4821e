//! Alpha dropout: its coefficients, which values it drops, and the mean and variance that it keeps.

use crate::panics::refusal;
use crate::sampling::{Words, mean_and_variance, seeded, ulps};
use num_traits::Float;
use rand::distr::Distribution;
use rand_distr::StandardNormal;
use selu::{AlphaDropout, selu_slice};
use std::fmt::Debug;

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
    dropout.apply_slice(&mut Words::new([!0]), &mut shift);
    let mut dropped = [T::one()];
    dropout.apply_slice(&mut Words::new([0]), &mut dropped);
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
        assert_eq!(computed, (dropout.scale(), dropout.shift(), dropout.dropped()), "rate {rate}");
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
        let dropout = AlphaDropout::new(rate).unwrap();
        let (a, b, dropped) = coefficients::<f64>(&dropout);
        // The lowest rates are not drawn as they are.
        let rate = dropout.rate();
        let keep = 1.0 - rate;
        let mean = keep * b + rate * dropped;
        let variance = keep * (a * a + b * b) + rate * dropped * dropped;
        // The mean is the difference of two numbers as large as keep·b.
        assert!(mean.abs() <= 8.0 * f64::EPSILON * keep * b, "rate {rate}: mean {mean:e}");
        assert!((variance - 1.0).abs() < 16.0 * f64::EPSILON, "rate {rate}: variance {variance}");
    }
}

fn assert_scaled_and_shifted_or_replaced<T: Float + Debug>() {
    let dropout = AlphaDropout::new(0.3).unwrap();
    let (a, b, dropped) = coefficients::<T>(&dropout);
    let xs: Vec<T> = (0..1000).map(|i| T::from(f64::from(i) * 0.01 - 5.0).unwrap()).collect();
    let mut ys = xs.clone();
    let mut kept = vec![false; xs.len()];
    dropout.apply_slice_recording(&mut seeded(1), &mut ys, &mut kept);
    let mut grad = xs.clone();
    dropout.backward(&kept, &mut grad);
    for (((&x, y), &kept), grad) in xs.iter().zip(ys).zip(&kept).zip(grad) {
        assert_eq!(y, if kept { a * x + b } else { dropped }, "x = {x:?}, kept: {kept}");
        assert_eq!(grad, if kept { a * x } else { T::zero() }, "x = {x:?}, kept: {kept}");
    }
    assert!(kept.contains(&true) && kept.contains(&false));
}

#[test]
fn a_kept_value_is_scaled_and_shifted_and_a_dropped_one_replaced() {
    assert_scaled_and_shifted_or_replaced::<f32>();
    assert_scaled_and_shifted_or_replaced::<f64>();
    assert_scaled_and_shifted_or_replaced::<half::f16>();
    assert_scaled_and_shifted_or_replaced::<half::bf16>();
    assert_scaled_and_shifted_or_replaced::<twofloat::TwoFloat>();
}

#[test]
fn a_slice_is_its_values_one_at_a_time() {
    let dropout = AlphaDropout::new(0.4).unwrap();
    for len in 0..300 {
        let (mut whole, mut parts) = (vec![1.0_f32; len], vec![1.0_f32; len]);
        let (mut rng, mut rng_of_parts) = (seeded(2), seeded(2));
        dropout.apply_slice(&mut rng, &mut whole);
        for x in parts.chunks_mut(1) {
            dropout.apply_slice(&mut rng_of_parts, x);
        }
        assert_eq!(whole, parts);
        assert_eq!(rng, rng_of_parts);
    }
}

/// A group is kept or dropped as the value of a slice from the same generator.
#[test]
fn a_group_is_dropped_as_one_value() {
    let dropout = AlphaDropout::new(0.4).unwrap();
    let (a, b, dropped) = coefficients::<f64>(&dropout);
    for group_len in [1, 2, 3, 64, 65, 1000] {
        for groups in [0, 1, 2, 63, 64, 65, 200] {
            let mut rng = seeded(3);
            let mut kept = vec![false; groups];
            dropout.apply_slice_recording(&mut rng, &mut vec![0.0; groups], &mut kept);

            let xs: Vec<f64> = (0..groups * group_len).map(|i| i as f64).collect();
            let of_group = |i: usize| kept[i / group_len];
            let expected: Vec<f64> =
                (0..xs.len()).map(|i| if of_group(i) { a * xs[i] + b } else { dropped }).collect();
            let mut ys = xs.clone();
            let mut plain_rng = seeded(3);
            dropout.apply_groups(&mut plain_rng, &mut ys, group_len);
            assert_eq!(ys, expected);
            assert_eq!(plain_rng, rng);

            let (mut ys, mut recorded) = (xs.clone(), vec![true; groups]);
            let mut recording_rng = seeded(3);
            dropout.apply_groups_recording(&mut recording_rng, &mut ys, &mut recorded, group_len);
            assert_eq!((ys, &recorded), (expected, &kept));
            assert_eq!(recording_rng, rng);

            let mut grad = xs.clone();
            dropout.backward_groups(&kept, &mut grad, group_len);
            for (i, grad) in grad.into_iter().enumerate() {
                assert_eq!(grad, if of_group(i) { a * xs[i] } else { 0.0 });
            }
        }
    }
}

#[test]
fn neighbours_are_dropped_independently() {
    const N: usize = 1_000_000;
    let rate = 0.3;
    let mut kept = vec![true; N];
    let dropout = AlphaDropout::new(rate).unwrap();
    dropout.apply_slice_recording(&mut seeded(4), &mut vec![0.0_f32; N], &mut kept);
    for lag in (1..=16).chain([63, 64, 65, 128]) {
        let both = kept.iter().zip(&kept[lag..]).filter(|&(&a, &b)| !a && !b).count();
        let expected = (N - lag) as f64 * rate * rate;
        let deviation = (both as f64 - expected) / expected.sqrt();
        assert!(deviation.abs() < 4.0, "lag {lag}: {both} pairs dropped for {expected}");
    }
}

/// A word below rate·2⁶⁴ drops, one that is not below it keeps.
#[test]
fn the_probability_is_the_rate_to_the_last_bit() {
    for (rate, first_kept) in [(0.5, 1 << 63), (0.25, 1 << 62), (1.0_f64.next_down(), !0 << 11)] {
        let dropout = AlphaDropout::new(rate).unwrap();
        let mut kept = [false; 2];
        let mut rng = Words::new([first_kept - 1, first_kept]);
        dropout.apply_slice_recording(&mut rng, &mut [0.0_f64; 2], &mut kept);
        assert_eq!(kept, [false, true], "rate {rate}");
        for group_len in [1, 2] {
            let mut xs = vec![1.0_f64; 2 * group_len];
            dropout.apply_groups(&mut Words::new([first_kept - 1, first_kept]), &mut xs, group_len);
            assert_ne!(xs[0], xs[group_len], "rate {rate}, groups of {group_len}");
        }
    }
}

#[test]
fn the_lowest_rate_is_2_to_the_minus_53() {
    let lowest = f64::EPSILON / 2.0;
    for rate in [5e-324, 1e-300, lowest.next_down(), lowest] {
        let dropout = AlphaDropout::new(rate).unwrap();
        assert_eq!(dropout, AlphaDropout::new(lowest).unwrap());
        assert_eq!(dropout.rate(), lowest);
        let mut kept = [false; 2];
        let mut rng = Words::new([(1 << 11) - 1, 1 << 11]);
        dropout.apply_slice_recording(&mut rng, &mut [0.0_f64; 2], &mut kept);
        assert_eq!(kept, [false, true]);
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
        AlphaDropout::new(rate).unwrap().apply_slice(&mut rng, &mut ys);
        let (mean, variance) = mean_and_variance(ys.iter().copied());
        assert!(mean.abs() < 0.005, "rate {rate}: mean {mean}");
        assert!((variance - 1.0).abs() < 0.01, "rate {rate}: variance {variance}");
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
        dropout.apply_slice(&mut rng, &mut ys);
        let mut kept = [false; 7];
        dropout.apply_slice_recording(&mut rng, &mut ys, &mut kept);
        dropout.apply_groups(&mut rng, &mut ys, 7);
        assert_eq!(ys.map(f32::to_bits), xs.map(f32::to_bits));
        assert_eq!(kept, [true; 7]);
        assert_eq!(rng, seeded(1), "the generator was advanced");
        let mut grad = [0.3_f32, -2.0];
        dropout.backward(&[true, false], &mut grad);
        assert_eq!(grad, [0.3, 0.0]);
    }
}

#[test]
fn a_dropped_nan_is_gone_and_a_kept_one_stays() {
    let dropout = AlphaDropout::new(0.5).unwrap();
    let mut xs = [f64::NAN; 2];
    dropout.apply_slice(&mut Words::new([0, !0]), &mut xs);
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
        (-5e-324, "-5e-324"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        let error = AlphaDropout::new(rate).unwrap_err();
        assert_eq!(error.rate().to_bits(), rate.to_bits());
        let error: Box<dyn core::error::Error> = Box::new(error);
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

    let (message, line) = refusal(|| dropout.apply_slice_recording(&mut rng, &mut xs, &mut kept));
    assert_eq!(line, line!() - 1);
    assert_eq!(message, "xs has 3 values and kept has 2; the lengths must be equal");
    assert_eq!((xs, kept), ([1.0; 3], [false; 2]));
    assert_eq!(rng, seeded(1), "the generator was advanced");

    let (message, line) = refusal(|| dropout.backward(&kept, &mut grad));
    assert_eq!(line, line!() - 1);
    assert_eq!(message, "kept has 2 values and grad has 4; the lengths must be equal");
    assert_eq!(grad, [1.0; 4]);

    let (message, _) = refusal(|| {
        AlphaDropout::new(0.0).unwrap().apply_slice_recording(&mut rng, &mut xs, &mut kept);
    });
    assert!(message.contains("xs has 3 values and kept has 2"), "{message}");
}

#[test]
fn groups_that_do_not_fit_are_refused_before_anything_happens() {
    let dropout = AlphaDropout::new(0.5).unwrap();
    for (len, kept_len, group_len, expected) in [
        (7, 2, 3, "NAME has 7 values and group_len is 3; it must divide the length"),
        (2, 1, 3, "NAME has 2 values and group_len is 3; it must divide the length"),
        (6, 2, 0, "group_len is 0; it must be at least 1"),
        (0, 0, 0, "group_len is 0; it must be at least 1"),
        (6, 3, 3, "NAME has 2 groups of 3 values and kept has 3; the numbers must be equal"),
        (6, 6, 3, "NAME has 2 groups of 3 values and kept has 6; the numbers must be equal"),
    ] {
        let mut rng = seeded(1);
        let (mut xs, mut kept) = (vec![1.0_f32; len], vec![false; kept_len]);
        if !expected.contains("kept") {
            let (message, line) = refusal(|| dropout.apply_groups(&mut rng, &mut xs, group_len));
            assert_eq!(line, line!() - 1);
            assert_eq!(message, expected.replace("NAME", "xs"));
        }
        let (message, line) = refusal(|| {
            dropout.apply_groups_recording(&mut rng, &mut xs, &mut kept, group_len);
        });
        assert_eq!(line, line!() - 2);
        assert_eq!(message, expected.replace("NAME", "xs"));
        let (message, line) = refusal(|| dropout.backward_groups(&kept, &mut xs, group_len));
        assert_eq!(line, line!() - 1);
        assert_eq!(message, expected.replace("NAME", "grad"));
        assert_eq!((xs, kept), (vec![1.0; len], vec![false; kept_len]));
        assert_eq!(rng, seeded(1), "the generator was advanced");
    }
}
