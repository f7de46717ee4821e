//! The arithmetic of the accurate phase: so wide that every rounding is decided.
//!
//! A [`Wide`] number is ±significand·2^exponent, with a 256-bit significand in [½, 1). It consists
//! of integers alone. A number enters and leaves as its bits, so flush-to-zero, denormals-are-zero
//! and the rounding mode of the CPU change nothing. There is no allocation, and no input panics.
//!
//! # Method
//!
//! 1. |x| = k·ln 2 + r, with an integer k and a fraction r in [0, ln 2·(1 + 2⁻²⁸)). Since ln 2 is
//!    stored with 320 bits and k has at most 18, nothing is lost but the bits below 2⁻²⁵⁶.
//! 2. z = r/2ˢ < 2⁻⁸, with the smallest such s ≥ 0.
//! 3. h = (1 − e⁻ᶻ)/z = Σ (−z)ⁿ/(n + 1)! by Horner's rule. The terms that are multiplied by z⁹ or
//!    z¹⁷ need only three or two of the four limbs. The smaller z, the fewer terms there are.
//! 4. e⁻ᶻ = 1 − z·h, then s squarings give e⁻ʳ, and eˣ = e⁻ʳ·2⁻ᵏ.
//! 5. eˣ − 1 is −(1 − eˣ), or x·h with z = |x| where |x| < 2⁻⁸: there 1 − eˣ would cancel.
//!
//! # Error
//!
//! In units of 2⁻²⁵⁶, absolute and at most:
//!
//! | source | error |
//! |---|---|
//! | a product of two fractions of L limbs: L − 1 in the columns left out, 1 truncated, always too small | 4 (L = 4) |
//! | r: the product k·ln 2 truncated, and the tail of ln 2 itself | 2 |
//! | h: its last product 4, the constant 1 there 1, everything earlier times z 1, terms left out 1 | 7 |
//! | e⁻ᶻ: z truncated 1, the product 4, the complement 1, error of h times z 1 | 7 |
//! | e⁻ʳ: each of s squarings doubles the error and adds 4 to it | 11·2ˢ |
//!
//! For eˣ that is 11·2⁸ + 2 units of a number above 0.49, below 2⁻²⁴³ of it. In 1 − eˣ with k = 0,
//! where r ≥ 2^(s − 9) and the result is at least 0.7·r, 11·2ˢ + 2 units are below 2⁻²⁴² of it; for
//! k > 0 the result is above ½ and the error is smaller. In x·h it is 2⁻²⁵⁰. So `exp` and `exp_m1`
//! have a relative error below 2⁻²⁴²; [`times`](Wide::times) adds 2⁻²⁵² (4 units of at least ¼)
//! and each of the constants 2⁻²⁵⁵. A product of one exponential with up to three factors is
//! **within 2⁻²⁴¹**.
//!
//! An error of that size cannot push a result across a midpoint when a factor is so close to 1 that
//! the exact product lies just below the midpoint. The computed eˣ and h never reach 1, products
//! are truncated, and products of up to four `f64` are exact. So an exact value that is below a
//! midpoint for that reason is below it here, too. A sum may have so many digits that its product is
//! truncated to a midpoint from above; [`times_to_odd`](Wide::times_to_odd) is for that.
//!
//! The tests below compare with 400 bits in every binade, recompute the constants, and try the
//! hardest known cases.

/// A number in [0, 1): the sum of `limb[i]`·2^(64·(i − 4)).
type Fraction = [u64; 4];

const FRACTION_BITS: u32 = 256;

/// The number just below 1 that stands for 1.
const ALMOST_ONE: Fraction = [u64::MAX; 4];

/// ln 2, truncated after 320 bits. The lowest limb comes first, here and everywhere.
const LN_2: [u64; 5] = [
    0xe7b8_7620_6deb_ac98,
    0x8a0d_175b_8baa_fa2b,
    0x40f3_4326_7298_b62d,
    0xc9e3_b398_03f2_f6af,
    0xb172_17f7_d1cf_79ab,
];

/// log₂e·2⁴⁶, truncated.
const LOG2_E: u128 = 0x5c55_1d94_ae0b;
const LOG2_E_BITS: u32 = 46;

/// eˣ is e^(−2¹⁷) ≈ 2⁻¹⁸⁹⁰⁹⁶ for all x below −2¹⁷.
const CLAMP_EXPONENT: i32 = 17;

/// Below 2⁻⁸ the series is used directly.
// mutants 8 -> 9: one squaring more, and within the error.
const SERIES_BITS: u32 = 8;

/// Enough for z < 2⁻⁸: the first term left out is z²³/24! < 2⁻²⁶³.
// mutants 23 -> 24: one term more than is needed.
const TERMS: usize = 23;

/// From this order on, three limbs suffice: z⁹·2⁻¹⁹² < 2⁻²⁶⁴.
// mutants: more limbs than a term needs, or within the error: proofs/exact.py tells.
const THREE_LIMBS_FROM: usize = 9;

/// From this order on, two limbs suffice: z¹⁷·2⁻¹²⁸ < 2⁻²⁶⁴.
// mutants: more limbs than a term needs, or within the error: proofs/exact.py tells.
const TWO_LIMBS_FROM: usize = 17;

