//! SELU, and the bounds of a gradient through it, for the types of 16 bits in lanes of `f32`.
//!
//! An argument of 16 bits goes into an `f32` without loss. The functions here compute in `f32`, and
//! what they return is rounded once more, to the 11 bits of `f16` or the 8 of `bf16`.
//!
//! # SELU
//!
//! 1. c = max(x, low). At `low` the result is already what it is at −∞.
//! 2. s = c·Q(c), with a polynomial Q.
//! 3. For x < 0 the result is s·P(s), with a second polynomial P; otherwise it is λ·x.
//!
//! One short polynomial inside another does what a single one of their sizes could not: together
//! they have degree 20 in `f16` and 12 in `bf16`, from nine and seven coefficients, and need
//! neither an exponential nor a table. Near 0 the result is x·Q(0)·P(0), so small results keep
//! their digits.
//!
//! No error bound shows that the results are correctly rounded. The coefficients were found by a
//! search over all 65,536 arguments, with multiplication and addition rounded once and twice
//! (`proofs/half-search`, which finds them again). The proof is that there are no other arguments:
//! `tests/exact/half.rs` tries them all on every instruction set. No result is a midpoint between
//! two numbers.
//!
//! # The gradient
//!
//! Two bounds, then a decision (Ziv's test). Let D be the derivative: λ for x ≥ 0 and λα·eˣ
//! for x < 0.
//!
//! 1. c is x clamped to [low, −2⁻⁴⁰].
//! 2. Cody–Waite reduction: c·log₂ e = k + f with an integer k and |f| ≤ ½, by adding and
//!    subtracting 1.5·2²³. log₂ e is split into a head of 13 bits, whose product with c is exact,
//!    and a tail.
//! 3. λα·(1 + 2⁻²²)·2ᶠ is a polynomial of degree 5, and k is added to its exponent bits. This gives
//!    D·(1 + ρ), and 2⁻²⁴ < ρ < 7·2⁻²⁴ for every x ≥ low, fused or not. There are few enough x to
//!    try them all, which `proofs/half-search` does.
//! 4. upper = grad·D·(1 + ρ). The product is rounded by at most 2⁻²⁴, so |upper| > |grad|·D.
//! 5. lower = upper·(1 − 9·2⁻²⁴). Two roundings and ρ add less than 9·2⁻²⁴, so |lower| < |grad|·D.
//! 6. Where both round to the same 16 bits, so does the exact product, for rounding is monotonic.
//!    If the exact product is midway between two numbers, the bounds are on either side of it.
//!
//! Steps 4 and 5 need normal numbers. In `f16` there are no others: the smallest product is
//! 2⁻²⁴·e⁻³⁰, unless it is 0. In `bf16` the lower bound becomes 0 where the upper one is small, and
//! where x is below the clamp; those products are decided if they certainly round to 0.
//!
//! A gradient of 0 has two bounds of 0, with its sign, and an infinite one has two infinite bounds
//! (unless x is below the clamp of `bf16`). So a mask of zeros is decided at once.
//!
//! # Flushing to zero
//!
//! A subnormal `f16` is a normal `f32`, and in `f16` nothing on the way to a result is a subnormal
//! `f32`: a CPU that flushes those to zero gives the same results. In `bf16` it treats arguments
//! that are subnormal, and results that are subnormal before they are rounded, as zeros of their
//! sign; nothing else changes.

use crate::consts::f32::SCALE;
use crate::simd::Isa;

/// selu(x) rounds to −λα below it in `f16`, and so does the value of the polynomials at it.
// mutants: at both numbers the result is the one at −∞.
pub const F16_LOW: f32 = -7.75;
/// Q for `f16`, lowest degree first.
// mutants: the same f32, or one with which all 65,536 results are right.
pub const F16_INNER: [f32; 4] = [
    1.2869431,     // 0x1.49751ap+0
    0.16704234,    // 0x1.561a4cp-3
    0.011699856,   // 0x1.7f6182p-7
    0.00036461398, // 0x1.7e5352p-12
];
/// P for `f16`, lowest degree first.
// mutants: the same f32, or one with which all 65,536 results are right.
pub const F16_OUTER: [f32; 5] = [
    1.366105,    // 0x1.5db90ep+0
    0.39297318,  // 0x1.92679p-2
    0.050700303, // 0x1.9f563ep-5
    0.002863593, // 0x1.77563cp-9
    6.665002e-5, // 0x1.178ceap-14
];

