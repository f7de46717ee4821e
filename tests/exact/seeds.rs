//! One seed, one sequence of weights and of dropped values: results that are committed, as those in
//! `tests/portable/stability.rs` are.

use crate::digest::of_words;
use crate::sampling::{is_accepted, seeded};
use rand::distr::Distribution;
use selu::{AlphaDropout, LecunNormal};

/// The first word that refuses a candidate, found by bisection: its last bit is part of what a seed
/// gives.
#[test]
fn the_word_that_refuses_a_candidate_is_stable() {
    let boundaries = (0..1024_u64).map(|i| {
        let candidate = i << 54 | 1 << 53;
        let (mut accepted, mut refused) = (0, 1 << 53);
        while refused - accepted > 1 {
            let v = (accepted + refused) / 2;
            if is_accepted(candidate, v << 11) {
                accepted = v;
            } else {
                refused = v;
            }
        }
        refused
    });
    assert_eq!(of_words(boundaries), 0x57cf_9a77_8159_d99d);
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
    assert_eq!(of_words(many.map(f64::to_bits)), 0xfc2a_1966_2260_b70e);
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
    assert_eq!(of_words(many.iter().map(|x| x.to_bits())), 0x1c92_b7e0_78db_4941);
}
