//! SELU, its derivative and the gradient that flows back through it, for the types of 16 bits in
//! lanes of `f32`.
//!
//! An argument of 16 bits goes into an `f32` without loss. The functions here compute in `f32`, and
//! what they return is rounded once more, to the 11 bits of `f16` or the 8 of `bf16`.
//!
//! # SELU
//!
//! 1. c = max(x, low). At `low` the result is already what it is at −∞.
//! 2. s = c·Q(c), a polynomial without a constant term.
//! 3. For x < 0 the result is s·P(s), a second one; otherwise it is λ·x.
//!
//! Two short polynomials, one inside the other, do what a single one of their sizes could not: the
//! composition has degree 20 (`f16`) and 12 (`bf16`) from nine and seven coefficients, and needs
//! neither an exponential nor a table. Near 0 it behaves like x·Q(0)·P(0), so small results keep
//! their digits.
//!
//! # The derivative
//!
//! 1. c is x clamped to [low, −2⁻⁴⁰]; below `low` the result is 0 or can no longer be told from it.
//! 2. x·log₂ e = k + f with an integer k and |f| ≤ ½, by adding and subtracting 1.5·2²³. log₂ e is
//!    split into a head of 13 bits, whose product with x is exact, and a tail.
//! 3. λα·2ᶠ is a polynomial of degree 5, and k is added to its exponent bits.
//! 4. For x ≥ 0 the result is λ.
//!
//! # The product of a gradient and the derivative
//!
//! Two bounds, then a decision. Call the derivative D, and let E = 1.25·2⁻²².
//!
//! 1. The coefficients of the derivative, multiplied by 1 + E, give D·(1 + ρ) with
//!    2⁻²⁴ < ρ < 2⁻²¹. This is the only inequality that depends on x, and there are few enough x
//!    to try them all.
//! 2. upper = RN(grad·D·(1 + ρ)). Rounding loses at most 2⁻²⁴, so |upper| > |grad|·D.
//! 3. lower = RN(upper·(1 − 2E)). Two roundings and ρ gain less than 2⁻²¹ + 2·2⁻²⁴ = 2E,
//!    so |lower| < |grad|·D.
//! 4. Rounding to 16 bits is monotonic. Where both bounds round to the same number, it is the
//!    correctly rounded product. Where they do not, the product is *undecided*, and a more precise
//!    kernel has to decide.
//!
//! Steps 2 and 3 hold while no bound is a subnormal `f32`, which in `f16` is always, since there
//! 2⁻²⁴·e⁻³⁰ is the smallest product other than 0. In `bf16` the lower bound becomes 0 where the
//! upper one is that small, and also where x is so low that the clamp makes the derivative too
//! large. A product is then decided only if it certainly rounds to 0.
//!
//! A gradient of 0 has two bounds of 0 with the sign of the gradient, and an infinite one has two
//! infinite bounds (unless x is below the clamp of `bf16`), so a mask of zeros costs nothing.
//!
//! # Where the coefficients come from, and why they are right
//!
//! No error bound shows that SELU and its derivative are correctly rounded: the coefficients were
//! found by a search that tries all 65,536 arguments, with multiplication and addition in one
//! rounding and in two (`proofs/half-search`). The proof is that there are no other arguments.
//! `tests/half.rs` repeats it on every instruction set.
//!
//! Subnormal `f16` numbers are normal as `f32`, and nothing here becomes a subnormal `f32` on the
//! way to a result that matters in `f16`: a CPU that flushes subnormals to zero gives the same
//! results. In `bf16` it flushes those arguments and results that are subnormal themselves.

use crate::consts::f32::SCALE;

/// selu(−8) and all below it round to −λα in `f16`, and so does the value of the polynomials here.
pub const F16_SELU_LOW: f32 = -7.75;

/// Q for `f16`, lowest degree first.
pub const F16_INNER: [f32; 4] = [
    0.9454713,    // 0x1.e414cap-1
    0.084837794,  // 0x1.5b7ee6p-4
    0.0060267104, // 0x1.8af742p-8
    0.0003156517, // 0x1.4afc0ap-12
];

/// P for `f16`, lowest degree first.
pub const F16_OUTER: [f32; 5] = [
    1.8594952,   // 0x1.dc07e0p+0
    0.8068888,   // 0x1.9d2088p-1
    0.18025257,  // 0x1.71284ap-3
    0.020789895, // 0x1.549f24p-6
    0.00099232,  // 0x1.0420c2p-10
];

/// The same for `bf16`.
pub const BF16_SELU_LOW: f32 = -6.0625;

/// Q for `bf16`, lowest degree first.
pub const BF16_INNER: [f32; 4] = [
    0.95835173,   // 0x1.eaad14p-1
    0.15219666,   // 0x1.37b2e0p-3
    0.017451229,  // 0x1.1deb70p-6
    0.0011182961, // 0x1.252856p-10
];

