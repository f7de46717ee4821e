//! The integers beside the kernel in `f64` and the references, on a CPU that has both.

use super::{Factors, INFINITY, Number, gradient, selu, selu_grad, value};
use crate::kernel::{Element, Kernel, ScaledElu, Selu};
use crate::reference::Format;
use crate::reference::random::Random;
use crate::reference::rounded::{Formula, Real};
use crate::simd::Baseline;
use rayon::prelude::*;

const BLOCK: u32 = 1 << 16;
const BLOCKS: u32 = u32::MAX / BLOCK + 1;

/// A step that has no factor in common with the number of blocks.
const SAMPLE: usize = 97;

/// Blocks of `f32` that differ in the bits below the 17th. Those that begin with an infinity are
/// always among them.
fn blocks(step: usize) -> impl ParallelIterator<Item = impl Iterator<Item = f32>> {
    let some = (0..BLOCKS).into_par_iter().step_by(step);
    let first = some.chain([0x7f80, 0xff80]).map(|block| block * BLOCK);
    first.map(|first| (first..=first + (BLOCK - 1)).map(f32::from_bits))
}

/// How many results are not those of the kernel in `f64`, which `tests/exact/exhaustive.rs` tries
/// with every `f32`.
fn count_wrong(step: usize, function: fn(f32) -> f32, expected: fn(f32) -> f32) -> usize {
    let is_wrong = |x: &f32| {
        let [result, expected] = [function(*x), expected(*x)];
        result.to_bits() != expected.to_bits() && !(result.is_nan() && expected.is_nan())
    };
    blocks(step).map(|block| block.filter(is_wrong).count()).sum()
}

fn assert_none_is_wrong(step: usize) {
    let wrong = count_wrong(step, selu, |x| Kernel::value(Selu, Baseline, x));
    println!("selu: {wrong} wrong, one block in {step}");
    assert_eq!(wrong, 0);
    let wrong = count_wrong(step, selu_grad, |x| Kernel::gradient(Selu, Baseline, x, 1.0));
    println!("selu_grad: {wrong} wrong, one block in {step}");
    assert_eq!(wrong, 0);
}

#[test]
fn a_sample_of_f32_is_correctly_rounded() {
    assert_none_is_wrong(SAMPLE);
}

#[test]
#[ignore = "tries 2^32 values of each function; a minute in release mode"]
fn every_f32_is_correctly_rounded() {
    assert_none_is_wrong(1);
}

/// The comparison sees an error of a few times the bounds below.
#[test]
fn a_significand_that_is_wrong_in_a_few_low_bits_is_noticed() {
    fn wrong_selu(x: f32) -> f32 {
        let mut number = Factors::from(Selu).value(x);
        number.significand += number.significand >> 46;
        if x.is_nan() { x } else { f32::from_bits(number.rounded::<f32>().0) }
    }
    assert!(count_wrong(SAMPLE, wrong_selu, |x| Kernel::value(Selu, Baseline, x)) > 0);
}

/// What `proofs/integer.py` proves of the error, in units of 2⁻⁶⁴ of the significand; of values
/// between −ln 2/32 and 0, in parts of the significand.
const ERROR_BELOW_FIRST_STEP: f64 = 2e-17;
const ERROR_OF_VALUE: f64 = 15.5;
const ERROR_OF_SCALED: f64 = 1.5;
/// For |x| < 2ᵉ, and the multiple of 2ᵉ to be added.
const ERROR_OF_DERIVATIVE: f64 = 12.5;
const ERROR_OF_DERIVATIVE_IN_X: f64 = 3.7;

fn bound_of_value(x: f32, significand: u64) -> f64 {
    if x > 0.0 {
        ERROR_OF_SCALED
    } else if x > -core::f32::consts::LN_2 / 32.0 {
        ERROR_BELOW_FIRST_STEP * significand as f64
    } else {
        ERROR_OF_VALUE
    }
}

fn bound_of_derivative(x: f32, _: u64) -> f64 {
    let binade = f32::from_bits(x.to_bits() & INFINITY);
    ERROR_OF_DERIVATIVE + ERROR_OF_DERIVATIVE_IN_X * 2.0 * f64::from(binade)
}

/// How far the significand is from the middle between two `f32`, in units; 0 is between 0 and the
/// smallest.
fn distance_from_middle(number: Number) -> Option<u64> {
    let zeros = number.significand.leading_zeros();
    let exponent = number.exponent + 125 - zeros as i32;
    let lost = 40 - zeros + (-exponent).max(0) as u32;
    let half = 1_u64.checked_shl(lost - 1)?;
    Some((number.significand & (2 * half).wrapping_sub(1)).abs_diff(half))
}

/// The lowest ratio of that distance and the error.
fn margin(
    step: usize,
    number: fn(Factors, f32) -> Number,
    bound: fn(f32, u64) -> f64,
    is_wanted: impl Fn(f32) -> bool + Sync,
) -> f64 {
    let selu = Factors::from(Selu);
    let ratio = |x| {
        let number = number(selu, x);
        let distance = distance_from_middle(number)?;
        Some(distance as f64 / bound(x, number.significand))
    };
    let wanted = |x: &f32| x.is_finite() && *x != 0.0 && is_wanted(*x);
    let lowest = |block: &mut dyn Iterator<Item = f32>| {
        block.filter(wanted).filter_map(ratio).fold(f64::INFINITY, f64::min)
    };
    blocks(step).map(|mut block| lowest(&mut block)).reduce(|| f64::INFINITY, f64::min)
}