/// 1/(n + 1)!, truncated, and just below 1 for n = 0.
const RECIPROCAL_FACTORIALS: [Fraction; TERMS] = {
    let mut reciprocals = [ALMOST_ONE; TERMS];
    reciprocals[1] = [0, 0, 0, 1 << 63];
    let mut n = 2;
    while n < TERMS {
        // Dividing what was truncated and truncating again is the same as truncating once.
        reciprocals[n] = quotient(reciprocals[n - 1], n as u64 + 1);
        n += 1;
    }
    reciprocals
};

/// ±significand·2^exponent. The significand is in [½, 1), or 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wide {
    negative: bool,
    exponent: i32,
    significand: Fraction,
}

impl Wide {
    /// λ, truncated.
    pub(crate) const SCALE: Self = Self {
        negative: false,
        exponent: 1,
        significand: [
            0xa078_23ef_608d_a845,
            0x39f3_d870_ec95_662f,
            0xc7d2_72f2_6963_1acf,
            0x867d_5eb5_4889_916f,
        ],
    };

    /// λα, truncated.
    pub(crate) const SCALE_ALPHA: Self = Self {
        negative: false,
        exponent: 1,
        significand: [
            0xbf0c_3d92_2bfc_dbf9,
            0x7ed5_61f1_3547_2534,
            0x8b0d_822d_0f85_b5f7,
            0xe109_6632_0781_8882,
        ],
    };

    /// 1 with the sign of this number.
    pub(crate) const fn signum(self) -> f64 {
        // mutants: only the sign is used.
        if self.negative { -1.0 } else { 1.0 }
    }

    /// Whether the product with eˣ is certainly less than half of the smallest number, for x ≤ 0.
    pub(crate) fn vanishes_times_exp(self, x: f64) -> bool {
        // mutants: what is not found to vanish is 0 all the same.
        // mutants body -> false: what is not found to vanish is 0 all the same.
        const LOWEST_EXPONENT: f64 = -1080.0;
        // mutants < -> <=, < -> ==, * -> +, * -> /, + -> -: what is not found to vanish is 0 all the same.
        f64::from(self.exponent) + x * core::f64::consts::LOG2_E < LOWEST_EXPONENT
    }

    /// `x` exactly, for every finite `x`.
    pub(crate) const fn from_f64(x: f64) -> Self {
        const DIGITS: u32 = f64::MANTISSA_DIGITS - 1;
        const MIN_EXPONENT: i32 = f64::MIN_EXP - f64::MANTISSA_DIGITS as i32;

        let bits = x.to_bits();
        let negative = bits >> 63 != 0;
        let biased = (bits >> DIGITS) as i32 & 0x7ff;
        // mutants 1 -> 2: the next digit is set if it is not 0.
        let digits = bits & ((1 << DIGITS) - 1);
        let (integer, exponent) = if biased == 0 {
            (digits, MIN_EXPONENT)
        } else {
            // mutants | -> ^: no bit is set in both.
            (digits | 1 << DIGITS, MIN_EXPONENT + biased - 1)
        };
        if integer == 0 {
            return Self::zero(negative);
        }
        let zeros = integer.leading_zeros();
        Self {
            negative,
            exponent: exponent + (u64::BITS - zeros) as i32,
            significand: [0, 0, 0, integer << zeros],
        }
    }

    const fn zero(negative: bool) -> Self {
        // mutants: the exponent of a zero is not read.
        Self { negative, exponent: 0, significand: [0; 4] }
    }

    const fn is_zero(self) -> bool {
        self.significand[3] == 0
    }

    /// `fraction`·2^`exponent`, for a fraction of at least 2⁻⁶⁴.
    fn normalised(negative: bool, exponent: i32, fraction: Fraction) -> Self {
        let zeros = fraction[3].leading_zeros();
        Self {
            negative,
            exponent: exponent - zeros as i32,
            significand: shifted_left(fraction, zeros),
        }
    }

    /// eˣ for a finite x < 0, below 1. For 0 it is 1 − 2⁻²⁵⁶.
    ///
    /// From −2¹⁷ down it is e^(−2¹⁷), so small that its product with any three `f64` rounds to 0,
    /// as that of eˣ does.
    pub(crate) fn exp(x: f64) -> Self {
        let (halvings, power) = Self::from_f64(x).exp_of_minus_magnitude();
        Self::normalised(false, -(halvings as i32), power)
    }

    /// eˣ − 1 for a finite x ≤ 0, above −1 and, unless x is 0, above x.
    pub(crate) fn exp_m1(x: f64) -> Self {
        let x = Self::from_f64(x);
        if x.is_zero() {
            return x;
        }
        if x.exponent <= -(SERIES_BITS as i32) {
            let z = shifted_right(x.significand, x.exponent.unsigned_abs());
            return x.times(Self::normalised(false, 0, series(&z)));
        }
        let (halvings, power) = x.exp_of_minus_magnitude();
        let difference = complement(shifted_right(power, halvings));
        Self::normalised(true, 0, difference)
    }

    /// Bounds of eˣ − 1 for a finite x ≤ −2, just above −1, and so far apart that an exponential is
    /// not needed for them.
    pub(crate) fn bounds_of_exp_m1(x: f64) -> [Self; 2] {
        // 2^−bits is 1.4 times eˣ or more: room for what a product loses.
        let bits = (-x * core::f64::consts::LOG2_E - 0.5) as u32;
        // mutants 0 -> 1: a larger bound.
        let largest_power = shifted_right([0, 0, 0, 1 << 63], bits.min(FRACTION_BITS) - 1);
        [complement(largest_power), ALMOST_ONE].map(|bound| Self::normalised(true, 0, bound))
    }

