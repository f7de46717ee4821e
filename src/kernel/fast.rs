//! SELU and ELU of `f32`, and back-propagation through them, in `f32` lanes: a second way to
//! compute the same functions, faithfully rounded, in half of the time.
//!
//! It needs fused multiply-add (`fma` below). Without it, and for an alpha that it is not made for,
//! `Fast(f)` is `f`.
//!
//! # Method
//!
//! For x < 0, with A = λα, or alpha for ELU:
//!
//! 1. x is raised to −25·ln 2, where step 4 gives −A, rounded.
//! 2. x = n·ln 2 + r with an integer n, so |r| ≤ ln 2/2. The low bits of x/ln 2 + `SHIFT` are n
//!    plus the exponent's bias; shifted to the exponent, they are s = 2ⁿ. One number for ln 2 is
//!    enough, since its error has weight A·s.
//! 3. A = H + L, and H has so few digits that D = H·(1 − s) is exact:
//!
//!    ```text
//!    A·(eˣ − 1) = s·e − D,    e = A·(eʳ − 1) − W,    W = L·(1/s − 1)
//!    ```
//!
//!    L/s is L with n taken from its exponent.
//! 4. e = A·r + (r·(A' + r·q(r)) − W), where A' is what A lost when it was rounded, and q has
//!    degree 4; then s·e − D. Either is one fma: A·r is not rounded, and only the last rounding
//!    counts in full. r², which would underflow early, is not formed.
//!
//! For n = 0, s is 1, and D and W are 0: the result is e, nothing cancels, and −0 stays −0. For
//! x ≥ 0 it is fma(x, λ − 1, x), and for ELU x.
//!
//! The derivative is h + l, two `f32`, times 2ⁿ. h is fma(r, A, A''), where A'' is a little less
//! than A; l has the rounding error of that, what A'' and the ln 2 of step 2 lack, and r²·q. A''
//! makes l positive, lest an infinite gradient give ∞ − ∞. For x ≥ 0, h + l is λ.
//!
//! # Error
//!
//! Of the value near x = −0.35, where n is −1 and the result just above ½, in its ULP: 0.5 of the
//! last rounding, 0.25 of e, which is below 1, 0.13 of what is added to A·r, 0.06 of L, 0.04 of
//! ln 2, and the polynomial. That is too close to 1 for a proof on paper: q was found by a search
//! among its neighbours, and *the proof is the enumeration*. `tests/exact/fast.rs` tries all 2³²
//! inputs of SELU, and of ELU with alpha 1; a change of a constant or of the order of operations
//! needs it anew.
//!
//! A product with a gradient is fma(grad, h, grad·l), times 2ⁿ: grad·(h + l) to 2⁻²⁴ of grad·l,
//! rounded once. Together with that, h + l misses the derivative by less than 2⁻²⁵ of it, so that
//! the product lies between the right two numbers whatever the gradient is, as long as the product
//! does not nearly underflow and x ≥ −81. In units of 2⁻²⁵, at r = −ln 2/2, where they are largest:
//!
//! | source | at most |
//! |---|---|
//! | q, its product with r, l, and grad·l, rounded | 4·0.16 |
//! | the polynomial (`proofs/fast.sollya`), its coefficients, the other steps | 0.3 |
//! | what n times the error of ln 2 needs of l, at x = −81 | 0.3 |
//!
//! A test below finds at most 0.81 in all, for SELU and for ELU with alpha 1. At x = −174 it is
//! 1.4, and where the product underflows, four roundings and that are less than 1.5 ULP.

use super::contract::{Kernel, Results};
use super::exact::Factors;
use super::functions::{ScaledElu, Selu};
use crate::consts::{self, SCALE_ALPHA_TAIL};
use crate::simd::Isa;
use core::f32::consts::{LN_2, LOG2_E};
#[cfg(not(feature = "std"))]
use num_traits::Float; // `mul_add`, for code that no instruction set runs without `std`

/// −25·ln 2.
// mutants: a little further up or down the result is the one at −∞, too.
const LOWEST: f32 = -17.32868; // -0x1.154246p+4
/// Below this, the derivative is taken to be what it is here, 4·10⁻⁷⁶.
// mutants 174.0 -> 175.0: nothing underflows there yet.
const LOWEST_OF_DERIVATIVE: f32 = -174.0;
/// Nothing overflows or underflows for any alpha from this to its inverse.
// mutants 65536.0 -> 65537.0: a little more does, too.
const LEAST_ALPHA: f32 = 1.0 / 65536.0;
/// 2⁻³⁴.
// mutants: any number so small does.
const LEAST_TAIL: f32 = 1.0 / (1_u64 << 34) as f32;