/// The lowest margin of all is asserted to be within `range`.
fn assert_margins(step: usize, range: core::ops::Range<f64>) {
    let margins = [
        margin(step, Factors::value, bound_of_value, |x| x > 0.0),
        margin(step, Factors::value, bound_of_value, |x| -0.02 < x && x < 0.0),
        margin(step, Factors::value, bound_of_value, |x| -17.5 < x && x < -0.02),
        margin(step, Factors::derivative, bound_of_derivative, |x| -105.0 < x && x < 0.0),
    ];
    println!("distances from the middle, by the error: {margins:.2?}");
    let lowest = margins.into_iter().fold(f64::INFINITY, f64::min);
    assert!(range.contains(&lowest), "{margins:?}");
}

#[test]
fn a_sample_of_f32_keeps_its_distance_from_the_middle() {
    assert_margins(SAMPLE, 5.0..f64::INFINITY);
}

#[test]
#[ignore = "looks at 2^32 values; a minute in release mode"]
fn every_f32_keeps_its_distance_from_the_middle() {
    assert_margins(1, 5.0..8.0);
}

/// Random arguments of all magnitudes, and special ones.
fn argument<T: Format>(random: &mut Random) -> T {
    let special = [T::nan(), T::infinity(), T::zero(), T::one(), T::max_value()];
    let sign = if random.below(2) == 0 { T::one() } else { -T::one() };
    match random.below(8) {
        0 => sign * random.one_of(&special),
        // The subnormal numbers, and the next binades.
        1 => sign * T::from_pattern(random.below(3 << (<T as Format>::DIGITS - 1))),
        2 | 3 => T::from_pattern(random.bits() >> (64 - 8 * T::BYTES)),
        // With few digits, so that products are exact, and some of them are midpoints.
        4 => sign * T::from(random.below(64) as f64 / 8.0).expect("a number"),
        _ => T::from(16.0 * random.uniform() - 14.0).expect("a number"),
    }
}

/// Every function of two arguments, decided or left open, against the reference; returns how many
/// of the last are left open whose arguments are ordinary numbers.
fn try_products<T: Element + Format>(count: u32) -> u32 {
    let mut random = Random(0x9e37_79b9);
    let single = |x: T| x.into() as f32;
    let is_ordinary = |x: T| x.is_normal() && x.abs() < T::from(100.0).expect("a number");
    let mut open_of_ordinary = 0;
    for _ in 0..count {
        let [x, grad, alpha, scale] = core::array::from_fn(|_| argument::<T>(&mut random));
        let function = ScaledElu { alpha: single(alpha), scale: single(scale) };
        let formula = Formula::ScaledElu { alpha: alpha.into(), scale: scale.into() };
        let results = [
            (value::<T>(function, single(x)), formula.value(x)),
            (gradient::<T>(function, single(x), single(grad)), formula.gradient(x, grad)),
            (gradient::<T>(Selu, single(x), single(grad)), Formula::Selu.gradient(x, grad)),
        ];
        for ((bits, open), expected) in results {
            let is_right = u64::from(bits) == expected.pattern();
            assert!(is_right || open != 0, "{x:e}, {grad:e}, {alpha:e}, {scale:e}: {bits:#x}");
            let are_ordinary = [x, grad, alpha, scale].into_iter().all(is_ordinary);
            open_of_ordinary += u32::from(open != 0 && are_ordinary);
        }
    }
    open_of_ordinary
}

#[test]
fn products_are_correctly_rounded_or_left_open() {
    let count = 300_000;
    let open = [
        try_products::<f32>(count),
        #[cfg(feature = "half")]
        try_products::<half::f16>(count),
        #[cfg(feature = "half")]
        try_products::<half::bf16>(count),
    ];
    println!("left open: {open:?}");
    // Only next to a product of the constants with x that is in the middle.
    assert!(open.into_iter().all(|open| open < count / 1000), "{open:?} are left open");
}

/// The largest error of the significands, in parts of the bound.
#[test]
fn significands_are_within_their_error() {
    let mut random = Random(0x2545_f491);
    let mut largest = [0.0_f64; 4];
    for i in 0..400_000 {
        let uniform = random.uniform();
        let selu = Factors::from(Selu);
        let (number, exact, bound) = match i % 4 {
            0 => {
                let x = -(0.0216 * (uniform * -100.0).exp2()) as f32;
                let number = selu.value(x);
                let exact = Real::exp_m1(x.into()).times(Real::scale_alpha());
                (number, exact, bound_of_value(x, number.significand))
            }
            1 => {
                let x = -(0.0217 + 0.8 * uniform) as f32;
                let exact = Real::exp_m1(x.into()).times(Real::scale_alpha());
                (selu.value(x), exact, bound_of_value(x, 0))
            }
            2 => {
                let x = -(uniform * 390.0) as f32;
                let exact = Real::exp(x.into()).times(Real::scale_alpha());
                (selu.derivative(x), exact, bound_of_derivative(x, 0))
            }
            _ => {
                let x = (1.0 + uniform) as f32;
                let exact = Real::of(x.into()).times(Real::scale());
                (selu.value(x), exact, bound_of_value(x, 0))
            }
        };
        // Both with their highest bit set, unless the exact one is in the next binade.
        let zeros = number.significand.leading_zeros();
        let computed = i128::from(number.significand) << 61;
        let exact = (exact.significand() >> 3) as i128;
        let [same, above, below] = [exact >> zeros, exact >> zeros << 1, exact >> zeros >> 1];
        let error = [same, above, below].map(|exact| (computed - exact).abs()).into_iter().min();
        let error = error.expect("three") as f64 / 2f64.powi(61);
        largest[i % 4] = largest[i % 4].max(error / bound);
    }
    println!("largest errors, by their bounds: {largest:.3?}");
    // A bound that is a few times the error means something.
    assert!(largest.iter().all(|share| (0.25..1.0).contains(share)), "{largest:?}");
}
