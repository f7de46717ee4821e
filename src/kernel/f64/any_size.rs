//! The bounds of the kernel for numbers of any size, one value at a time.
//!
//! The exponent of each factor is set apart, so that the bounds are computed with numbers near 1.
//! The sum of the exponents comes back when the bounds are rounded, to the last place that the
//! result has, which in a subnormal number is not the 53rd. Only where the bounds differ is there
//! work for `exact.rs`, which takes ten times as long.
//!
//! Numbers are taken apart and put together by their bits, so the CPU's handling of subnormal
//! numbers makes no difference.

use super::{ELU, LOWEST_OF_EXP, TINY, exp, exp_m1, is_negative};
use crate::consts::{SCALE_ALPHA_TAIL, SCALE_TAIL, f64 as consts};
use crate::kernel::arithmetic::{power_of_two, product};
use crate::kernel::exact::Factors;
use crate::kernel::interval::Interval;
use crate::kernel::{ScaledElu, Selu};
use crate::simd::{Isa, Single, run_single};

/// More than the relative error of a factor that is a pair, and of x in place of eˣ − 1 where x is
/// tiny.
// mutants 100 -> 99, 100 -> 101: ten times what is needed; less leaves less open.
const ERROR: f64 = power_of_two(-100);

/// f(x).
pub(super) fn value<F: AnySize>(function: F, x: f64) -> f64 {
    run_single(Value(function), x, x)
}

/// grad·f'(x).
pub(super) fn gradient<F: AnySize>(function: F, x: f64, grad: f64) -> f64 {
    run_single(Gradient(function), x, grad)
}

/// grad·f'(x), given y = f(x), for positive constants.
pub(super) fn gradient_from_output<F: AnySize>(function: F, y: f64, grad: f64) -> f64 {
    run_single(GradientFromOutput(function), y, grad)
}

struct Value<F>(F);

impl<F: AnySize> Single<f64> for Value<F> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I, x: f64, _: f64) -> f64 {
        let nearest = bounds_of_value(isa, self.0, x).and_then(Bounds::nearest);
        nearest.unwrap_or_else(|| self.0.into().value(x))
    }
}

struct Gradient<F>(F);

impl<F: AnySize> Single<f64> for Gradient<F> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I, x: f64, grad: f64) -> f64 {
        let nearest = bounds_of_gradient(isa, self.0, x, grad).and_then(Bounds::nearest);
        nearest.unwrap_or_else(|| self.0.into().gradient(x, grad))
    }
}

struct GradientFromOutput<F>(F);

impl<F: AnySize> Single<f64> for GradientFromOutput<F> {
    #[inline(always)]
    fn run<I: Isa>(self, _: I, y: f64, grad: f64) -> f64 {
        let bounds = bounds_of_gradient_from_output::<I>(self.0, y, grad);
        let nearest = bounds.and_then(Bounds::nearest);
        nearest.unwrap_or_else(|| self.0.into().gradient_from_output(y, grad))
    }
}

/// A function of which the factors are known as pairs; `None` for zeros, infinities and NaN.
pub(super) trait AnySize: Copy + Into<Factors> {
    fn scale<I: Isa>(self) -> Option<Factor>;
    fn scale_alpha<I: Isa>(self) -> Option<Factor>;
}

impl AnySize for Selu {
    #[inline(always)]
    fn scale<I: Isa>(self) -> Option<Factor> {
        Some(Factor { pair: (consts::SCALE, SCALE_TAIL), error: ERROR, exponent: 0 })
    }

    #[inline(always)]
    fn scale_alpha<I: Isa>(self) -> Option<Factor> {
        Some(Factor { pair: (consts::SCALE_ALPHA, SCALE_ALPHA_TAIL), error: ERROR, exponent: 0 })
    }
}

impl AnySize for ScaledElu<f64> {
    #[inline(always)]
    fn scale<I: Isa>(self) -> Option<Factor> {
        let (scale, exponent) = split(self.scale)?;
        // The product with a number is exact, unless Dekker's product is.
        let error = if I::FUSED { 0.0 } else { ERROR };
        Some(Factor { pair: (scale, 0.0), error, exponent })
    }

    #[inline(always)]
    fn scale_alpha<I: Isa>(self) -> Option<Factor> {
        let ((alpha, alpha_exponent), (scale, exponent)) = (split(self.alpha)?, split(self.scale)?);
        let exponent = exponent + alpha_exponent;
        Some(Factor { pair: product::<I>(scale, alpha), error: ERROR, exponent })
    }
}

/// The sum of a pair of numbers, known to within a relative error, times 2^exponent.
pub(super) struct Factor {
    pair: (f64, f64),
    error: f64,
    exponent: i32,
}

