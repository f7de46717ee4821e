//! SELU and ELU of `f32`, and back-propagation through them, correctly rounded.
//!
//! Everything is computed in `f64` and rounded once, at the end.
//!
//! # Method
//!
//! 1. x = n·ln 2/16 + r with an integer n = 16·k + j, so |r| ≤ ln 2/32 · (1 + 2⁻¹⁰): Cody–Waite
//!    reduction, with ln 2/16 in one part or, far from 0, in two.
//! 2. S = A·2^(n/16): A·2^(j/16) from a table (Tang's method), and k added to its exponent bits.
//! 3. p(r) = (eʳ − 1)/r by a polynomial of degree 5.
//! 4. A·(eˣ − 1) = S·eʳ − A = (S − A) + S·r·p(r). For small |x|, n is 0 and S − A is exactly
//!    0: nothing cancels. The derivative is S·eʳ = S + S·r·p(r).
//! 5. For x ≥ 0 and for −0 (whose sign step 4 would lose): λ·x.
//!
//! # Error
//!
//! The error of A·(eˣ − 1) before it is rounded to `f32`, in units of 2⁻⁵³ of the result, in the
//! worst case: without FMA, at n = −1, where the result is small beside the two numbers that it is
//! the difference of.
//!
//! | source | at most |
//! |---|---|
//! | S and A, which are rounded | 24.3 |
//! | r: ln 2/16 and, without FMA, n times that, are rounded | 2.8 |
//! | S·r·p: the polynomial (Sollya certifies 2⁻⁵⁰), its evaluation, the products | 11.7 |
//! | the sum | 1 |
//!
//! together below 2⁻⁴⁷·⁶. So `selu` is correctly rounded unless λα(eˣ − 1) lies within 2⁻⁴⁷·⁶ of
//! the midpoint between two neighbouring `f32`. For a few x it does, and no bound decides those:
//! `tests/exact/exhaustive.rs` tries all 2³² inputs, on every instruction set and so with fused and
//! with unfused arithmetic, and finds every one correctly rounded.
//!
//! A product with a gradient or an alpha has at least 2⁶⁴ inputs, too many to try. A lower and an
//! upper bound, further apart than the error, are both rounded (Ziv's test); where they differ,
//! once in 2²² values, `exact.rs` decides. `proofs/products.py` adds up the error for every n: the
//! products use at most 0.63 of the distance, and those of a derivative 0.08.

#[cfg(test)]
mod margins;

use super::arithmetic::{ROUND_SHIFT, bits, multiply_add, power_of_two, widen};
use super::tables::{
    ELU_16, EXP_M1_OVER_R_16, INV_LN_2_16TH, LN_2_16TH_HEAD, LN_2_64TH_HEAD, LN_2_64TH_TAIL,
    SCALE_HEAD, SELU_16, Table,
};
use super::{Kernel, Results, SOFTWARE_F64, ScaledElu, Selu, integer};
use crate::consts::{SCALE_ALPHA_TAIL, f64::SCALE_ALPHA};
use crate::simd::Isa;

/// Below this, A·(eˣ − 1) is −A to within 2⁻⁵⁷.
// mutants: e⁻³⁹ and e⁻⁴¹ are both below half a place of −A.
const LOWEST: f64 = -40.0;

/// Below this, the derivative times any finite factors is 0: e⁻⁴⁰⁰·2³⁸⁴ < 2⁻¹⁵⁰. The derivative
/// itself is positive there, so that its product with an infinite gradient is infinite.
// mutants: a product vanishes there whatever its factors are.
const LOWEST_OF_DERIVATIVE: f64 = -400.0;

/// ln 2/16 to 36 bits, so that its product with an integer below 2¹⁷ is exact …
const LN_2_16TH_SHORT_HEAD: f64 = 4.0 * LN_2_64TH_HEAD;
/// … and what is missing.
const LN_2_16TH_SHORT_TAIL: f64 = 4.0 * LN_2_64TH_TAIL;