    /// The product, truncated. It is exact if 256 bits hold it.
    pub(crate) fn times(self, other: Self) -> Self {
        let negative = self.negative != other.negative;
        if self.is_zero() || other.is_zero() {
            return Self::zero(negative);
        }
        let significand = product::<4>(&self.significand, &other.significand);
        Self::normalised(negative, self.exponent + other.exponent, significand)
    }

    /// The product with an `f64`, with the last bit set if 256 bits do not hold it: no later rounding
    /// to fewer bits takes it for a number or a midpoint that it is not.
    pub(crate) fn times_to_odd(self, factor: f64) -> Self {
        let factor = Self::from_f64(factor);
        let mut product = self.times(factor);
        let ([lowest, ..], [.., digits]) = (self.significand, factor.significand);
        // mutants 0 -> 1: any bit does that is beyond those of a number.
        product.significand[0] |= u64::from(lowest.wrapping_mul(digits) != 0);
        product
    }

    /// How far this positive number is above another one, truncated; `None` if it is not above it.
    pub(crate) fn above(self, other: Self) -> Option<Self> {
        // A shift by more leaves nothing either.
        let shift = u32::try_from(self.exponent - other.exponent).ok()?.min(FRACTION_BITS);
        let shifted = shifted_right(other.significand, shift);
        let is_above = self.significand.iter().rev().gt(shifted.iter().rev());
        let difference = difference(self.significand, shifted);
        // Of a number with 53 bits only a long shift loses any: the difference is far from 0 then.
        let is_exact = shift <= FRACTION_BITS - f64::MANTISSA_DIGITS;
        let difference =
            if is_exact { difference } else { self::difference(difference, [1, 0, 0, 0]) };
        let zeros = leading_zeros(&difference);
        let limbs = (zeros / u64::BITS) as usize;
        let mut whole = [0; 4];
        is_above.then(|| {
            whole[limbs..].copy_from_slice(&difference[..4 - limbs]);
            Self::normalised(false, self.exponent - (limbs as i32) * u64::BITS as i32, whole)
        })
    }

    /// The nearest `f64`, the even one of two that are equally near.
    pub(crate) fn to_f64(self) -> f64 {
        if self.is_zero() {
            return self.with_sign(0);
        }
        if self.exponent > f64::MAX_EXP {
            return self.with_sign(f64::INFINITY.to_bits());
        }
        // 0 in the lowest binade of normal numbers, where the leading bit of `kept` adds 1 to the
        // exponent; negative for subnormal numbers, whose last bit has the same weight.
        let binade = self.exponent - f64::MIN_EXP;
        let precision = f64::MANTISSA_DIGITS as i32 + binade.min(0);
        if precision < 0 {
            return self.with_sign(0);
        }
        let [low @ .., high] = self.significand;
        let (kept, rest) = split_at(high, precision as u32);
        let lost_below = low != [0; 3];
        const HALF: u64 = 1 << 63;
        let up = rest > HALF || (rest == HALF && (lost_below || kept & 1 == 1));
        // A carry out of the significand belongs in the exponent, which comes next.
        self.with_sign(
            ((binade.max(0) as u64) << (f64::MANTISSA_DIGITS - 1)) + kept + u64::from(up),
        )
    }

    /// Rounded to odd: truncated, and the last bit set if anything was lost. Another rounding, to
    /// `f32` or a 16-bit type, then gives what it would have given without this one.
    ///
    /// What is too large or too small for a normal `f64` gets the exponent of the largest or the
    /// smallest one. No later rounding can tell the difference.
    pub(crate) fn to_f64_odd(self) -> f64 {
        if self.is_zero() {
            return self.with_sign(0);
        }
        let binade = self.exponent.clamp(f64::MIN_EXP, f64::MAX_EXP) - f64::MIN_EXP;
        let [low @ .., high] = self.significand;
        let (kept, rest) = split_at(high, f64::MANTISSA_DIGITS);
        let lost = rest != 0 || low != [0; 3];
        // mutants | -> ^: no bit is set in both.
        self.with_sign(((binade as u64) << (f64::MANTISSA_DIGITS - 1)) + (kept | u64::from(lost)))
    }

    const fn with_sign(self, magnitude_bits: u64) -> f64 {
        // mutants | -> ^: no bit is set in both.
        f64::from_bits((self.negative as u64) << 63 | magnitude_bits)
    }

    /// (k, e⁻ʳ) with e^(−|x|) = e⁻ʳ·2⁻ᵏ.
    fn exp_of_minus_magnitude(self) -> (u32, Fraction) {
        let (halvings, remainder) = self.reduced();
        let squarings = SERIES_BITS.saturating_sub(remainder[3].leading_zeros());
        let z = shifted_right(remainder, squarings);
        let mut power = complement(product::<4>(&z, &series(&z)));
        for _ in 0..squarings {
            power = product::<4>(&power, &power);
        }
        (halvings, power)
    }

