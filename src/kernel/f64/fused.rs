//! A·(eˣ − 1) and A·eˣ with fused multiply-add.
//!
//! # Method
//!
//! 1. Cody–Waite reduction: x = n·ln 2/16 + r with an integer n = 16·k + j, so |r| ≤ ln 2/32 ·
//!    (1 + 2⁻¹¹). With fused operations, and with ln 2/16 rounded to 53 bits, r is exact.
//! 2. The table (Tang's method) holds Sⱼ = A·2^(j/16) rounded, and its *remainder* δⱼ: A'·2^(j/16)
//!    = Sⱼ·e^δⱼ, where A' is S₀, that is, A rounded. So the rounding of the table is not lost: it
//!    goes into the exponent. With S = Sⱼ·2ᵏ and l = δⱼ − n·(the rounding error of ln 2/16), A'·eˣ
//!    = S·e^(r + l).
//! 3. e^(r + l) − 1 = v + q: v = r + r²/2 rounded, and q is the rest: r³·P(r) by a polynomial, the
//!    rounding error of v, and l·(1 + v). The polynomial's error and the roundings stay below E·r²,
//!    so q is computed once from below, with −E·r², and once from above.
//! 4. A'·(eˣ − 1) = (S − A') + S·v + S·q. The rounding error d of D = S − A' is exact, too; S·v + D
//!    is rounded once, to the head, and its rounding error takes one more fused operation. A'·eˣ is
//!    the same with S for D.
//! 5. A·(…) = A'·(…)·(1 + ρ) with ρ = A/A' − 1, so ρ·head is added, and ε·head on either side for
//!    everything else.
//!
//! # Error
//!
//! The argument is in `proofs/README.md`; `proofs/run` checks it with Gappa and Sollya. In short:
//!
//! | source | at most |
//! |---|---|
//! | P (Sollya, certified) | 2⁻⁵⁵·⁵·\|r\|³ |
//! | the roundings of q (Gappa), together with P | E·r² = 1.625·2⁻⁵⁸·r² |
//! | D, d, the head and its rounding error | exact |
//! | the last two roundings of each bound, ρ, δⱼ and the tail of ln 2/16 rounded | ε = 2⁻⁹⁰ (2⁻⁷⁵ for A·eˣ) |

use crate::kernel::arithmetic::{ROUND_SHIFT, bits, multiply_add, power_of_two};
use crate::kernel::interval::{Interval, Intervals};
use crate::kernel::tables::{
    EXP_CUBIC_REST_16, INV_LN_2_16TH, LN_2_16TH_HEAD, LN_2_16TH_TAIL, Table,
};
use crate::simd::Isa;

/// Bound of the error of q, relative to r² …
// mutants 1.625 -> 1.624, 1.625 -> 1.626, 58 -> 57: a thousandth of it, or a larger bound.
pub(super) const ERROR_16: f64 = 1.625 * power_of_two(-58);
/// … and the same with room for up to three more roundings of S·q, for a result that is multiplied.
// mutants 2.0 -> 3.0, 58 -> 57: a larger bound.
pub(super) const ERROR_OF_FACTOR_16: f64 = 2.0 * power_of_two(-58);
/// Bound of all other errors of A·eˣ, relative to the result. `proofs/losses.py` adds them up to
/// 0.26 of it, nearly all of it what Gappa cannot exclude of q for small r; 2⁻¹⁷ is what is seen.
pub(super) const SLACK_GRADIENT: f64 = power_of_two(-75);
/// Bound of all other errors of A·(eˣ − 1), relative to the result. `proofs/losses.py` adds them up
/// to 0.44 of it, nearly all of it what q misses far from 0, for which E has room; 2⁻¹¹ is seen.
pub(super) const SLACK_16: f64 = power_of_two(-90);

/// For each value: n, still in the low bits of a sum, and the entries of the table.
#[inline(always)]
fn look_up<I: Isa, const N: usize>(
    isa: I,
    table: &Table<16>,
    x: &[f64; N],
) -> ([f64; N], [u64; N], [u64; N]) {
    let mut shifted = [0.0; N];
    for (shifted, &x) in shifted.iter_mut().zip(x) {
        *shifted = multiply_add::<I>(x, INV_LN_2_16TH, ROUND_SHIFT);
    }
    let indices = bits(&shifted);
    let powers = isa.look_up(&table.powers, &indices);
    let remainders = isa.look_up(&table.remainders, &indices);
    (shifted, powers, remainders)
}