/// More than the relative error of a product, in either arithmetic.
// mutants 47 -> 46: a larger bound.
const PRODUCT_ERROR: f64 = power_of_two(-47);

/// A product times these encloses the exact one.
pub(super) const PRODUCT_BOUNDS: [f64; 2] = [1.0 - PRODUCT_ERROR, 1.0 + PRODUCT_ERROR];

/// The parts that a function of one value is computed from.
struct Expansion {
    /// The value, raised to a lower limit below which it makes no difference.
    x: f64,
    /// Whether x ≥ 0; false for NaN …
    is_positive: bool,
    /// … and once more, for a second choice: where there is one value, two choices by one condition
    /// would be compiled to a branch.
    is_linear: bool,
    /// S.
    power: f64,
    /// S·r …
    slope: f64,
    /// … and p(r), so that A·eˣ is S + S·r·p(r).
    p: f64,
}

impl Expansion {
    /// A·(eˣ − 1).
    #[inline(always)]
    fn exp_m1<I: Isa>(&self, table: &Table<16>) -> f64 {
        multiply_add::<I>(self.slope, self.p, self.power - table.base)
    }

    /// A·eˣ.
    #[inline(always)]
    fn exp<I: Isa>(&self) -> f64 {
        multiply_add::<I>(self.slope, self.p, self.power)
    }
}

/// Calls `finish` with the index and the expansion of each value. With `FAR`, for values down to
/// `LOWEST_OF_DERIVATIVE`, where n times the rounding error of ln 2/16 would matter.
#[inline(always)]
fn expand<I: Isa, const FAR: bool, const N: usize>(
    isa: I,
    table: &Table<16>,
    x: &[f32; N],
    mut finish: impl FnMut(usize, Expansion),
) {
    let fma = multiply_add::<I>;
    let lowest = if FAR { LOWEST_OF_DERIVATIVE } else { LOWEST };
    let mut clamped = [0.0; N];
    let mut shifted = [0.0; N];
    for i in 0..N {
        // The comparison is false for NaN, which therefore stays NaN.
        let x = f64::from(x[i]);
        // mutants < -> <=: equal numbers.
        clamped[i] = if x < lowest { lowest } else { x };
        shifted[i] = fma(clamped[i], INV_LN_2_16TH, ROUND_SHIFT);
    }
    let powers = isa.look_up(&table.powers, &bits(&shifted));
    for i in 0..N {
        let n = shifted[i] - ROUND_SHIFT;
        let r = if FAR {
            fma(-n, LN_2_16TH_SHORT_TAIL, fma(-n, LN_2_16TH_SHORT_HEAD, clamped[i]))
        } else {
            fma(-n, LN_2_16TH_HEAD, clamped[i])
        };
        // n·2⁴⁸ is k in the exponent and j·2⁴⁸, which the entries lack.
        let power = f64::from_bits(powers[i].wrapping_add(shifted[i].to_bits() << 48));
        let [c0, c1, c2, c3, c4, c5] = EXP_M1_OVER_R_16;
        // mutants 1 -> 0, 1 -> 2, && -> ||, > -> ==, > -> >=, > -> <: the same in another order.
        let p = if I::FUSED && N > 1 {
            fma(r, fma(r, fma(r, fma(r, fma(r, c5, c4), c3), c2), c1), c0)
        } else {
            // More operations at a time, for when there are few values to overlap.
            let r2 = r * r;
            fma(fma(fma(c5, r, c4), r2, fma(c3, r, c2)), r2, fma(c1, r, c0))
        };
        // mutants: the other way says the same, more slowly.
        // mutants == -> !=: the other way says the same, more slowly.
        let (is_positive, is_linear) = if N == 1 {
            // Comparing x itself, which is an f32, and then choosing between two f64 would become a
            // branch, which is mispredicted half of the time. So would a comparison of the f64, if
            // it were not the result of an operation.
            let x = if FAR { signed(x[i], clamped[i]) } else { SCALE_HEAD * clamped[i] };
            // mutants > -> >=: x is never that number.
            (x >= 0.0, x > -f64::MIN_POSITIVE)
        } else {
            let is_positive = if FAR { is_positive(x[i]) } else { clamped[i] >= 0.0 };
            (is_positive, is_positive)
        };
        let slope = power * r;
        finish(i, Expansion { x: clamped[i], is_positive, is_linear, power, slope, p });
    }
}