    /// (k, r) with |x| = k·ln 2 + r.
    fn reduced(self) -> (u32, Fraction) {
        let [.., high] = self.significand;
        // mutants 0 -> 1, < -> <=: a remainder between ln 2 and 1 has as many squarings.
        if self.exponent < 0 {
            return (0, shifted_right(self.significand, self.exponent.unsigned_abs()));
        }
        // |x| with 64 bits after the binary point, which is all it has.
        let fixed = if self.exponent > CLAMP_EXPONENT {
            1 << (64 + CLAMP_EXPONENT)
        } else {
            u128::from(high) << self.exponent
        };
        let halvings = ((fixed * LOG2_E) >> (64 + LOG2_E_BITS)) as u32;
        let [_, multiple @ ..] = fraction_of_multiple(&LN_2, halvings.into());
        // The difference is a fraction, so the integers need not be subtracted.
        // mutants 0 -> 1: a unit in the last place is within the error.
        (halvings, difference([0, 0, 0, fixed as u64], multiple))
    }
}

/// (1 − e⁻ᶻ)/z for z < 2⁻⁸, below 1.
fn series(z: &Fraction) -> Fraction {
    let last = terms(z) - 1;
    let mut sum = RECIPROCAL_FACTORIALS[last];
    for n in (TWO_LIMBS_FROM..last).rev() {
        sum = difference(RECIPROCAL_FACTORIALS[n], product::<2>(z, &sum));
    }
    for n in (THREE_LIMBS_FROM..last.min(TWO_LIMBS_FROM)).rev() {
        sum = difference(RECIPROCAL_FACTORIALS[n], product::<3>(z, &sum));
    }
    for n in (0..last.min(THREE_LIMBS_FROM)).rev() {
        sum = difference(RECIPROCAL_FACTORIALS[n], product::<4>(z, &sum));
    }
    sum
}

/// How many terms of the series are needed for the next one, zⁿ/(n + 1)!, to be below 2⁻²⁵⁶.
fn terms(z: &Fraction) -> usize {
    let zeros = leading_zeros(z);
    let negligible =
        |n: usize| n as u32 * zeros + RECIPROCAL_FACTORIALS[n][3].leading_zeros() >= FRACTION_BITS;
    // mutants 1 -> 2, / -> *: the loop takes away what is too much.
    let mut terms = TERMS.min((FRACTION_BITS / zeros) as usize + 1);
    // mutants: the first term is never negligible, and the second does no harm.
    // mutants > -> >=: the first term is never negligible.
    while terms > 1 && negligible(terms - 1) {
        terms -= 1;
    }
    terms
}

/// The product of the highest `LIMBS` limbs, too small by less than `LIMBS` units in their last
/// place.
///
/// Column c collects the products of weight 2^(64c). The columns below `LIMBS` − 1 are left out;
/// that one is computed for its carry and then dropped.
#[inline(always)]
fn product<const LIMBS: usize>(a: &Fraction, b: &Fraction) -> Fraction {
    let (a, b) = (&a[4 - LIMBS..], &b[4 - LIMBS..]);
    // mutants: units in a column that is truncated.
    let mut columns = [0; 8];
    for i in 0..LIMBS {
        // mutants: a unit in a column that is truncated.
        let mut carry = 0;
        for j in LIMBS - 1 - i..LIMBS {
            // (2⁶⁴ − 1)² + 2·(2⁶⁴ − 1) = 2¹²⁸ − 1
            let sum = u128::from(a[i]) * u128::from(b[j])
                + u128::from(columns[i + j])
                + u128::from(carry);
            columns[i + j] = sum as u64;
            carry = (sum >> 64) as u64;
        }
        columns[i + LIMBS] = carry;
    }
    // mutants: units below the limbs that count.
    let mut high = [0; 4];
    high[4 - LIMBS..].copy_from_slice(&columns[LIMBS..2 * LIMBS]);
    high
}

/// `fraction`·`factor` less its integer part.
fn fraction_of_multiple<const LIMBS: usize>(fraction: &[u64; LIMBS], factor: u64) -> [u64; LIMBS] {
    // mutants 0 -> 1: a unit in the last place is within the error.
    let mut carry = 0;
    fraction.map(|limb| {
        let sum = u128::from(limb) * u128::from(factor) + u128::from(carry);
        carry = (sum >> 64) as u64;
        sum as u64
    })
}

/// a − b, plus 1 if that is negative.
#[inline(always)]
fn difference(a: Fraction, b: Fraction) -> Fraction {
    // mutants 0 -> 1: written over.
    let mut limbs = [0; 4];
    let mut borrow = false;
    for i in 0..4 {
        let (limb, borrow_b) = a[i].overflowing_sub(b[i]);
        let (limb, borrow_again) = limb.overflowing_sub(borrow.into());
        limbs[i] = limb;
        // mutants | -> ^: they are never both true.
        borrow = borrow_b | borrow_again;
    }
    limbs
}

/// 1 − 2⁻²⁵⁶ − a.
fn complement(a: Fraction) -> Fraction {
    a.map(|limb| !limb)
}

/// a/divisor, truncated.
const fn quotient(a: Fraction, divisor: u64) -> Fraction {
    // mutants 0 -> 1: written over.
    let mut limbs = [0; 4];
    let mut remainder = 0;
    let mut i = 4;
    while i > 0 {
        i -= 1;
        // mutants | -> ^: no bit is set in both.
        let dividend = (remainder as u128) << 64 | a[i] as u128;
        limbs[i] = (dividend / divisor as u128) as u64;
        remainder = (dividend % divisor as u128) as u64;
    }
    limbs
}

