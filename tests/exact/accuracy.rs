//! Every result is correctly rounded: arguments of every kind, in every form, on every instruction
//! set.
//!
//! By default a moderate number of each kind is tried. Ten million of each kind:
//!
//! ```sh
//! cargo test --release --test exact -- accuracy:: --ignored --nocapture
//! ```
//!
//! `hard_cases.rs` tries the arguments that are hardest to round, `exhaustive.rs` all of `f32`.

use crate::check::{Tally, try_gradients, try_values};
use crate::format::Format;
use crate::function::Function::{self, Elu, Selu};
use crate::inputs::{Inputs, inputs};
use crate::random::Random;
use rayon::prelude::*;
use selu::ScaledElu;
use std::f64::consts::LN_2;

/// What arguments are like.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// What a network has.
    Normal,
    /// Spread over all binades of the type, subnormal numbers included.
    Binades,
    /// Within a few neighbours of everything at which a kernel does something else.
    Thresholds,
    /// Negative, where the results curve.
    Curved,
    /// So small that the results are nearly a straight line.
    Tiny,
    Subnormal,
    /// Where the results are next to the limit.
    Saturating,
    /// Where the derivative decays, down to where it is 0.
    Decaying,
    /// So large that λx overflows.
    Huge,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Normal,
        Self::Binades,
        Self::Thresholds,
        Self::Curved,
        Self::Tiny,
        Self::Subnormal,
        Self::Saturating,
        Self::Decaying,
        Self::Huge,
    ];

    fn argument<T: Format>(self, random: &mut Random) -> T {
        let digits = T::DIGITS as i32;
        let number = |x: f64| T::from(x).unwrap();
        let between = |low: f64, high: f64, u: f64| number(low + (high - low) * u);
        let sized = |random: &mut Random, low: f64, high: f64| {
            let size = (low + (high - low) * random.uniform()).exp2();
            number(if random.bits() & 1 == 0 { size } else { -size })
        };
        match self {
            Self::Normal => number(random.normal()),
            Self::Binades => {
                let magnitude = random.below(T::INFINITY_PATTERN);
                let sign = if random.bits() & 1 == 0 { 0 } else { T::SIGN_PATTERN };
                T::from_pattern(magnitude | sign)
            }
            Self::Thresholds => {
                let centre = number(threshold::<T>(random)).pattern();
                let magnitude = (centre & !T::SIGN_PATTERN) + random.below(9);
                T::from_pattern(magnitude.saturating_sub(4) | centre & T::SIGN_PATTERN)
            }
            Self::Curved => between(-digits as f64 * LN_2 - 3.0, 0.0, random.uniform()),
            Self::Tiny => sized(random, T::MIN_EXPONENT.into(), -f64::from(digits) / 2.0),
            Self::Subnormal => {
                let bits =
                    random.bits() >> (64 - T::DIGITS + 1) >> random.below(T::DIGITS as u64 - 1);
                T::from_pattern(if random.bits() & 1 == 0 { bits } else { bits | T::SIGN_PATTERN })
            }
            Self::Saturating => {
                let limit = f64::from(digits) * LN_2;
                between(-2.2 * limit, -0.8 * limit, random.uniform())
            }
            Self::Decaying => {
                let end = f64::from(T::LOWEST_PLACE) * LN_2;
                between(1.01 * end, 0.0, random.uniform())
            }
            Self::Huge => sized(random, 60.0, f64::from(1 - T::MIN_EXPONENT) + 0.999),
        }
    }

    /// A gradient, an alpha or a scale: of the size that they have, a power of two, or any.
    fn factor<T: Format>(random: &mut Random) -> T {
        match random.below(8) {
            0 => Self::Binades.argument(random),
            1 => T::from(2f64.powi(random.below(60) as i32 - 30)).unwrap(),
            _ => T::from(random.normal()).unwrap(),
        }
    }
}

/// Where a kernel does something else: the ends of a step of a table or of a polynomial, powers of
/// two, and where something saturates or underflows.
fn threshold<T: Format>(random: &mut Random) -> f64 {
    const PLACES: [f64; 16] = [
        0.0, 18.0, 20.0, 36.7, 37.43, 38.0, 40.0, 80.0, 87.3, 104.0, 400.0, 600.0, 708.4, 745.13,
        745.2, 750.0,
    ];
    match random.below(4) {
        0 => -random.one_of(&PLACES),
        1 => 2f64.powi(random.below(40) as i32 - 30),
        2 => -(2f64.powi(random.below(40) as i32 - 30)),
        _ => -LN_2 / 128.0 * random.below((-T::LOWEST_PLACE) as u64 * 128) as f64,
    }
}

/// How many values one alpha and scale are tried with.
const SLICE: usize = 250;