/// P for `bf16`, lowest degree first.
pub const BF16_OUTER: [f32; 3] = [
    1.8345008,  // 0x1.d5a1d8p+0
    0.65337175, // 0x1.4e86bcp-1
    0.07972967, // 0x1.4692a8p-4
];

/// An argument that is as good as 0 beside 1. Polynomials are evaluated no closer to 0 than here, so
/// that their intermediate results are no subnormal numbers, which many CPUs are slow at.
const NEGLIGIBLE: f32 = -1.0 / (1_u64 << 40) as f32;

/// log₂ e to `f32` precision, to find the integer.
const LOG2_E: f32 = core::f32::consts::LOG2_E;
/// log₂ e to 13 bits: the product with an `f16` or `bf16` is exact.
const LOG2_E_HEAD: f32 = 1.442626953125; // 0x1.715p+0
/// log₂ e less its head.
const LOG2_E_TAIL: f32 = 6.8087764e-5; // 0x1.1d94aep-14

/// Adding it rounds to an integer, which then is in the lowest bits.
const ROUND_SHIFT: f32 = 12_582_912.0; // 1.5·2²³

/// λα·2ᶠ on |f| ≤ ½·(1 + 2⁻¹⁰), lowest degree first, for the derivative of both types.
pub const DERIVATIVE: [f32; 6] = [
    1.7580993,
    1.2186226,
    0.4223453,
    0.09756412,
    0.016943747,
    0.0024136582,
];

/// Below it the derivative rounds to 0 in `f16`, and so does its product with any gradient that is
/// not infinite. It is above 0 all the same, so that an infinite gradient stays infinite.
pub const F16_DERIVATIVE_LOW: f32 = -30.0;
/// Below it the derivative rounds to 0 in `bf16`.
pub const BF16_DERIVATIVE_LOW: f32 = -94.0;
/// What the derivative of `bf16` is multiplied by until the end, since it may become subnormal.
const AWAY_FROM_UNDERFLOW: f32 = (1_u128 << 64) as f32;
/// From here on the derivative is a normal `f32`.
pub const BF16_PRODUCT_LOW: f32 = -86.0;

/// E: more than the relative error of the product, and as little as it takes.
const PRODUCT_ERROR: f64 = 1.25 / (1_u64 << 22) as f64;
/// λα·2ᶠ on |f| ≤ ½·(1 + 2⁻¹⁰) to a relative error of 2⁻²³·⁵, multiplied by 1 + E.
pub const DERIVATIVE_ABOVE: [f32; 6] = scaled(
    [
        1.75809943675994873046875,
        1.21862113475799560546875,
        0.4223332107067108154296875,
        9.758834540843963623046875e-2,
        1.700902543962001800537109375e-2,
        2.330235205590724945068359375e-3,
    ],
    1.0 + PRODUCT_ERROR,
);
/// λ·(1 + E).
const SCALE_ABOVE: f32 = (crate::consts::f64::SCALE * (1.0 + PRODUCT_ERROR)) as f32;
/// From the upper bound of a product to the lower one; exact.
const TO_LOWER: f32 = (1.0 - 2.0 * PRODUCT_ERROR) as f32;
/// A bound below it may be off by more than its share of E.
const SMALLEST_BOUND: f32 = 2.0 * f32::MIN_POSITIVE;

const fn scaled<const N: usize>(coefficients: [f64; N], factor: f64) -> [f32; N] {
    let mut scaled = [0.0; N];
    let mut i = 0;
    while i < N {
        scaled[i] = (coefficients[i] * factor) as f32;
        i += 1;
    }
    scaled
}

const fn widened<const N: usize>(coefficients: [f32; N]) -> [f64; N] {
    let mut widened = [0.0; N];
    let mut i = 0;
    while i < N {
        widened[i] = coefficients[i] as f64;
        i += 1;
    }
    widened
}

/// selu(x) for an `f16` x.
#[inline(always)]
pub fn f16_selu<const FUSED: bool>(x: f32) -> f32 {
    let clamped = if x < F16_SELU_LOW { F16_SELU_LOW } else { x };
    let negative = nested::<FUSED, _, _>(&F16_INNER, &F16_OUTER, clamped);
    if x < 0.0 { negative } else { SCALE * x }
}

/// selu(x) for a `bf16` x.
#[inline(always)]
pub fn bf16_selu<const FUSED: bool>(x: f32) -> f32 {
    let clamped = if x < BF16_SELU_LOW { BF16_SELU_LOW } else { x };
    let slope = nested_slope::<FUSED, _, _>(&BF16_INNER, &BF16_OUTER, clamped);
    let slope = if x < 0.0 { slope } else { SCALE };
    slope * clamped
}