/// a·2^bits, for `bits` < 64. The highest `bits` bits of a must be 0.
fn shifted_left(a: Fraction, bits: u32) -> Fraction {
    let [a0, a1, a2, a3] = a;
    let joined = |high: u64, low: u64| {
        // mutants | -> ^: no bit is set in both.
        let pair = u128::from(high) << 64 | u128::from(low);
        ((pair << bits) >> 64) as u64
    };
    [a0 << bits, joined(a1, a0), joined(a2, a1), joined(a3, a2)]
}

/// a/2^bits, truncated.
fn shifted_right(a: Fraction, bits: u32) -> Fraction {
    let limb = |i: usize| a.get(i).copied().unwrap_or(0);
    let (limbs, bits) = ((bits / 64) as usize, bits % 64);
    core::array::from_fn(|i| {
        // mutants | -> ^: no bit is set in both.
        let pair = u128::from(limb(i + limbs + 1)) << 64 | u128::from(limb(i + limbs));
        (pair >> bits) as u64
    })
}

fn leading_zeros(a: &Fraction) -> u32 {
    let [a0, a1, a2, a3] = *a;
    // mutants | -> ^: no bit is set in both.
    let high = u128::from(a3) << 64 | u128::from(a2);
    // mutants | -> ^: no bit is set in both.
    // mutants 64 -> 63: one term of the series more or less makes no difference from here on.
    let low = u128::from(a1) << 64 | u128::from(a0);
    // mutants 128 -> 127, 128 -> 129: one term of the series more or less makes no difference from here on.
    if high != 0 { high.leading_zeros() } else { 128 + low.leading_zeros() }
}