impl Factor {
    /// The product with `number`·2^exponent.
    #[inline(always)]
    fn times<I: Isa>(self, (number, exponent): (f64, i32)) -> Bounds {
        let (head, tail) = self.pair;
        let error = head.abs() * self.error;
        let interval = Interval { head, lower: tail - error, upper: tail + error };
        Bounds { interval: interval.times::<I>(number), exponent: self.exponent + exponent }
    }
}

/// A number between these bounds, times 2^exponent.
struct Bounds {
    interval: Interval,
    exponent: i32,
}

impl Bounds {
    /// The nearest number, if that is known.
    #[inline(always)]
    fn nearest(self) -> Option<f64> {
        let Self { interval: Interval { head, lower, upper }, exponent } = self;
        let [lower, upper] = [lower, upper].map(|rest| nearest(head, rest, exponent));
        (lower.to_bits() == upper.to_bits()).then_some(lower)
    }
}

#[inline(always)]
fn bounds_of_value<I: Isa>(isa: I, function: impl AnySize, x: f64) -> Option<Bounds> {
    if x.is_nan() {
        return None;
    }
    if !is_negative(x) {
        return Some(function.scale::<I>()?.times::<I>(split(x)?));
    }
    let factor = function.scale_alpha::<I>()?;
    // mutants > -> >=: either way is right there.
    if x > -TINY {
        return Some(factor.times::<I>(split(x)?));
    }
    let interval = exp_m1(isa, ELU, &[x]).at(0).times_pair::<I>(factor.pair);
    Some(Bounds { interval, exponent: factor.exponent })
}

#[inline(always)]
fn bounds_of_gradient<I: Isa>(isa: I, function: impl AnySize, x: f64, grad: f64) -> Option<Bounds> {
    /// So high that no exponential is tiny from `LOWEST_OF_EXP` on.
    // mutants 1000 -> 999, 1000 -> 1001: it is taken back.
    const UP: i32 = 1000;
    const UP_BITS: u64 = (UP as u64) << 52;
    if x.is_nan() {
        return None;
    }
    let (grad, exponent) = split(grad)?;
    if !is_negative(x) {
        return Some(function.scale::<I>()?.times::<I>((grad, exponent)));
    }
    let factor = function.scale_alpha::<I>()?;
    let exponent = factor.exponent + exponent - UP;
    (x >= LOWEST_OF_EXP).then(|| {
        let exp = exp::<_, UP_BITS, 1>(isa, ELU, &[x]).at(0);
        Bounds { interval: exp.times_pair::<I>(factor.pair).times::<I>(grad), exponent }
    })
}

#[inline(always)]
fn bounds_of_gradient_from_output<I: Isa>(
    function: impl AnySize,
    y: f64,
    grad: f64,
) -> Option<Bounds> {
    if y.is_nan() {
        return None;
    }
    let grad = split(grad)?;
    if !is_negative(y) {
        return Some(function.scale::<I>()?.times::<I>(grad));
    }
    let Factor { pair: (limit, tail), error, exponent } = function.scale_alpha::<I>()?;
    let (y, y_exponent) = split(y)?;
    let shift = y_exponent - exponent;
    // mutants 200 -> 199, 200 -> 201, 1 -> 0, 1 -> 2: the accurate phase gives what the bounds give.
    if !(-200..=1).contains(&shift) {
        return None;
    }
    // Dekker's Fast2Sum, twice, as in the kernel.
    let y = y * power_of_two(shift);
    let sum = limit + y;
    let rest = (y - (sum - limit)) + tail;
    // mutants + -> -: the rest makes up for it.
    let head = sum + rest;
    let rest = rest - (head - sum);
    let error = limit * error + head * ERROR;
    let derivative = Interval { head, lower: rest - error, upper: rest + error };
    // Saturated otherwise, or so close to it that all digits cancel.
    // mutants > -> >=, 40 -> 39, 40 -> 41: the accurate phase gives what the bounds give.
    (head > limit * power_of_two(-40))
        .then(|| Bounds { interval: derivative.times::<I>(grad.0), exponent: exponent + grad.1 })
}

/// A number of a size in [1, 2) and an exponent of 2, of which `x` is the product; `None` for a
/// zero, an infinity and NaN.
#[inline(always)]
fn split(x: f64) -> Option<(f64, i32)> {
    const SIGN: u64 = 1 << 63;
    const LEADING: u64 = 1 << 52;
    let magnitude = x.to_bits() & !SIGN;
    if magnitude == 0 || magnitude >= f64::INFINITY.to_bits() {
        return None;
    }
    // The digits of a subnormal number begin below the place of the leading digit.
    let shift = magnitude.leading_zeros().saturating_sub(LEADING.leading_zeros());
    let exponent = (magnitude >> 52).max(1) as i32 - 1023 - shift as i32;
    let fraction = magnitude << shift & (LEADING - 1);
    // mutants | -> ^: no bit is set in two of them.
    Some((f64::from_bits(x.to_bits() & SIGN | 1.0_f64.to_bits() | fraction), exponent))
}