/// selu(x) rounds to −λα below it in `bf16`, and so does the value of the polynomials at it.
// mutants: at both numbers the result is the one at −∞.
pub const BF16_LOW: f32 = -6.0625;
/// Q for `bf16`, lowest degree first.
// mutants: the same f32, or one with which all 65,536 results are right.
pub const BF16_INNER: [f32; 4] = [
    1.2232841,    // 0x1.392926p+0
    0.1953531,    // 0x1.90154ap-3
    0.02202473,   // 0x1.68da6ap-6
    0.0013414462, // 0x1.5fa6eep-10
];
/// P for `bf16`, lowest degree first.
// mutants: the same f32, or one with which all 65,536 results are right.
pub const BF16_OUTER: [f32; 3] = [
    1.4371935,  // 0x1.6febeap+0
    0.39977875, // 0x1.995f9ap-2
    0.03794604, // 0x1.36da9ep-5
];

/// An argument that is negligible compared with 1. Polynomials are evaluated no closer to 0 than
/// here, so that no number in them is subnormal; many CPUs are slow at such numbers.
// mutants: any number does that does not change 1.
// mutants delete -: for speed only.
const NEGLIGIBLE: f32 = -1.0 / (1_u64 << 40) as f32;

/// log₂ e, good enough to find the integer.
const LOG2_E: f32 = core::f32::consts::LOG2_E;
/// log₂ e to 13 bits: its product with an `f16` or a `bf16` is exact.
// mutants: the same f32, or one with which all bounds are right.
const LOG2_E_HEAD: f32 = 1.442627; // 0x1.715p+0
/// log₂ e less its head.
// mutants: the same f32, or one with which all bounds are right.
const LOG2_E_TAIL: f32 = 6.8087764e-5; // 0x1.1d94aep-14

/// 1.5·2²³. Adding it rounds to an integer, which is then in the low bits of the sum.
const ROUND_SHIFT: f32 = 12_582_912.0;

/// λα·(1 + 2⁻²²)·2ᶠ on |f| ≤ ½·(1 + 2⁻¹⁰), lowest degree first; relative error 2⁻²³·³.
///
/// Sollya: `fpminimax(…, 5, [|24, 24, 24, 24, 24, 24|], [-h; h], relative)`, see
/// `proofs/half-search/derivative.sollya`.
// mutants: the same f32, or one with which all bounds are right.
const DERIVATIVE_ABOVE: [f32; 6] = [
    1.7580999,   // 0x1.c212d6p+0
    1.2186215,   // 0x1.37f794p+0
    0.42233235,  // 0x1.b077e4p-2
    0.097587235, // 0x1.8fb7a2p-4
    0.017012216, // 0x1.16ba68p-6
    0.002333968, // 0x1.31eaf8p-9
];
/// λ·(1 + 2⁻²²).
// mutants: the same f32, or one with which all bounds are right.
const SCALE_ABOVE: f32 = 1.0507013; // 0x1.0cfac2p+0
/// The lower bound of a gradient is the upper one times this.
// mutants 9.0 -> 10.0, 9.0 -> 8.0: a larger bound; no pair that is tried needs all of it.
pub const TO_LOWER: f32 = 1.0 - 9.0 / (1 << 24) as f32;
/// Below this, a bound may be off by too much, since it, or the other one, is subnormal.
// mutants: the accurate phase gives what the bounds give.
const SMALLEST_BOUND: f32 = 2.0 * f32::MIN_POSITIVE;

/// Below this, the product of the derivative and any finite gradient rounds to 0 in `f16`. The
/// derivative here is positive, so that its product with an infinite gradient is infinite.
// mutants: a product with any gradient is 0 from −29 on.
pub const F16_DERIVATIVE_LOW: f32 = -30.0;
/// From here on the derivative is a normal `f32`.
// mutants: the derivative is a normal f32 down to −87.
pub const BF16_DERIVATIVE_LOW: f32 = -86.0;

/// selu(x) for an `f16` x.
#[inline(always)]
pub fn f16_selu<I: Isa>(x: f32) -> f32 {
    // mutants < -> <=: equal numbers.
    let clamped = if x < F16_LOW { F16_LOW } else { x };
    let negative = nested::<I, _, _>(&F16_INNER, &F16_OUTER, clamped);
    // mutants < -> <=: a zero, with its sign, either way.
    if x < 0.0 { negative } else { SCALE * x }
}

