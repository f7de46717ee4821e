//! A·(eˣ − 1) and A·eˣ without fused multiply-add.
//!
//! As in `fused.rs`, but short factors, of 26 bits as in Dekker's product, make products exact in
//! place of fused operations, and the table is four times as fine, since every operation saved
//! counts double here.
//!
//! # Method
//!
//! 1. Cody–Waite reduction: x = n·ln 2/64 + r + t with an integer n = 64·k + j. r is exact, since
//!    the head of ln 2/64 has 36 bits.
//! 2. Sⱼ is A·2^(j/64) rounded to 26 bits, and its remainder δⱼ is in the tail t.
//! 3. ρ = r + t = a + b with a short a. S·a is exact.
//! 4. e^ρ − 1 = a + (b + ρ²·(½ + ρ·P(ρ))). The bracket is computed with −E·ρ² and with +E·ρ².
//! 5. A'·(eˣ − 1) = (S − A') + S·a + S·(…), where the rounding error of the first sum, d, is exact,
//!    and so is that of the second, since its larger part is known. A'·eˣ is the same without − A'.
//! 6. A is put in place of A' = S₀ as in `fused.rs`.
//!
//! # Error
//!
//! | source | at most |
//! |---|---|
//! | P (Sollya, certified), ρ, ρ², and the sums of step 4 (Gappa) | E·ρ² = 6·2⁻⁵³·ρ² |
//! | the tail t and S·(…) rounded, 2⁻⁷⁸·² of S, which is at most 2⁷·⁶ of the result | 2⁻⁷⁰·⁶ |
//! | the last two roundings of each bound | 2⁻⁷⁶ |
//!
//! The last two lines are below ε = 2⁻⁷⁰. What S·ρ²/2 loses in the last roundings is taken from E.

use crate::kernel::arithmetic::{ROUND_SHIFT, power_of_two, short};
use crate::kernel::interval::{Interval, Intervals};
use crate::kernel::tables::{
    EXP_CUBIC_REST_64, INV_LN_2_64TH, LN_2_64TH_HEAD, LN_2_64TH_TAIL, Table,
};

/// Bound of the error of step 4, relative to ρ² …
// mutants 6.0 -> 7.0, 53 -> 52: a larger bound.
pub(super) const ERROR_64: f64 = 6.0 * power_of_two(-53);
/// … and the same with room for up to five more roundings of S·(…), for a result that is
/// multiplied.
// mutants 9.0 -> 10.0, 53 -> 52: a larger bound.
pub(super) const ERROR_OF_FACTOR_64: f64 = 9.0 * power_of_two(-53);
/// Bound of all other errors, relative to the result. `proofs/losses.py` adds them up to 0.64 of
/// it; 0.12 is seen.
pub(super) const SLACK_64: f64 = power_of_two(-70);

/// S, a, and the rest from below and from above.
struct Expansion {
    power: f64,
    short: f64,
    rest_lower: f64,
    rest_upper: f64,
}

impl Expansion {
    #[inline(always)]
    fn of(x: f64, shifted: f64, power: u64, remainder: f64, error: f64) -> Self {
        let n = shifted - ROUND_SHIFT;
        let power = f64::from_bits(power.wrapping_add(shifted.to_bits() << 46));
        let r = x - n * LN_2_64TH_HEAD;
        let tail = remainder - n * LN_2_64TH_TAIL;
        let sum = r + tail;
        let short = short(sum);
        let missing = (r - short) + tail;

        let square = sum * sum;
        let [c0, c1, c2, c3] = EXP_CUBIC_REST_64;
        let cubic_rest = (c0 + c1 * sum) + (c2 + c3 * sum) * square;
        let rest_lower = missing + square * ((0.5 - error) + sum * cubic_rest);
        Self { power, short, rest_lower, rest_upper: rest_lower + square * (2.0 * error) }
    }

    /// base + S·a + S·rest + correction, plus `errors.0` of it for the lower bound and `errors.1`
    /// of it for the upper one.
    #[inline(always)]
    fn around(self, base: f64, correction: f64, errors: (f64, f64)) -> Interval {
        let Self { power, short, rest_lower, rest_upper } = self;
        let linear = power * short;
        let head = base + linear;
        let error = (linear - (head - base)) + correction;
        let lower = error + power * rest_lower;
        let upper = error + power * rest_upper;
        let size = head + lower;
        Interval { head, lower: lower + size * errors.0, upper: upper + size * errors.1 }
    }
}

/// For each value: n, still in the low bits of a sum, and the entries of the table.
#[inline(always)]
fn look_up<const N: usize>(table: &Table<64>, x: &[f64; N]) -> ([f64; N], [u64; N], [f64; N]) {
    let mut shifted = [0.0; N];
    let mut powers = [0; N];
    let mut remainders = [0.0; N];
    for i in 0..N {
        shifted[i] = x[i] * INV_LN_2_64TH + ROUND_SHIFT;
    }
    for i in 0..N {
        let j = (shifted[i].to_bits() % 64) as usize;
        powers[i] = table.powers[j];
        remainders[i] = f64::from_bits(table.remainders[j]);
    }
    (shifted, powers, remainders)
}

/// A·(eˣ − 1) of each value, with one of the `ERROR`s, for −80 ≤ x ≤ −2⁻⁹⁰⁰; unspecified elsewhere.
#[inline(always)]
pub(super) fn exp_m1<const N: usize>(table: &Table<64>, error: f64, x: &[f64; N]) -> Intervals<N> {
    let (shifted, powers, remainders) = look_up(table, x);
    let mut intervals = Intervals::new();
    for i in 0..N {
        let expansion = Expansion::of(x[i], shifted[i], powers[i], remainders[i], error);
        let difference = expansion.power - table.base;
        let correction = expansion.power - (difference + table.base);
        // The result is negative.
        let errors = (table.base_error + SLACK_64, table.base_error - SLACK_64);
        intervals.set(i, expansion.around(difference, correction, errors));
    }
    intervals
}

/// A·eˣ of each value, for −1300 ≤ x < 0, times the power of two that adding `UP_BITS` to the bits
/// of a number multiplies it by; NaN for NaN, and unspecified for any other x.
#[inline(always)]
pub(super) fn exp<const UP_BITS: u64, const N: usize>(
    table: &Table<64>,
    x: &[f64; N],
) -> Intervals<N> {
    let (shifted, powers, remainders) = look_up(table, x);
    let mut intervals = Intervals::new();
    for i in 0..N {
        let (power, error) = (powers[i].wrapping_add(UP_BITS), ERROR_OF_FACTOR_64);
        let expansion = Expansion::of(x[i], shifted[i], power, remainders[i], error);
        let power = expansion.power;
        let errors = (table.base_error - SLACK_64, table.base_error + SLACK_64);
        intervals.set(i, expansion.around(power, 0.0, errors));
    }
    intervals
}