/// The sign bit if x < 0, else 0; unspecified for NaN. This goes by the bits, since the CPU may
/// treat a subnormal number as 0. (The compiler would turn a comparison of the bits with 0 into one
/// of the numbers.)
#[inline(always)]
fn sign(x: f32) -> u32 {
    let bits = x.to_bits();
    // Both words have the sign bit set if x < 0, but not if x is −0.
    bits & bits.wrapping_sub(1) & 1 << 31
}

/// Whether x ≥ 0; false for NaN.
#[inline(always)]
fn is_positive(x: f32) -> bool {
    (sign(x) as i32 >= 0) & !x.is_nan()
}

/// A normal number that is negative if x < 0, and positive else; NaN for NaN. `wide` is x as an
/// `f64`.
#[inline(always)]
fn signed(x: f32, wide: f64) -> f64 {
    // mutants 1 -> 2, 52 -> 53, | -> ^: any bit of the exponent does; none is set in two numbers.
    f64::from_bits(wide.to_bits() & !(1 << 63) | 1 << 52 | u64::from(sign(x)) << 32)
}

/// A block of products, each rounded from below and from above. Not a method that takes a closure:
/// that is not always inlined, and back-propagation took 2.74 ns a value with it in place of 0.41.
macro_rules! products {
    ($function:ident($($argument:expr),*)) => {{
        let mut values = [0.0; N];
        let mut open = [0; N];
        // mutants: if all is open, the accurate phase decides everything, slowly.
        let mut any_open = 0;
        $function($($argument),*, PRODUCT_BOUNDS, |i, [lower, upper]| {
            let (lower, upper) = (lower as f32, upper as f32);
            values[i] = upper;
            // By their bits, so that NaN counts as decided, too.
            open[i] = lower.to_bits() ^ upper.to_bits();
            any_open |= open[i];
        });
        Results { values, open, any_open }
    }};
}

/// Calls `finish` with bounds of grad[i]·selu'(x[i]), the one nearer to 0 first: its value here
/// times `below` and `above`.
#[inline(always)]
pub(super) fn selu_gradients<I: Isa, const N: usize>(
    isa: I,
    x: &[f32; N],
    grad: &[f32; N],
    [below, above]: [f64; 2],
    mut finish: impl FnMut(usize, [f64; 2]),
) {
    expand::<I, true, N>(isa, &SELU_16, x, |i, expansion| {
        let derivative = if expansion.is_positive { SCALE_HEAD } else { expansion.exp::<I>() };
        let product = f64::from(grad[i]) * derivative;
        finish(i, [product * below, product * above]);
    });
}

/// Calls `finish` with such bounds of each value of `function`. For x ≥ 0 they are equal: the
/// product is exact.
#[inline(always)]
pub(super) fn scaled_elu_values<I: Isa, const N: usize>(
    isa: I,
    function: ScaledElu<f32>,
    x: &[f32; N],
    [below, above]: [f64; 2],
    mut finish: impl FnMut(usize, [f64; 2]),
) {
    let ScaledElu { alpha, scale } = widened(function);
    let (below, above) = (scale * alpha * below, scale * alpha * above);
    expand::<I, false, N>(isa, &ELU_16, x, |i, expansion| {
        let linear = scale * expansion.x;
        let exp_m1 = expansion.exp_m1::<I>(&ELU_16);
        let lower = if expansion.is_positive { linear } else { below * exp_m1 };
        let upper = if expansion.is_linear { linear } else { above * exp_m1 };
        finish(i, [lower, upper]);
    });
}