/// s·P(s) with s = x·Q(x).
#[inline(always)]
pub fn nested<const FUSED: bool, const Q: usize, const P: usize>(
    inner: &[f32; Q],
    outer: &[f32; P],
    x: f32,
) -> f32 {
    let s = x * polynomial::<FUSED, _>(inner, x);
    s * polynomial::<FUSED, _>(outer, s)
}

/// Q(x)·P(s) with s = x·Q(x): the same divided by x, so that the caller multiplies by a subnormal x
/// once, and nothing else is subnormal.
#[inline(always)]
pub fn nested_slope<const FUSED: bool, const Q: usize, const P: usize>(
    inner: &[f32; Q],
    outer: &[f32; P],
    x: f32,
) -> f32 {
    let x = if NEGLIGIBLE < x { NEGLIGIBLE } else { x };
    let quotient = polynomial::<FUSED, _>(inner, x);
    let s = x * quotient;
    quotient * polynomial::<FUSED, _>(outer, s)
}

/// selu'(x) for an `f16` x.
#[inline(always)]
pub fn f16_derivative<const FUSED: bool>(x: f32) -> f32 {
    let exponential = exponential::<FUSED>(&DERIVATIVE, F16_DERIVATIVE_LOW, x);
    if x >= 0.0 { SCALE } else { exponential }
}

/// selu'(x) for a `bf16` x.
#[inline(always)]
pub fn bf16_derivative<const FUSED: bool>(x: f32) -> f32 {
    const COEFFICIENTS: [f32; 6] = scaled(widened(DERIVATIVE), AWAY_FROM_UNDERFLOW as f64);
    let exponential = exponential::<FUSED>(&COEFFICIENTS, BF16_DERIVATIVE_LOW, x);
    let exponential = exponential * (1.0 / AWAY_FROM_UNDERFLOW);
    if is_linear(x) { SCALE } else { exponential }
}

/// Bounds of grad·selu'(x) for an `f16` x, the one nearer to 0 first.
#[inline(always)]
pub fn f16_product_bounds<const FUSED: bool>(x: f32, grad: f32) -> [f32; 2] {
    let exponential = exponential::<FUSED>(&DERIVATIVE_ABOVE, F16_DERIVATIVE_LOW, x);
    let derivative = if x >= 0.0 { SCALE_ABOVE } else { exponential };
    let upper = grad * derivative;
    [upper * TO_LOWER, upper]
}

/// Bounds of grad·selu'(x) for a `bf16` x, the one nearer to 0 first.
#[inline(always)]
pub fn bf16_product_bounds<const FUSED: bool>(x: f32, grad: f32) -> [f32; 2] {
    let exponential = exponential::<FUSED>(&DERIVATIVE_ABOVE, BF16_PRODUCT_LOW, x);
    let derivative = if is_linear(x) { SCALE_ABOVE } else { exponential };
    let upper = grad * derivative;
    let unproved = (x < BF16_PRODUCT_LOW) | (upper.abs() < SMALLEST_BOUND);
    // A product, so that 0 keeps its sign.
    let to_lower = if unproved { 0.0 } else { TO_LOWER };
    [upper * to_lower, upper]
}

/// Whether x ≥ 0, also on a CPU that takes a subnormal x for 0. False for NaN.
#[inline(always)]
fn is_linear(x: f32) -> bool {
    const NEGATIVE_ZERO: u32 = 1 << 31;
    (x.to_bits() <= NEGATIVE_ZERO) & !x.is_nan()
}

/// eˣ times the value of `coefficients` at 0, for `low` ≤ x < 0. Nearly the same as at `low` for
/// what is below, nearly the same as at 0 for what is above, and NaN for NaN.
#[inline(always)]
pub fn exponential<const FUSED: bool>(coefficients: &[f32; 6], low: f32, x: f32) -> f32 {
    let x = if x < low { low } else { x };
    let x = if NEGLIGIBLE < x { NEGLIGIBLE } else { x };
    let shifted = multiply_add::<FUSED>(x, LOG2_E, ROUND_SHIFT);
    let count = shifted - ROUND_SHIFT;
    let near = multiply_add::<FUSED>(x, LOG2_E_HEAD, -count);
    let fraction = multiply_add::<FUSED>(x, LOG2_E_TAIL, near);
    let power = polynomial::<FUSED, _>(coefficients, fraction);
    // The lowest bits of a NaN are 0, so it stays one.
    f32::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// By Horner's scheme.
#[inline(always)]
fn polynomial<const FUSED: bool, const N: usize>(coefficients: &[f32; N], x: f32) -> f32 {
    let mut value = coefficients[N - 1];
    for i in (0..N - 1).rev() {
        value = multiply_add::<FUSED>(value, x, coefficients[i]);
    }
    value
}

/// `a·b + c`, in one rounding where `FUSED`, in two where not.
#[inline(always)]
fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    // `core` has no fused operation: without `std` no instruction set is `FUSED`.
    #[cfg(feature = "std")]
    if FUSED {
        return a.mul_add(b, c);
    }
    a * b + c
}