/// selu(x) for a `bf16` x.
#[inline(always)]
pub fn bf16_selu<I: Isa>(x: f32) -> f32 {
    // mutants < -> <=: equal numbers.
    let clamped = if x < BF16_LOW { BF16_LOW } else { x };
    let slope = nested_slope::<I, _, _>(&BF16_INNER, &BF16_OUTER, clamped);
    // mutants < -> <=: a zero, with its sign, either way.
    let slope = if x < 0.0 { slope } else { SCALE };
    slope * clamped
}

/// s·P(s) with s = x·Q(x).
#[inline(always)]
pub fn nested<I: Isa, const Q: usize, const P: usize>(
    inner: &[f32; Q],
    outer: &[f32; P],
    x: f32,
) -> f32 {
    let s = x * polynomial::<I, _>(inner, x);
    s * polynomial::<I, _>(outer, s)
}

/// The same divided by x, for a caller that multiplies by x in the end: even if x is subnormal,
/// nothing here is.
#[inline(always)]
pub fn nested_slope<I: Isa, const Q: usize, const P: usize>(
    inner: &[f32; Q],
    outer: &[f32; P],
    x: f32,
) -> f32 {
    // mutants < -> <=, < -> ==: for speed only.
    let x = if NEGLIGIBLE < x { NEGLIGIBLE } else { x };
    let quotient = polynomial::<I, _>(inner, x);
    quotient * polynomial::<I, _>(outer, x * quotient)
}

/// Bounds of grad·selu'(x) in `f16`, the one nearer to 0 first.
#[inline(always)]
pub fn f16_gradient_bounds<I: Isa>(x: f32, grad: f32) -> [f32; 2] {
    let exponential = exponential_above::<I>(F16_DERIVATIVE_LOW, x);
    let upper = grad * if x >= 0.0 { SCALE_ABOVE } else { exponential };
    [upper * TO_LOWER, upper]
}

/// Bounds of grad·selu'(x) in `bf16`, the one nearer to 0 first.
#[inline(always)]
pub fn bf16_gradient_bounds<I: Isa>(x: f32, grad: f32) -> [f32; 2] {
    const NEGATIVE_ZERO: u32 = 1 << 31;
    let exponential = exponential_above::<I>(BF16_DERIVATIVE_LOW, x);
    // By its bits, for a CPU that compares a subnormal number as 0. False for NaN.
    let is_linear = (x.to_bits() <= NEGATIVE_ZERO) & !x.is_nan();
    let upper = grad * if is_linear { SCALE_ABOVE } else { exponential };
    // mutants < -> <=: the accurate phase gives what the bounds give.
    let only_above = (x < BF16_DERIVATIVE_LOW) | (upper.abs() < SMALLEST_BOUND);
    // A product, so that 0 keeps its sign.
    [upper * if only_above { 0.0 } else { TO_LOWER }, upper]
}

/// λα·eˣ·(1 + ρ) for `low` ≤ x < 0. Below `low` it is the same as there, and it is NaN for NaN.
#[inline(always)]
fn exponential_above<I: Isa>(low: f32, x: f32) -> f32 {
    // mutants < -> <=: equal numbers.
    let x = if x < low { low } else { x };
    // mutants < -> <=, < -> ==: for speed only.
    let x = if NEGLIGIBLE < x { NEGLIGIBLE } else { x };
    let shifted = multiply_add::<I>(x, LOG2_E, ROUND_SHIFT);
    let count = shifted - ROUND_SHIFT;
    let near = multiply_add::<I>(x, LOG2_E_HEAD, -count);
    let fraction = multiply_add::<I>(x, LOG2_E_TAIL, near);
    let power = polynomial::<I, _>(&DERIVATIVE_ABOVE, fraction);
    // The low bits of a NaN that was widened are 0, so it stays a NaN.
    f32::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// The polynomial with these coefficients, lowest degree first, by Horner's scheme.
#[inline(always)]
fn polynomial<I: Isa, const N: usize>(coefficients: &[f32; N], x: f32) -> f32 {
    let mut value = coefficients[N - 1];
    for i in (0..N - 1).rev() {
        value = multiply_add::<I>(value, x, coefficients[i]);
    }
    value
}

/// `a·b + c`, with one rounding if `I::FUSED`, with two if not.
#[inline(always)]
fn multiply_add<I: Isa>(a: f32, b: f32, c: f32) -> f32 {
    #[cfg(feature = "std")]
    if I::FUSED {
        return a.mul_add(b, c);
    }
    a * b + c
}