/// Calls `finish` with such bounds of each grad[i] times the derivative of `function`. For x ≥ 0
/// they are equal: the product is exact.
#[inline(always)]
pub(super) fn scaled_elu_gradients<I: Isa, const N: usize>(
    isa: I,
    function: ScaledElu<f32>,
    x: &[f32; N],
    grad: &[f32; N],
    [below, above]: [f64; 2],
    mut finish: impl FnMut(usize, [f64; 2]),
) {
    let ScaledElu { alpha, scale } = widened(function);
    let (below, above) = (scale * alpha * below, scale * alpha * above);
    expand::<I, true, N>(isa, &ELU_16, x, |i, expansion| {
        let grad = f64::from(grad[i]);
        let exp = expansion.exp::<I>();
        let lower = if expansion.is_positive { scale } else { below * exp };
        let upper = if expansion.is_linear { scale } else { above * exp };
        finish(i, [grad * lower, grad * upper]);
    });
}

/// Calls `finish` with such bounds of each grad[i] times the derivative of a function with positive
/// constants at its output y[i]. scale·alpha has a head and a tail.
///
/// Where y + scale·alpha cancels, the sum with the head is exact. If it is, and has no more digits
/// than a midpoint, so is the product, and the bounds are equal: bounds on either side of a midpoint
/// cannot tell it, and no number of more digits has a product that is one.
#[inline(always)]
pub(super) fn gradients_from_output<const N: usize>(
    FromOutput { scale, head, tail, is_exact, midpoint_digits }: FromOutput,
    y: &[f32; N],
    grad: &[f32; N],
    [below, above]: [f64; 2],
    mut finish: impl FnMut(usize, [f64; 2]),
) {
    // mutants * -> /: the bounds change places.
    let scales = if is_exact { [scale; 2] } else { [scale * below, scale * above] };
    for i in 0..N {
        // Unchanged unless it is 0. If that is what the CPU makes of a subnormal y, no sum is exact.
        // (Software does not.)
        // mutants: any number does that is far below the smallest scale·alpha.
        // mutants - -> +: any number does that is far below the smallest scale·alpha.
        let wide_y = f64::from(y[i]) - if SOFTWARE_F64 { 0.0 } else { power_of_two(-400) };
        let grad = f64::from(grad[i]);
        let sum = (wide_y + head) + tail;
        // mutants 11 -> 10, 11 -> 12: one digit less leaves more open, one more is exact as well.
        let is_short = sum.to_bits() << (11 + midpoint_digits) == 0;
        let sum_is_exact = is_exact & (sum - head == wide_y) & is_short;
        // mutants < -> <=: 0 either way.
        let negative = if sum < 0.0 { 0.0 } else { sum }; // NaN stays
        let is_positive = is_positive(y[i]);
        let lower = if sum_is_exact { negative } else { below * negative };
        let upper = if sum_is_exact { negative } else { above * negative };
        let lower = if is_positive { scales[0] } else { lower };
        // mutants 1 -> 0: only just below a midpoint there are products so near to it that it matters.
        let upper = if is_positive { scales[1] } else { upper };
        finish(i, [grad * lower, grad * upper]);
    }
}

/// The constants of a derivative as a function of the output.
pub(super) struct FromOutput {
    scale: f64,
    /// Whether scale and head are exact, and the tail is 0.
    is_exact: bool,
    /// scale·alpha, as a head and a tail.
    head: f64,
    tail: f64,
    midpoint_digits: u32,
}

/// Those of SELU.
pub(super) const SELU_FROM_OUTPUT: FromOutput = FromOutput {
    scale: SCALE_HEAD,
    is_exact: false,
    head: SCALE_ALPHA,
    tail: SCALE_ALPHA_TAIL,
    // mutants: nothing is exact.
    midpoint_digits: 0,
};