/// What `LN_2` lacks.
const LN_2_TAIL: f32 = -1.9046543e-9; // -0x1.05c61p-29
/// λ − 1.
// mutants: the results stay faithful.
const SCALE_LESS_1: f32 = 0.05070099; // 0x1.9f57aep-5
/// λ, rounded down, and the rest.
const SCALE: [f32; 2] = [1.0507009, 8.441664e-8]; // 0x1.0cfabcp+0, 0x1.6a9114p-24
/// 1.5·2²³ + 127: a number that it is added to is rounded to an integer, which, with the bias of an
/// exponent, then stands in the low bits of the sum.
const SHIFT: f32 = 12_583_039.0;
/// 1.5·2²³ + 2·127: the same for the exponents of two factors.
const SHIFT_OF_TWO: f32 = 12_583_166.0;

/// λα·(eʳ − 1 − r)/r², for SELU.
// mutants: `proofs/run fast` compares them.
const SELU_Q: [u32; 5] = [0x3f610964, 0x3e9605f2, 0x3d960774, 0x3c7109d2, 0x3b1fd089];
/// (eʳ − 1 − r)/r², for ELU …
// mutants: `proofs/run fast` compares them.
const ELU_Q: [u32; 5] = [0x3efffffd, 0x3e2aaa3d, 0x3d2aac16, 0x3c091ff2, 0x3ab5ba41];
/// … and for the derivative, where the error counts relative to eʳ.
// mutants: `proofs/run fast` compares them.
const DERIVATIVE_Q: [u32; 5] = [0x3efffffe, 0x3e2aaa49, 0x3d2aac79, 0x3c091d10, 0x3ab511e8];

/// A function, computed by the fast kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fast<F>(pub(crate) F);

impl<F: Into<Factors>> From<Fast<F>> for Factors {
    fn from(Fast(function): Fast<F>) -> Self {
        function.into()
    }
}

/// What a function is computed from.
#[derive(Clone, Copy)]
struct Constants {
    /// A, rounded …
    head: f32,
    /// … and A'.
    tail: f32,
    /// H …
    high: f32,
    /// … and L.
    low: f32,
    q: [f32; 5],
    /// A''.
    lowered: f32,
    derivative_q: [f32; 5],
    /// h and l for x ≥ 0.
    slope: [f32; 2],
}

/// The numbers with these bits, times `factor`.
#[inline(always)]
const fn times(factor: f32, bits: [u32; 5]) -> [f32; 5] {
    let mut products = [factor; 5];
    let mut i = 0;
    while i < 5 {
        products[i] *= f32::from_bits(bits[i]);
        i += 1;
    }
    products
}

impl Constants {
    const SELU: Self = {
        let head = consts::f32::SCALE_ALPHA;
        // mutants + -> -: beyond the digits of an `f32`.
        let tail = consts::f64::SCALE_ALPHA - head as f64 + SCALE_ALPHA_TAIL;
        Self::new(head, tail as f32, times(1.0, SELU_Q), SCALE)
    };

    #[inline(always)]
    const fn new(head: f32, tail: f32, q: [f32; 5], slope: [f32; 2]) -> Self {
        let power = f32::from_bits(head.to_bits() & f32::INFINITY.to_bits());
        // At x = −ln 2/2, where n becomes −1, the ULP of the result is small unless A is near the
        // next power of two, and e must be small, too. With 1.5, D is exact down to x = −15.6.
        let digits = match head / power {
            // mutants 1.7071 -> 1.7070, 1.7071 -> 1.7072, 1.5 -> 1.4, 1.5 -> 1.6: any limit near there does.
            // mutants 2.0 -> 3.0: the quotient is below 2.
            1.7071..=2.0 => 2.0,
            1.5..=2.0 => 1.5,
            _ => 1.0,
        };
        let high = power * digits;
        let low = (head - high) + tail;
        // mutants 16 -> 17, 16 -> 15: there is room for one more or less.
        let lowered = f32::from_bits(head.to_bits() - 16);
        let derivative_q = times(head, DERIVATIVE_Q);
        Self { head, tail, high, low, q, lowered, derivative_q, slope }
    }
}

/// A function that the fast kernel computes.
trait Function: Kernel<f32> {
    /// `None` if it is left to the exact kernel.
    fn constants(self) -> Option<Constants>;

