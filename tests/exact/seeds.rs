//! One seed, one sequence of weights and of dropped values: results that are committed, as those in
//! `tests/portable/stability.rs` are.

use crate::digest::of_words;
use crate::sampling::{first_rejecting_word, seeded};
use rand::distr::Distribution;
use selu::{AlphaDropout, LecunNormal};

/// Its last bit is part of what a seed gives. Candidates in all layers, at the end of the layer or
/// not far from it: nine tenths of them need a second word.
#[test]
fn the_word_that_rejects_a_candidate_is_stable() {
    let candidates = (0..1024_u64).map(|i| ((!0 - (i << 46)) >> 7 << 7) | (i % 128));
    assert_eq!(of_words(candidates.map(first_rejecting_word)), 0x7ee4_3d26_6550_0ab4);
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
            -0.19350279766019682,
            -0.18637709202705902,
            0.04715131025478334,
            -0.0319458833271657,
            0.08812609037006763
        ]
    );
    assert_eq!(singles, [-0.1935028, -0.1863771, 0.04715131, -0.031945884, 0.08812609]);
    let many = Distribution::<f64>::sample_iter(distribution, seeded(7)).take(100_000);
    assert_eq!(of_words(many.map(f64::to_bits)), 0xf55d_bbc8_581e_5db5);
}

#[test]
fn dropout_is_stable() {
    let dropout = AlphaDropout::new(0.25).unwrap();
    let mut doubles = [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5];
    let mut singles = doubles.map(|x| x as f32);
    let mut kept = [false; 8];
    dropout.apply_slice_recording(&mut seeded(7), &mut doubles, &mut kept);
    dropout.apply_slice(&mut seeded(7), &mut singles);
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
    dropout.apply_slice(&mut seeded(7), &mut many);
    assert_eq!(of_words(many.iter().map(|x| x.to_bits())), 0x1c92_b7e0_78db_4941);
}