/// S, v, and q from below and from above.
struct Expansion {
    power: f64,
    linear: f64,
    rest_lower: f64,
    rest_upper: f64,
}

impl Expansion {
    #[inline(always)]
    fn of<I: Isa, const M1: bool>(
        x: f64,
        shifted: f64,
        power: u64,
        remainder: f64,
        error: f64,
    ) -> Self {
        let fma = multiply_add::<I>;
        let n = shifted - ROUND_SHIFT;
        let power = f64::from_bits(power.wrapping_add(shifted.to_bits() << 48));
        let r = fma(-n, LN_2_16TH_HEAD, x);
        let l = fma(-n, LN_2_16TH_TAIL, remainder);

        let half = 0.5 * r;
        let v = fma(half, r, r);
        let v_error = fma(half, r, r - v);
        let r2 = r * r;
        let [c0, c1, c2, c3, c4, c5] = EXP_CUBIC_REST_16;
        let cubic_rest = fma(fma(fma(c5, r, c4), r2, fma(c3, r, c2)), r2, fma(c1, r, c0));
        let cubic = fma(r, cubic_rest, -error);
        let rest_lower = if M1 {
            fma(r2, cubic, fma(l, v, l) + v_error)
        } else {
            // l is larger far from 0, so it is multiplied by all of e^r.
            let q = fma(r2, cubic, v_error);
            fma(l, v + q, l) + q
        };
        Self { power, linear: v, rest_lower, rest_upper: fma(r2, 2.0 * error, rest_lower) }
    }

    /// base + S·v + S·q + correction, plus `errors.0` of it for the lower bound and `errors.1` of
    /// it for the upper one.
    #[inline(always)]
    fn around<I: Isa>(self, base: f64, correction: f64, errors: (f64, f64)) -> Interval {
        let fma = multiply_add::<I>;
        let Self { power, linear, rest_lower, rest_upper } = self;
        let head = fma(power, linear, base);
        let error = fma(power, linear, base - head) + correction;
        Interval {
            head,
            lower: fma(power, rest_lower, fma(head, errors.0, error)),
            upper: fma(power, rest_upper, fma(head, errors.1, error)),
        }
    }
}

/// A·(eˣ − 1) of each value, with one of the `ERROR`s, for −80 ≤ x ≤ −2⁻⁹⁰⁰; unspecified elsewhere.
#[inline(always)]
pub(super) fn exp_m1<I: Isa, const N: usize>(
    isa: I,
    table: &Table<16>,
    error: f64,
    x: &[f64; N],
) -> Intervals<N> {
    let (shifted, powers, remainders) = look_up(isa, table, x);
    let mut intervals = Intervals::new();
    for i in 0..N {
        let remainder = f64::from_bits(remainders[i]);
        let expansion = Expansion::of::<I, true>(x[i], shifted[i], powers[i], remainder, error);
        let difference = expansion.power - table.base;
        let correction = expansion.power - (difference + table.base);
        // The result is negative.
        let errors = (table.base_error + SLACK_16, table.base_error - SLACK_16);
        intervals.set(i, expansion.around::<I>(difference, correction, errors));
    }
    intervals
}

/// A·eˣ of each value, for −1300 ≤ x < 0, times the power of two that adding `UP_BITS` to the bits
/// of a number multiplies it by; NaN for NaN, and unspecified for any other x.
#[inline(always)]
pub(super) fn exp<I: Isa, const UP_BITS: u64, const N: usize>(
    isa: I,
    table: &Table<16>,
    x: &[f64; N],
) -> Intervals<N> {
    let (shifted, powers, remainders) = look_up(isa, table, x);
    let mut intervals = Intervals::new();
    for i in 0..N {
        let remainder = f64::from_bits(remainders[i]);
        let power = powers[i].wrapping_add(UP_BITS);
        let expansion =
            Expansion::of::<I, false>(x[i], shifted[i], power, remainder, ERROR_OF_FACTOR_16);
        let power = expansion.power;
        let errors = (table.base_error - SLACK_GRADIENT, table.base_error + SLACK_GRADIENT);
        intervals.set(i, expansion.around::<I>(power, 0.0, errors));
    }
    intervals
}