    /// f(x) for x ≥ 0.
    fn linear(self, x: f32) -> f32;
}

impl Function for Selu {
    #[inline(always)]
    fn constants(self) -> Option<Constants> {
        Some(const { Constants::SELU })
    }

    #[inline(always)]
    fn linear(self, x: f32) -> f32 {
        x.mul_add(SCALE_LESS_1, x)
    }
}

impl Function for ScaledElu<f32> {
    #[inline(always)]
    fn constants(self) -> Option<Constants> {
        let Self { alpha, scale } = self;
        // What alpha and a slope of 1 lack is nothing: these are too small to make a difference,
        // but keep r times A' from underflowing, and ∞ times l from being NaN.
        let [tail, slope_tail] = [alpha * LEAST_TAIL, LEAST_TAIL];
        // mutants 1.0 -> 2.0: as for `LEAST_ALPHA`.
        let is_ordinary = (LEAST_ALPHA..=1.0 / LEAST_ALPHA).contains(&alpha) && scale == 1.0;
        is_ordinary.then(|| Constants::new(alpha, tail, times(alpha, ELU_Q), [1.0, slope_tail]))
    }

    #[inline(always)]
    fn linear(self, x: f32) -> f32 {
        x
    }
}

#[inline(always)]
fn polynomial(q: &[f32; 5], r: f32) -> f32 {
    q[4].mul_add(r, q[3]).mul_add(r, q[2]).mul_add(r, q[1]).mul_add(r, q[0])
}

/// A·(eˣ − 1) for x < 0 and for −0.
#[inline(always)]
fn exp_m1(constants: &Constants, x: f32) -> f32 {
    let &Constants { head, tail, high, low, ref q, .. } = constants;
    // mutants < -> <=: equal numbers.
    let x = if x < LOWEST { LOWEST } else { x }; // NaN stays
    let shifted = x.mul_add(LOG2_E, SHIFT);
    let n = shifted - SHIFT;
    let r = n.mul_add(-LN_2, x);
    let s = shifted.to_bits() << 23;
    // In place of an L of 0, this is below 2⁻¹⁰⁰.
    let low_over_s = f32::from_bits(low.to_bits().wrapping_add(1.0_f32.to_bits()).wrapping_sub(s));
    let s = f32::from_bits(s);
    let rest = polynomial(q, r).mul_add(r, tail);
    // Subtracted, so that −0 stays −0.
    let e = r.mul_add(head, -(-r).mul_add(rest, low_over_s - low));
    s.mul_add(e, -(-s).mul_add(high, high))
}

/// The derivative: h, l, and two factors that together are 2ⁿ.
#[inline(always)]
fn derivative(constants: &Constants, x: f32) -> [f32; 4] {
    let &Constants { head, tail, lowered, ref derivative_q, slope, .. } = constants;
    // By the bits, since the CPU may treat a subnormal number as 0; false for NaN.
    let bits = x.to_bits();
    // mutants | -> ^: no number is both.
    let is_linear = (bits <= f32::INFINITY.to_bits()) | (bits == (-0.0_f32).to_bits());
    // mutants < -> <=: equal numbers.
    let x = if x < LOWEST_OF_DERIVATIVE { LOWEST_OF_DERIVATIVE } else { x };
    let shifted = x.mul_add(LOG2_E, SHIFT_OF_TWO);
    let n = shifted - SHIFT_OF_TWO;
    let r = n.mul_add(-LN_2, x);
    let h = r.mul_add(head, lowered);
    // The relative errors of A and of eʳ, times h in place of h + l: ln 2's part makes up for that.
    // mutants 1.041 -> 1.040, 1.041 -> 1.042: a thousandth of a part that makes up for another.
    let error = n.mul_add(-1.041 * LN_2_TAIL, tail / head).mul_add(h, r.mul_add(head, head - h));
    let l = (polynomial(derivative_q, r) * r).mul_add(r, error);
    let [h, l] = if is_linear { slope } else { [h, l] };
    let exponents = if is_linear { SHIFT_OF_TWO } else { shifted }.to_bits();
    let half = exponents >> 1;
    // For n = −1, one of them is 1: only −2 and below may round twice what is about to underflow.
    [h, l, f32::from_bits((exponents - half) << 23), f32::from_bits(half << 23)]
}