/// The highest `bits` bits of `limb` as an integer, and the others moved to the top. `bits` < 64.
const fn split_at(limb: u64, bits: u32) -> (u64, u64) {
    let pair = (limb as u128) << bits;
    ((pair >> 64) as u64, pair as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{Exact, closed_form, exact_to, ulp_error};
    use core::iter;
    use std::sync::LazyLock;

    /// Bits of the reference.
    const BITS: usize = 400;

    /// λ and λα.
    static CONSTANTS: LazyLock<[Exact; 2]> = LazyLock::new(|| {
        let (alpha, scale) = closed_form(BITS);
        let scale_alpha = alpha * &scale;
        [scale, scale_alpha]
    });

    fn exact(x: f64) -> Exact {
        exact_to(BITS, x)
    }

    /// The integer that the limbs represent.
    fn integer(limbs: &[u64]) -> Exact {
        limbs.iter().rev().fold(exact(0.0), |sum, &limb| (sum << 64) + Exact::from(limb))
    }

    fn value(x: Wide) -> Exact {
        let magnitude = integer(&x.significand) << (x.exponent as isize - 256);
        if x.negative { -magnitude } else { magnitude }
    }

    /// `integer`·2^`exponent`.
    fn dyadic(integer: u128, exponent: i32) -> Wide {
        let zeros = integer.leading_zeros();
        let integer = integer << zeros;
        Wide {
            negative: false,
            exponent: exponent + (u128::BITS - zeros) as i32,
            significand: [0, 0, integer as u64, (integer >> 64) as u64],
        }
    }

    fn negated(x: Wide) -> Wide {
        Wide { negative: !x.negative, ..x }
    }

    /// The next larger magnitude. `x` must not end in 64 ones.
    fn nudged_up(mut x: Wide) -> Wide {
        x.significand[0] += 1;
        x
    }

    /// The next narrower magnitude of an odd integer that ends in zeros.
    fn nudged_down(mut x: Wide) -> Wide {
        x.significand = difference(x.significand, [1, 0, 0, 0]);
        x
    }

    /// The midpoint between `x` ≥ 0 and the next number.
    fn midpoint_above(x: f64) -> Wide {
        let digits = x.to_bits() & ((1 << 52) - 1);
        match x.to_bits() >> 52 {
            0 => dyadic(u128::from(2 * digits + 1), -1075),
            biased => dyadic(u128::from(2 * (digits | 1 << 52) + 1), biased as i32 - 1076),
        }
    }

    fn assert_relative_error(name: &str, x: f64, computed: Wide, truth: &Exact, log2_bound: f64) {
        assert!(computed.significand[3] >> 63 == 1, "{name}({x:e}) is not normalised");
        let error = (value(computed) / truth - exact(1.0)).to_f64().value().abs();
        assert!(error < log2_bound.exp2(), "{name}({x:e}): {:.2} bits", error.log2());
    }

    fn random(seed: u64) -> impl Iterator<Item = u64> {
        iter::successors(Some(seed), |x| {
            Some(x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407))
        })
        .map(|x| x ^ x >> 31)
    }

    /// In every binade down to the smallest subnormal, and around all places where the reduction or
    /// the series changes.
    fn negative_arguments() -> Vec<f64> {
        let mut random = random(1);
        let mut xs = Vec::new();
        for biased in 0..1023 + 18 {
            let random = random.next().unwrap() >> 12;
            xs.extend(
                [0, 1, random, (1 << 52) - 1].map(|digits| f64::from_bits(biased << 52 | digits)),
            );
        }
        for k in (0..40).chain([100, 1023, 1075, 3000, 189_095]) {
            let multiple = f64::from(k) * core::f64::consts::LN_2;
            let binades = (1..=10).map(|bits| multiple + f64::from(-bits).exp2());
            xs.extend(binades.chain([multiple]).flat_map(|x| [x.next_down(), x, x.next_up()]));
        }
        // The thresholds of the number of terms.
        for (order, reciprocal) in RECIPROCAL_FACTORIALS.iter().enumerate().skip(1) {
            let factorial = reciprocal[3].leading_zeros();
            let x = (-(256.0 - f64::from(factorial)) / order as f64).exp2();
            xs.extend([0.5 * x, 0.99 * x, 1.01 * x, 2.0 * x]);
        }
        xs.extend(random.take(2000).map(|x| (x >> 11) as f64 * 2f64.powi(-53) * 8.0));
        xs.retain(|&x| 0.0 < x && x <= 131_072.0);
        xs.into_iter().map(|x| -x).collect()
    }

    #[test]
    fn the_series_is_within_7_units() {
        let mut random = random(6);
        for bits in (8..200).flat_map(|bits| [bits; 20]) {
            let limbs = core::array::from_fn(|_| random.next().unwrap());
            let z = shifted_right(limbs, bits);
            let exact_z = integer(&z) >> 256;
            let truth = -(-&exact_z).exp_m1() / exact_z;
            let error = ((truth << 256) - integer(&series(&z))).to_f64().value();
            assert!(error.abs() < 7.0, "{error} units for {z:x?}");
        }
    }

    #[test]
    fn the_series_has_the_terms_that_it_needs_and_hardly_more() {
        for bits in 8..255 {
            let all_ones = shifted_right([u64::MAX; 4], bits);
            let power_of_two = shifted_right([0, 0, 0, 1 << 63], bits);
            for (z, log2_z) in [(all_ones, -f64::from(bits)), (power_of_two, -f64::from(bits + 1))]
            {
                // log₂ of (n + 1)!, and of the term of order n.
                let factorial = |n: usize| (2..=n + 1).map(|i| (i as f64).log2()).sum::<f64>();
                let term = |n: usize| n as f64 * log2_z - factorial(n);
                let count = terms(&z);
                assert!(term(count) < -255.999, "2^{log2_z} has {count} terms");
                // Logarithms are rounded down, that of a factorial to 64 at most.
                let last = count - 1;
                let room = last as f64 + (factorial(last) - 64.0).max(0.0);
                assert!(term(last) > -256.001 - room, "2^{log2_z} has {count} terms");
            }
        }
    }

    #[test]
    fn exp_is_within_its_error() {
        for x in negative_arguments() {
            assert_relative_error("exp", x, Wide::exp(x), &exact(x).exp(), -243.0);
        }
    }

    #[test]
    fn exponentials_far_below_zero_are_that_of_the_clamp() {
        for x in [-131072.0, -131073.0, -181705.0, -200000.0, -262144.0, -1e9, f64::MIN] {
            // 2¹⁷·log₂e = 189096.2…
            assert_eq!(Wide::exp(x).exponent, -189_096, "{x}");
            assert_eq!(Wide::exp_m1(x).to_f64(), -1.0, "{x}");
        }
    }

    #[test]
    fn exp_m1_is_within_its_error() {
        for x in negative_arguments() {
            assert_relative_error("exp_m1", x, Wide::exp_m1(x), &exact(x).exp_m1(), -242.0);
        }
    }

    #[test]
    fn bounds_of_exp_m1_enclose_it() {
        for x in negative_arguments().into_iter().filter(|x| (-177.0..=-2.0).contains(x)) {
            let exp = exact(x).exp();
            let [most, least] = Wide::bounds_of_exp_m1(x).map(|bound| exact(1.0) + value(bound));
            assert!(most >= exact(1.4) * &exp && most <= exact(3.0) * &exp, "{x:e}");
            assert!(least < exp, "{x:e}");
        }
    }

    #[test]
    fn products_are_within_their_error() {
        for x in negative_arguments() {
            let (exp, exp_m1) = (Wide::exp(x), Wide::exp_m1(x));
            let truth = value(exp) * value(exp_m1);
            assert_relative_error("eˣ·(eˣ − 1)", x, exp.times(exp_m1), &truth, -252.0);
        }
    }

    #[test]
    fn products_of_four_f64_are_exact() {
        let mut random = random(2).map(|bits| f64::from_bits(bits & !(1 << 62)));
        for _ in 0..1000 {
            let factors: [f64; 4] = core::array::from_fn(|_| random.next().unwrap());
            let [a, b, c, d] = factors.map(Wide::from_f64);
            let truth = factors.map(exact).into_iter().reduce(|a, b| a * b).unwrap();
            assert_eq!(value(a.times(b).times(c).times(d)), truth, "{factors:?}");
        }
    }

    #[test]
    fn f64_comes_back_unchanged() {
        let special = [0, 1, 2, (1 << 52) - 1, 1 << 52, 1023 << 52, f64::MAX.to_bits()];
        for bits in random(3).take(10_000).chain(special) {
            for x in [f64::from_bits(bits), -f64::from_bits(bits)] {
                if !x.is_finite() {
                    continue;
                }
                assert_eq!(value(Wide::from_f64(x)), exact(x));
                assert_eq!(Wide::from_f64(x).to_f64().to_bits(), x.to_bits());
                if x == 0.0 || x.is_normal() {
                    assert_eq!(Wide::from_f64(x).to_f64_odd().to_bits(), x.to_bits());
                }
            }
        }
    }

    #[test]
    fn constants_are_truncated_where_they_should_be() {
        let cut_off = |limbs: &[u64], bits: isize, truth: &Exact| {
            let lost = (truth.clone() << bits) - integer(limbs);
            assert!(lost > exact(0.0) && lost < exact(1.0), "{limbs:x?} loses {lost}");
        };
        let [scale, scale_alpha] = &*CONSTANTS;
        cut_off(&Wide::SCALE.significand, 255, scale);
        cut_off(&Wide::SCALE_ALPHA.significand, 255, scale_alpha);
        let ln_2 = exact(2.0).ln();
        cut_off(&LN_2, 320, &ln_2);
        cut_off(&[LOG2_E as u64], LOG2_E_BITS as isize, &(exact(1.0) / ln_2));

        assert_eq!(integer(&RECIPROCAL_FACTORIALS[0]), (exact(1.0) << 256) - exact(1.0));
        assert_eq!(integer(&RECIPROCAL_FACTORIALS[1]), exact(1.0) << 255);
        let mut factorial = exact(2.0);
        for (n, reciprocal) in RECIPROCAL_FACTORIALS.iter().enumerate().skip(2) {
            factorial *= exact(n as f64 + 1.0);
            cut_off(reciprocal, 256, &(exact(1.0) / &factorial));
        }
    }

    #[test]
    fn how_far_one_number_is_above_another() {
        let scale_alpha = Wide::SCALE_ALPHA;
        for exponent in 0..300 {
            for significand in [1.0, 1.25, 1.758, 2.0_f64.next_down(), 1.7580993408473766] {
                let below = significand * 2f64.powi(-exponent);
                let difference = scale_alpha.above(Wide::from_f64(below));
                if below > 1.7580993408473768 {
                    assert!(difference.is_none(), "{below:e}");
                    continue;
                }
                let difference = value(difference.expect("the other is smaller"));
                let exact_value = value(scale_alpha) - exact(below);
                // Truncated by less than two units of 2⁻²⁵⁵.
                let missing = &exact_value - difference;
                assert!(missing >= Exact::ZERO && missing < exact(2f64.powi(-254)), "{below:e}");
            }
        }
        assert!(scale_alpha.above(scale_alpha).is_none());
    }

    #[test]
    fn zeros_have_signs_and_exponentials() {
        for zero in [0.0, -0.0_f64] {
            assert_eq!(Wide::exp_m1(zero).to_f64().to_bits(), zero.to_bits());
            assert_eq!(Wide::exp(zero).to_f64(), 1.0);
            for (x, product) in [(1.0, zero), (-1.0, -zero)] {
                let product_zero = Wide::from_f64(x).times(Wide::from_f64(zero));
                assert_eq!(product_zero.to_f64().to_bits(), product.to_bits());
                assert_eq!(product_zero.to_f64_odd().to_bits(), product.to_bits());
            }
        }
    }

    #[test]
    fn far_below_the_clamp_nothing_is_left() {
        let max = Wide::from_f64(f64::MAX);
        for x in [-131_071.0, -131_072.0, -131_073.0, -200_000.0, -1e10, -f64::MAX] {
            assert_eq!(Wide::exp(x).times(max).times(max).times(max).to_f64().to_bits(), 0);
            assert_eq!(Wide::exp_m1(x).to_f64(), -1.0);
        }
    }

    /// The nearest of the numbers around every kind of midpoint: between normal and subnormal
    /// numbers, at the ends of binades, below the smallest and above the largest number.
    #[test]
    fn to_f64_rounds_to_nearest_and_ties_to_even() {
        let mut xs = vec![0.0, 1.0, 1.0_f64.next_down(), 1.5, f64::MAX, f64::MAX.next_down()];
        for bits in (0..=52).map(|bit| 1 << bit).chain([3 << 51, 1022 << 52]) {
            xs.extend([bits - 1, bits, bits + 1].map(f64::from_bits));
        }
        xs.extend(
            random(4).map(|bits| f64::from_bits(bits >> 1)).filter(|x| x.is_finite()).take(1000),
        );
        for x in xs {
            let next = x.next_up();
            let even = if x.to_bits() & 1 == 0 { x } else { next };
            let midpoint = midpoint_above(x);
            for (wide, nearest) in
                [(nudged_down(midpoint), x), (midpoint, even), (nudged_up(midpoint), next)]
            {
                assert_eq!(wide.to_f64().to_bits(), nearest.to_bits(), "{wide:x?}");
                assert_eq!(negated(wide).to_f64().to_bits(), (-nearest).to_bits(), "{wide:x?}");
            }
        }
    }

    #[test]
    fn to_f64_underflows_to_zero_and_overflows_to_infinity() {
        for exponent in [-1077, -1078, -1200, -200_000] {
            let tiny = nudged_up(dyadic(1, exponent));
            assert_eq!(tiny.to_f64().to_bits(), 0);
            assert_eq!(negated(tiny).to_f64().to_bits(), (-0.0_f64).to_bits());
        }
        for exponent in [1024, 1025, 3000] {
            for huge in [dyadic(1, exponent), dyadic(3, exponent - 1)] {
                assert_eq!(huge.to_f64(), f64::INFINITY);
                assert_eq!(negated(huge).to_f64(), f64::NEG_INFINITY);
            }
        }
    }

    #[test]
    fn to_f64_odd_leaves_the_rounding_to_the_next() {
        let mut double_roundings = 0;
        let f32s = random(5).map(|bits| f32::from_bits((bits >> 33) as u32));
        let ends =
            [0.0, 1.0, 1.0_f32.next_down(), f32::from_bits(1), f32::MIN_POSITIVE.next_down()];
        for x in f32s.filter(|x| x.is_finite()).take(1000).chain(ends) {
            let next = x.next_up();
            if next.is_infinite() {
                continue;
            }
            let even = if x.to_bits() & 1 == 0 { x } else { next };
            let midpoint = Wide::from_f64(0.5 * (f64::from(x) + f64::from(next)));
            for (wide, nearest) in
                [(nudged_down(midpoint), x), (midpoint, even), (nudged_up(midpoint), next)]
            {
                assert_eq!(wide.to_f64_odd() as f32, nearest, "{wide:x?}");
                assert_eq!(negated(wide).to_f64_odd() as f32, -nearest, "{wide:x?}");
                double_roundings += u32::from(wide.to_f64() as f32 != nearest);
            }
        }
        assert!(double_roundings > 500, "only {double_roundings} tell the roundings apart");
    }

    #[test]
    fn to_f64_odd_is_odd_where_anything_is_lost() {
        for x in [1.0, 1.0_f64.next_down(), 1.0_f64.next_up(), 1e-60, 1e60] {
            let odd = f64::from_bits(x.to_bits() | 1);
            for wide in [nudged_up(Wide::from_f64(x)), midpoint_above(x)] {
                assert_eq!(wide.to_f64_odd(), odd, "{wide:x?}");
                assert_eq!(negated(wide).to_f64_odd(), -odd, "{wide:x?}");
            }
        }
    }

    #[test]
    fn to_f64_odd_saturates() {
        for exponent in [-201, -1023, -1100, -200_000] {
            let tiny = dyadic(1, exponent);
            assert!((0.0..=2f64.powi(-200)).contains(&tiny.to_f64_odd()));
            assert!(tiny.to_f64_odd().is_normal());
            assert_eq!(negated(tiny).to_f64_odd(), -tiny.to_f64_odd());
        }
        for exponent in [200, 1023, 1024, 5000] {
            let huge = dyadic(1, exponent);
            assert!((2f64.powi(200)..=f64::MAX).contains(&huge.to_f64_odd()));
            assert_eq!(negated(huge).to_f64_odd(), -huge.to_f64_odd());
        }
    }

    /// 2⁵³ + 3 = 5·1801439850948199 is the midpoint between two `f64`, the upper one even.
    #[test]
    fn just_below_a_midpoint_stays_below_it() {
        const FACTORS: [f64; 2] = [5.0, 1801439850948199.0];
        const BELOW: f64 = 9007199254740994.0;
        let [five, other] = FACTORS.map(Wide::from_f64);
        assert_eq!(five.times(other).to_f64(), BELOW + 2.0);
        for exponent in [-60, -127, -128, -200, -254, -255, -256, -257, -300, -1000] {
            let x = -2f64.powi(exponent);
            for factors in [[five, other], [other, five]] {
                let [a, b] = factors;
                assert_eq!(Wide::exp(x).times(a).times(b).to_f64(), BELOW, "{x:e}");
                assert_eq!(a.times(b).times(Wide::exp(x)).to_f64(), BELOW, "{x:e}");
                let unscale = Wide::from_f64(1.0 / x);
                assert_eq!(
                    Wide::exp_m1(x).times(a).times(b).times(unscale).to_f64(),
                    BELOW,
                    "{x:e}"
                );
                assert_eq!(
                    a.times(b).times(Wide::exp_m1(x)).times(unscale).to_f64(),
                    BELOW,
                    "{x:e}"
                );
            }
        }
    }

    fn hard_cases(hexadecimals: &str) -> impl Iterator<Item = f64> {
        let bits = |line| u64::from_str_radix(line, 16).expect("a hexadecimal");
        hexadecimals.lines().map(move |line| f64::from_bits(bits(line)))
    }

    #[test]
    fn hard_cases_of_selu_are_correctly_rounded() {
        let [scale, scale_alpha] = &*CONSTANTS;
        for x in hard_cases(include_str!("../../tests/data/f64-hard-selu.txt")) {
            let (computed, truth) = if x > 0.0 {
                (Wide::SCALE.times(Wide::from_f64(x)), scale * exact(x))
            } else {
                (Wide::SCALE_ALPHA.times(Wide::exp_m1(x)), scale_alpha * exact(x).exp_m1())
            };
            assert!(ulp_error(computed.to_f64(), &truth) < 0.5, "{x:e}");
        }
    }

    #[test]
    fn hard_cases_of_the_derivative_are_correctly_rounded() {
        let [_, scale_alpha] = &*CONSTANTS;
        for x in hard_cases(include_str!("../../tests/data/f64-hard-grad.txt")) {
            let computed = Wide::SCALE_ALPHA.times(Wide::exp(x)).to_f64();
            assert!(ulp_error(computed, &(scale_alpha * exact(x).exp())) < 0.5, "{x:e}");
        }
    }
}