/// Those of `function`, which are exact, for results of so many digits.
#[inline(always)]
pub(super) fn from_output(function: ScaledElu<f32>, digits: u32) -> FromOutput {
    let ScaledElu { alpha, scale } = widened(function);
    FromOutput {
        scale,
        is_exact: true,
        head: scale * alpha,
        tail: 0.0,
        // mutants 1 -> 0, 1 -> 2, + -> -, + -> *: as for the 11.
        midpoint_digits: digits + 1,
    }
}

impl Kernel<f32> for Selu {
    #[inline(always)]
    fn values<I: Isa, const N: usize>(self, isa: I, x: &[f32; N]) -> Results<f32, N> {
        if SOFTWARE_F64 {
            return Results::decided(x.map(integer::selu));
        }
        let mut values = [0.0; N];
        expand::<I, false, N>(isa, &SELU_16, x, |i, expansion| {
            let negative = expansion.exp_m1::<I>(&SELU_16);
            let value = if expansion.is_positive { SCALE_HEAD * expansion.x } else { negative };
            values[i] = value as f32;
        });
        Results::decided(values)
    }

    #[inline(always)]
    fn gradients<I: Isa, const N: usize>(
        self,
        isa: I,
        x: &[f32; N],
        grad: &[f32; N],
    ) -> Results<f32, N> {
        if SOFTWARE_F64 {
            return Results::each(|i| {
                // The derivative itself needs no rounding test, nor the flash of what is behind it.
                // mutants 1_ -> 0, 1_ -> 2, == -> !=: on microcontrollers only.
                if grad[i].to_bits() == 1_f32.to_bits() {
                    // mutants 0 -> 1: for speed only.
                    return (integer::selu_grad(x[i]), 0);
                }
                from_bits(integer::gradient::<f32>(self, x[i], grad[i]))
            });
        }
        products!(selu_gradients(isa, x, grad))
    }

    #[inline(always)]
    fn gradients_from_output<I: Isa, const N: usize>(
        self,
        _: I,
        y: &[f32; N],
        grad: &[f32; N],
    ) -> Results<f32, N> {
        products!(gradients_from_output(SELU_FROM_OUTPUT, y, grad))
    }
}

fn from_bits((bits, open): (u32, u32)) -> (f32, u32) {
    // mutants body: on microcontrollers only.
    (f32::from_bits(bits), open)
}

#[inline(always)]
fn widened(ScaledElu { alpha, scale }: ScaledElu<f32>) -> ScaledElu<f64> {
    ScaledElu { alpha: widen(alpha), scale: widen(scale) }
}

impl Kernel<f32> for ScaledElu<f32> {
    #[inline(always)]
    fn values<I: Isa, const N: usize>(self, isa: I, x: &[f32; N]) -> Results<f32, N> {
        if SOFTWARE_F64 {
            return Results::each(|i| from_bits(integer::value::<f32>(self, x[i])));
        }
        products!(scaled_elu_values(isa, self, x))
    }

    #[inline(always)]
    fn gradients<I: Isa, const N: usize>(
        self,
        isa: I,
        x: &[f32; N],
        grad: &[f32; N],
    ) -> Results<f32, N> {
        if SOFTWARE_F64 {
            return Results::each(|i| from_bits(integer::gradient::<f32>(self, x[i], grad[i])));
        }
        products!(scaled_elu_gradients(isa, self, x, grad))
    }

    #[inline(always)]
    fn gradients_from_output<I: Isa, const N: usize>(
        self,
        _: I,
        y: &[f32; N],
        grad: &[f32; N],
    ) -> Results<f32, N> {
        products!(gradients_from_output(from_output(self, f32::MANTISSA_DIGITS), y, grad))
    }
}