impl<F: Function> Kernel<f32> for Fast<F> {
    #[inline(always)]
    fn values<I: Isa, const N: usize>(self, isa: I, x: &[f32; N]) -> Results<f32, N> {
        let Some(constants) = self.0.constants().filter(|_| I::FUSED) else {
            return self.0.values(isa, x);
        };
        let mut values = [0.0; N];
        for i in 0..N {
            let negative = exp_m1(&constants, x[i]);
            values[i] = if x[i].is_sign_negative() { negative } else { self.0.linear(x[i]) };
        }
        Results::decided(values)
    }

    #[inline(always)]
    fn gradients<I: Isa, const N: usize>(
        self,
        isa: I,
        x: &[f32; N],
        grad: &[f32; N],
    ) -> Results<f32, N> {
        let Some(constants) = self.0.constants().filter(|_| I::FUSED) else {
            return self.0.gradients(isa, x, grad);
        };
        let mut values = [0.0; N];
        for i in 0..N {
            let [h, l, power, rest_of_power] = derivative(&constants, x[i]);
            values[i] = grad[i].mul_add(h, grad[i] * l) * power * rest_of_power;
        }
        Results::decided(values)
    }

    #[inline(always)]
    fn gradients_from_output<I: Isa, const N: usize>(
        self,
        isa: I,
        y: &[f32; N],
        grad: &[f32; N],
    ) -> Results<f32, N> {
        self.0.gradients_from_output(isa, y, grad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consts::f64::SCALE_ALPHA;
    use rayon::prelude::*;

    /// The largest relative error of a product that does not underflow, before it is rounded, in
    /// 2⁻²⁵, for every `step`th x from −1e-12 down to `lowest`.
    fn error_of_products(constants: Constants, a: f64, lowest: f32, step: usize) -> f64 {
        let bits = (1e-12_f32.to_bits()..(-lowest).to_bits() + 1).into_par_iter().step_by(step);
        let errors = bits.map(|bits| {
            let x = -f32::from_bits(bits);
            let [h, l, power, rest_of_power] = derivative(&constants, x).map(f64::from);
            assert!(l > 0.0, "l is {l:e} at {x:e}");
            let exact = a * f64::from(x).exp() / (power * rest_of_power);
            ((h + l) / exact - 1.0).abs() + 2f64.powi(-24) * l / exact
        });
        2f64.powi(25) * errors.reduce(|| 0.0, f64::max)
    }

    fn of_alpha(alpha: f32) -> Constants {
        ScaledElu { alpha, scale: 1.0 }.constants().expect("an ordinary alpha")
    }

    fn products_have_the_error(step: usize) {
        let of_selu = |lowest| error_of_products(Constants::SELU, SCALE_ALPHA, lowest, step);
        let errors = [of_selu(-81.0), error_of_products(of_alpha(1.0), 1.0, -81.0, step)];
        let far = of_selu(LOWEST_OF_DERIVATIVE);
        println!("{errors:?}, {far}");
        assert!(errors.iter().all(|error| (0.5..0.81).contains(error)) && far < 1.4);
    }

    #[test]
    fn some_products_have_the_error() {
        products_have_the_error(997);
        for i in 0..=256 {
            let alpha = (1.0 + i as f32 / 256.0) * 2f32.powi(i % 32 - 16);
            assert!(error_of_products(of_alpha(alpha), alpha.into(), -81.0, 99_991) < 1.0);
        }
    }

    #[test]
    #[ignore = "tries all x; a minute in release mode"]
    fn all_products_have_the_error() {
        products_have_the_error(1);
    }

    /// How many results are not faithfully rounded, where the errors are largest.
    fn unfaithful(constants: Constants) -> usize {
        let bits = (0.3_f32.to_bits()..0.4_f32.to_bits()).into_par_iter();
        let wrong = bits.filter(|&bits| {
            let x = -f32::from_bits(bits);
            let (y, exact) = (exp_m1(&constants, x), SCALE_ALPHA * f64::from(x).exp_m1());
            let next = if f64::from(y) < exact { y.next_up() } else { y.next_down() };
            (f64::from(y) < exact) == (f64::from(next) < exact)
        });
        wrong.count()
    }

    #[test]
    fn a_coefficient_that_is_one_step_off_is_found() {
        assert_eq!(unfaithful(Constants::SELU), 0);
        for step in [-1, 1] {
            let mut constants = Constants::SELU;
            constants.q[0] = f32::from_bits(constants.q[0].to_bits().wrapping_add_signed(step));
            assert!(unfaithful(constants) > 100);
        }
    }
}