/// `(head + rest)·2^exponent`, rounded once; ties to even. The head is a normal number, and the rest
/// smaller.
#[inline(always)]
fn nearest(head: f64, rest: f64, exponent: i32) -> f64 {
    const SIGN: u64 = 1 << 63;
    const LEADING: u64 = 1 << 52;
    const INFINITY: i32 = 0x7ff;
    let sum = head + rest;
    let missing = rest - (sum - head);
    let sign = sum.to_bits() & SIGN;
    let biased = (sum.to_bits() >> 52 & 0x7ff) as i32 + exponent;
    let fraction = sum.to_bits() & (LEADING - 1);
    let magnitude = if biased >= INFINITY {
        f64::INFINITY.to_bits()
    } else if biased > 0 {
        // mutants | -> ^: no bit is set in both.
        (biased as u64) << 52 | fraction
    } else {
        // Of the digits, so many are beyond the last place; where all are, one more makes no
        // difference.
        // mutants 55 -> 54, 55 -> 56: all digits together are less than half of a place.
        let lost = (1 - biased).min(55);
        // mutants | -> ^: no bit is set in both.
        let digits = LEADING | fraction;
        let (kept, rest) = (digits >> lost, digits & ((1 << lost) - 1));
        let half = 1 << (lost - 1);
        // A half may be a little more or less than it seems.
        let away_from_0 = (missing.to_bits() ^ sign) as i64;
        let is_up = match missing {
            // mutants > -> >=: they are not equal.
            _ if rest != half => rest > half,
            0.0 => kept & 1 == 1,
            // mutants 0 -> 1, > -> >=: what is missing is no zero and never the smallest number.
            _ => away_from_0 > 0,
        };
        kept + u64::from(is_up)
    };
    // mutants | -> ^: no bit is set in both.
    f64::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::margins::{Fused, Unfused};
    use crate::kernel::wide::Wide;
    use crate::reference::random::Random;

    fn power(exponent: i32) -> Wide {
        // In four factors, each of them a normal number.
        let part = |i: i32| Wide::from_f64(power_of_two((exponent + i).div_euclid(4)));
        part(0).times(part(1)).times(part(2)).times(part(3))
    }

    #[test]
    fn numbers_are_split_and_put_together() {
        let mut random = Random(9);
        let largest_subnormal = f64::MIN_POSITIVE.to_bits() - 1;
        let ends = [1, 2, 3, largest_subnormal, largest_subnormal + 1, f64::MAX.to_bits()];
        let subnormal = |bits: u64| bits >> 12 >> (bits % 52);
        let all = (0..10_000).map(|i| {
            let bits = random.bits();
            if i % 2 == 0 { bits } else { subnormal(bits) | bits & 1 << 63 }
        });
        for x in ends.into_iter().chain(all).map(f64::from_bits) {
            let Some((number, exponent)) = split(x) else {
                assert!(x == 0.0 || !x.is_finite(), "{x:e}");
                continue;
            };
            assert!((1.0..2.0).contains(&number.abs()), "{x:e}");
            assert_eq!(nearest(number, 0.0, exponent).to_bits(), x.to_bits(), "{x:e}");
            assert_eq!(Wide::from_f64(number).times(power(exponent)).to_f64(), x, "{x:e}");
        }
        for x in [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -f64::NAN] {
            assert_eq!(split(x), None);
        }
    }

    /// Against integers: head + rest is a sum of `u64`, both exact.
    #[test]
    fn sums_are_rounded_once() {
        let mut random = Random(10);
        let mut ties = [0; 3];
        for _ in 0..200_000 {
            // Short heads, so that midpoints are among them.
            let shift = random.below(52) as u32;
            let digits = (1_u64 << 52 | random.bits() >> 12) >> shift << shift;
            let rest = random.one_of(&[-1, 0, 1]) * (random.below(3) as i64).pow(9);
            let sign = random.one_of(&[1.0, -1.0]);
            let (head, rest_number) = (sign * digits as f64, sign * rest as f64 / 2048.0);
            // The sum is exactly so many 2048ths.
            let sum = (i128::from(digits) * 2048 + i128::from(rest)) as u128;
            let exponent = -1022 - 52 - random.below(60) as i32;
            let expected = {
                let lost = (-1074 - exponent) as u32 + 11;
                let (kept, beyond) = (sum >> lost, sum & ((1 << lost) - 1));
                let half = 1_u128 << (lost - 1);
                ties[(beyond == half) as usize + (beyond.abs_diff(half) == 1) as usize * 2] += 1;
                kept + u128::from(beyond > half || beyond == half && kept & 1 == 1)
            };
            let rounded = nearest(head, rest_number, exponent);
            assert_eq!(rounded.is_sign_negative(), sign < 0.0);
            assert_eq!(u128::from(rounded.abs().to_bits()), expected, "{head:e} + {rest_number:e}");
        }
        assert!(ties[1] > 1000 && ties[2] > 100, "{ties:?}");
        for exponent in [0, 1, 100, 5000] {
            let largest = nearest(1.0_f64.next_down(), 0.0, 1024 + exponent);
            assert_eq!(largest, if exponent == 0 { f64::MAX } else { f64::INFINITY });
            assert_eq!(nearest(-1.0, 0.0, 1024 + exponent), f64::NEG_INFINITY);
            assert_eq!(nearest(1.0_f64.next_down(), f64::EPSILON / 4.0, 1024), f64::INFINITY);
        }
        assert_eq!(nearest(-1.0, 0.0, -5000).to_bits(), (-0.0_f64).to_bits());
    }

    /// A number of any size, special ones among them, of any number of digits.
    fn any(random: &mut Random) -> f64 {
        let bits = random.bits() >> random.below(53) << random.below(53);
        f64::from_bits(bits ^ random.bits() & 1 << 63)
    }

    /// A number whose product with e^x is more than 0 and less than infinite.
    fn fitting(random: &mut Random, x: f64) -> f64 {
        let exponent = -x * core::f64::consts::LOG2_E - 1080.0 + 2100.0 * random.uniform();
        let exponent = exponent.clamp(-1070.0, 1023.0) as i32;
        random.one_of(&[1.0, -1.0]) * nearest(1.0 + random.uniform(), 0.0, exponent)
    }

    /// Asserts that whatever the bounds decide is what the exact arithmetic finds, and that this is
    /// nearly everything.
    fn assert_right<I: Isa, F: AnySize>(isa: I, seed: u64, function: impl Fn(&mut Random) -> F) {
        let mut random = Random(seed);
        let (mut decided, mut undecided) = ([0; 3], [0; 3]);
        for i in 0..40_000 {
            let x = match i % 4 {
                0 => any(&mut random),
                1 => -1310.0 * random.uniform(),
                2 => -random.uniform() * nearest(1.0, 0.0, -(random.below(1075) as i32)),
                _ => nearest(1.0 + random.uniform(), 0.0, -1000 - random.below(75) as i32),
            };
            let grad = if i % 8 < 4 {
                fitting(&mut random, x.clamp(-1400.0, 0.0))
            } else {
                any(&mut random)
            };
            let function = function(&mut random);
            let value = bounds_of_value(isa, function, x).map(Bounds::nearest);
            let gradient = bounds_of_gradient(isa, function, x, grad).map(Bounds::nearest);
            let factors: Factors = function.into();
            let y = factors.value(x);
            let from_output = bounds_of_gradient_from_output::<I>(function, y, grad);
            let exact_from_output = factors.gradient_from_output(y, grad);
            let results = [
                (value, y),
                (gradient, factors.gradient(x, grad)),
                (from_output.map(Bounds::nearest), exact_from_output),
            ];
            for (i, (found, exact)) in results.into_iter().enumerate() {
                match found {
                    Some(Some(found)) => {
                        assert_eq!(found.to_bits(), exact.to_bits(), "x = {x:e}, grad = {grad:e}");
                        decided[i] += 1;
                    }
                    Some(None) => undecided[i] += 1,
                    None => {}
                }
            }
        }
        println!("{decided:?} decided, {undecided:?} undecided");
        // The rest are special, or limits to which f is flat.
        let are_most =
            decided.iter().zip([39_500, 38_000, 17_000]).all(|(count, most)| *count > most);
        assert!(are_most, "{decided:?} decided");
        assert!(undecided.iter().all(|&count| count < 400), "{undecided:?} undecided");
    }

    fn assert_all_right<I: Isa>(isa: I) {
        assert_right(isa, 12, |_| Selu);
        assert_right(isa, 13, |random| ScaledElu { alpha: any(random), scale: any(random) });
        // Neither a product of two nor one of three factors overflows always.
        let small = |random: &mut Random| {
            nearest(1.0 + random.uniform(), 0.0, 300 - random.below(600) as i32)
        };
        assert_right(isa, 14, |random| ScaledElu { alpha: small(random), scale: small(random) });
    }

    #[test]
    fn what_the_bounds_decide_is_right() {
        assert_all_right(Fused);
        assert_all_right(Unfused);
    }
}