/// Tries `count` values of a kind with all functions.
fn try_kind<T: Format>(kind: Kind, count: usize) -> [Tally; 3] {
    let slices = (0..count.div_ceil(SLICE) as u64).into_par_iter().map(|i| {
        let mut random = Random((i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let random = &mut random;
        let xs: Vec<T> = (0..SLICE).map(|_| kind.argument(random)).collect();
        let grads: Vec<T> = (0..SLICE).map(|_| Kind::factor(random)).collect();
        let [alpha, scale] = [Kind::factor(random), Kind::factor(random)];
        let scaled = Function::ScaledElu(ScaledElu { alpha, scale });
        [Selu, Elu(alpha), scaled]
            .map(|function| try_values(function, &xs).and(try_gradients(function, &xs, &grads)))
    });
    let none = || std::array::from_fn(|_| Tally::default());
    slices.reduce(none, |a, b| {
        let mut b = b.into_iter();
        a.map(|a| a.and(b.next().unwrap()))
    })
}

fn every_kind_is_correctly_rounded<T: Format>(count: usize) {
    for kind in Kind::ALL {
        let names = ["selu", "elu", "ScaledElu"];
        for (name, tally) in names.iter().zip(try_kind::<T>(kind, count)) {
            tally.report(&format!("{name} in {}, {kind:?}", T::NAME));
        }
    }
}

/// The numbers around the place below 0 where `f`, which rises, reaches `y`.
fn boundary<T: Format>(f: impl Fn(T) -> T, y: T) -> impl Iterator<Item = T> {
    // The bits of negative numbers fall as the numbers rise.
    let lowest = T::neg_infinity().pattern();
    let (mut reaches, mut below) = (T::SIGN_PATTERN + 1, lowest);
    while below - reaches > 1 {
        let middle = reaches + (below - reaches) / 2;
        if f(T::from_pattern(middle)) >= y { reaches = middle } else { below = middle }
    }
    (reaches.saturating_sub(20)..=reaches + 20)
        .map(move |bits| T::from_pattern(bits.clamp(T::SIGN_PATTERN, lowest)))
}

/// Where a result changes to its neighbour: the last results above the limit, of which each has
/// many arguments, and results of all sizes. What is correctly rounded there does not fall where
/// the exact function rises, and does not leave its range.
fn boundaries_are_correctly_rounded<T: Format>() {
    let random = &mut Random(0xfa11);
    for function in [Selu, Elu(T::one()), Elu(T::from(0.3).unwrap())] {
        let limit = function.value(T::neg_infinity());
        let mut sized =
            |y: T, binades: f64| y * T::from((-random.uniform() * binades).exp2()).unwrap();
        let digits = f64::from(T::DIGITS) * 1.5;
        let near_limit = (1..200).map(|steps| T::from_pattern(limit.pattern() - steps));
        let values: Vec<T> = near_limit.chain((0..300).map(|_| sized(limit, digits))).collect();
        let xs = values.into_iter().flat_map(|y| boundary(|x| function.value(x), y));
        try_values(function, &xs.collect::<Vec<_>>()).report("values at their boundaries");
        let steepest = function.grad(-T::min_positive_value());
        let slopes = (0..300).map(|_| sized(steepest, -f64::from(T::LOWEST_PLACE)));
        let xs: Vec<T> = slopes.flat_map(|y| boundary(|x| function.grad(x), y)).collect();
        try_gradients(function, &xs, &vec![T::one(); xs.len()])
            .report("slopes at their boundaries");
    }
}

#[test]
fn boundaries_are_correctly_rounded_in_f32_and_f64() {
    boundaries_are_correctly_rounded::<f32>();
    boundaries_are_correctly_rounded::<f64>();
}

#[test]
fn f32_is_correctly_rounded() {
    every_kind_is_correctly_rounded::<f32>(10_000);
}

#[test]
fn f64_is_correctly_rounded() {
    every_kind_is_correctly_rounded::<f64>(20_000);
}

#[cfg(feature = "half")]
#[test]
fn f16_and_bf16_are_correctly_rounded() {
    every_kind_is_correctly_rounded::<half::f16>(5000);
    every_kind_is_correctly_rounded::<half::bf16>(5000);
}

#[test]
#[ignore = "tries ten million values of each kind; minutes in release mode"]
fn f32_is_correctly_rounded_ten_million_times() {
    every_kind_is_correctly_rounded::<f32>(10_000_000);
}

#[test]
#[ignore = "tries ten million values of each kind; minutes in release mode"]
fn f64_is_correctly_rounded_ten_million_times() {
    every_kind_is_correctly_rounded::<f64>(10_000_000);
}

/// So that what `tests/portable/stability.rs` has is not only the same everywhere, but also right.
fn the_committed_results_are_correctly_rounded<T: Inputs>() {
    let tallies = inputs::<T>().into_par_iter().map(|input| {
        let scaled = ScaledElu { alpha: input.alpha, scale: T::truncated(-1.7).unwrap() };
        let functions = [Selu, Elu(input.alpha), Function::ScaledElu(scaled)];
        functions.map(|function| {
            try_values(function, &[input.x]).and(try_gradients(function, &[input.x], &[input.grad]))
        })
    });
    let all = tallies.flat_map_iter(|tallies| tallies).reduce(Tally::default, Tally::and);
    all.report(&format!("the committed results in {}", T::NAME));
}

#[test]
fn the_committed_results_in_f32_are_correctly_rounded() {
    the_committed_results_are_correctly_rounded::<f32>();
}

#[test]
fn the_committed_results_in_f64_are_correctly_rounded() {
    the_committed_results_are_correctly_rounded::<f64>();
}

#[cfg(feature = "half")]
#[test]
fn the_committed_results_in_f16_and_bf16_are_correctly_rounded() {
    the_committed_results_are_correctly_rounded::<half::f16>();
    the_committed_results_are_correctly_rounded::<half::bf16>();
}
