//! SELU and ELU of `half::f16` and `half::bf16`, and back-propagation through them, correctly
//! rounded.
//!
//! SELU and its gradients are computed in `f32` (see `lanes.rs`), and the functions with the
//! caller's constants in `f64`, by the kernel for `f32`. Results are rounded to 16 bits once.
//!
//! # Method
//!
//! 1. The values of a block are widened to `f32`.
//! 2. SELU itself is rounded directly. Anything else has two bounds, and both are rounded. They
//!    differ about once in 2¹⁰ values of `f16` and 2¹³ of `bf16`. An exact product with the
//!    caller's constants, for x ≥ 0 or from an output of few digits, needs no bounds, but may be a
//!    midpoint, unless it is one with a scale of 1: ties go to even there. (In `bf16` it is bounded
//!    like others below 2⁻¹²⁵.)
//! 3. Where they do, and for those values only, the product is computed in `f64` to 2⁻⁴⁷ and
//!    bounded again. That decides every product of a gradient and SELU's derivative
//!    (`tests/exact/half.rs` tries all 2³² pairs of each type).
//! 4. What is still open then, such as a product of three numbers that is a midpoint, is left to
//!    `exact.rs`.

mod lanes;

use super::arithmetic::power_of_two;
use super::element::{Element, Rounded};
use super::exact::Factors;
use super::f32::{
    PRODUCT_BOUNDS, SELU_FROM_OUTPUT, from_output, gradients_from_output, scaled_elu_gradients,
    scaled_elu_values, selu_gradients,
};
use super::{Kernel, Results, SOFTWARE_F64, ScaledElu, Selu, integer};
use crate::simd::{Baseline, Isa, convert};
use ::half::{bf16, f16};

/// A type of 16 bits.
trait Half: Element<Bits = u16> + Default {
    /// Whether a number between 0 and the smallest normal one may be a subnormal `f32`.
    const HAS_SUBNORMAL_F32: bool;

    fn of(bits: u16) -> Self;

    /// The values of a block, in an order that only `narrow` knows.
    fn widen<I: Isa, const N: usize>(isa: I, values: &[Self; N]) -> [f32; N];

    /// The bits of the numbers nearest to the values of a block, with `TO_EVEN` ties to even, else
    /// either way.
    fn narrow<I: Isa, const TO_EVEN: bool, const N: usize>(isa: I, values: &[f32; N]) -> [u16; N];

    /// The bits of the number nearest to `x`; of two that are equally near, the even one.
    fn nearest_bits(x: f64) -> u16;

    /// selu(x), so accurate that `narrow` rounds it correctly.
    fn selu<I: Isa>(x: f32) -> f32;

    /// Bounds of grad·selu'(x), the one nearer to 0 first.
    fn selu_gradient_bounds<I: Isa>(x: f32, grad: f32) -> [f32; 2];
}

impl Half for f16 {
    const HAS_SUBNORMAL_F32: bool = false;

    #[inline(always)]
    fn of(bits: u16) -> Self {
        Self::from_bits(bits)
    }

    #[inline(always)]
    fn widen<I: Isa, const N: usize>(isa: I, values: &[Self; N]) -> [f32; N] {
        let mut bits = [0; N];
        for (bits, value) in bits.iter_mut().zip(values) {
            *bits = value.to_bits();
        }
        isa.f16_to_f32(&bits)
    }

    #[inline(always)]
    fn narrow<I: Isa, const TO_EVEN: bool, const N: usize>(isa: I, values: &[f32; N]) -> [u16; N] {
        isa.f32_to_f16::<TO_EVEN, N>(values)
    }

    #[inline(always)]
    fn nearest_bits(x: f64) -> u16 {
        nearest_bits::<11, -14, 15>(x)
    }

    #[inline(always)]
    fn selu<I: Isa>(x: f32) -> f32 {
        lanes::f16_selu::<I>(x)
    }

    #[inline(always)]
    fn selu_gradient_bounds<I: Isa>(x: f32, grad: f32) -> [f32; 2] {
        lanes::f16_gradient_bounds::<I>(x, grad)
    }
}

impl Half for bf16 {
    const HAS_SUBNORMAL_F32: bool = true;

    #[inline(always)]
    fn of(bits: u16) -> Self {
        Self::from_bits(bits)
    }

    #[inline(always)]
    fn widen<I: Isa, const N: usize>(_: I, values: &[Self; N]) -> [f32; N] {
        let mut bits = [0; N];
        for (bits, value) in bits.iter_mut().zip(values) {
            *bits = value.to_bits();
        }
        convert::bf16_to_f32(&bits)
    }

    #[inline(always)]
    fn narrow<I: Isa, const TO_EVEN: bool, const N: usize>(_: I, values: &[f32; N]) -> [u16; N] {
        convert::f32_to_bf16::<TO_EVEN, N>(values)
    }

    #[inline(always)]
    fn nearest_bits(x: f64) -> u16 {
        nearest_bits::<8, -126, 127>(x)
    }

    #[inline(always)]
    fn selu<I: Isa>(x: f32) -> f32 {
        lanes::bf16_selu::<I>(x)
    }

    #[inline(always)]
    fn selu_gradient_bounds<I: Isa>(x: f32, grad: f32) -> [f32; 2] {
        lanes::bf16_gradient_bounds::<I>(x, grad)
    }
}

/// The bits of the number nearest to `x`, ties to even, in a type of 16 bits with so many digits and
/// with exponents from `LOWEST` to `HIGHEST`.
///
/// Nothing here is an `f32`: on many CPUs it takes long to make a subnormal one.
#[inline(always)]
fn nearest_bits<const DIGITS: i32, const LOWEST: i32, const HIGHEST: i32>(x: f64) -> u16 {
    const EXPONENT_MASK: u64 = 0x7ff << 52;
    if x.is_nan() {
        let infinity = ((HIGHEST - LOWEST + 2) as u16) << (DIGITS - 1);
        // mutants | -> ^: no bit is set in both.
        return infinity | 1 << (DIGITS - 2);
    }
    let overflow = power_of_two(HIGHEST + 1);
    let smallest_normal = power_of_two(LOWEST);
    let magnitude = x.abs();
    // mutants > -> >=: equal numbers.
    let magnitude = if magnitude > overflow { overflow } else { magnitude };
    // A power of two whose last place is that of the result: adding it rounds, and leaves the places
    // of the result in the low bits.
    // mutants < -> <=: equal numbers.
    let leading = if magnitude < smallest_normal { smallest_normal } else { magnitude };
    let leading = leading.to_bits() & EXPONENT_MASK;
    let shift = leading + (((53 - DIGITS) as u64) << 52);
    let places = (magnitude + f64::from_bits(shift)).to_bits();
    // The leading digit adds 1 to the exponent, which is 0 for subnormal numbers; and so does a
    // carry.
    let binade = (leading - smallest_normal.to_bits()) >> 52;
    let sign = (x.to_bits() >> 48) as u16 & 1 << 15;
    // mutants | -> ^: no bit is set in both.
    sign | ((binade << (DIGITS - 1)) + places) as u16
}

macro_rules! element {
    ($($H:ty, $digits:literal, $exponent_bits:literal;)*) => {$(
        impl Rounded for $H {
            fn nearest(exact: super::wide::Wide) -> Self {
                Self::from_bits(Self::nearest_bits(exact.to_f64_odd()))
            }

            fn special(x: f64) -> Self {
                Self::from_bits(Self::nearest_bits(x))
            }
        }

        impl Element for $H {
            type Bits = u16;

            const DIGITS: u32 = $digits;
            const EXPONENT_BITS: u32 = $exponent_bits;

            fn wide(self) -> f64 {
                self.into()
            }
        }
    )*};
}
element! {
    f16, 11, 5;
    bf16, 8, 8;
}

/// More than the error of a product and a rounding to a normal `f32` together …
// mutants 1.0 -> 2.0, 23 -> 22: a larger bound.
const ERROR: f64 = 1.0 / (1 << 23) as f64;
/// … so that the exact product lies strictly between the product times these, where both are normal
/// numbers of `f32` once they are rounded.
const FACTORS: [f64; 2] = [1.0 - ERROR, 1.0 + ERROR];

/// Bounds of the results of a block; those in `lower` are the ones nearer to 0.
#[derive(Clone, Copy)]
struct Bounds<const N: usize> {
    lower: [f32; N],
    upper: [f32; N],
}

impl<const N: usize> Bounds<N> {
    #[inline(always)]
    const fn new() -> Self {
        Self { lower: [0.0; N], upper: [0.0; N] }
    }

    #[inline(always)]
    fn set(&mut self, i: usize, [lower, upper]: [f64; 2]) {
        self.lower[i] = lower as f32;
        self.upper[i] = upper as f32;
    }

    /// The same bounds, but wider below 2⁻¹²⁵, where they may be subnormal and have been rounded to a
    /// midpoint. A result other than 0 is left open there.
    ///
    /// In f16 such numbers are far below half of the smallest one: all round to the 0 that the exact
    /// product rounds to.
    #[inline(always)]
    fn wider_if_small<H: Half>(self) -> Self {
        if !H::HAS_SUBNORMAL_F32 {
            return self;
        }
        let mut wider = Self::new();
        for i in 0..N {
            let (lower, upper) = (self.lower[i], self.upper[i]);
            // mutants < -> <=, 2.0 -> 1.0, 2.0 -> 3.0: no midpoint is that near to the smallest normal
            // number, and the accurate phase gives what the bounds give.
            let is_small = upper.abs() < 2.0 * f32::MIN_POSITIVE;
            // 0 with its sign.
            // mutants * -> /: 0 is left open, no more.
            wider.lower[i] = if is_small { 0.0 * upper } else { lower };
            wider.upper[i] = f32::from_bits(upper.to_bits() + u32::from(is_small));
        }
        wider
    }

    /// The results, open where the bounds differ. The bounds of an inexact product are on either side
    /// of it, so if one of them is a midpoint, it may be rounded either way: they agree only on the
    /// right result. An exact product, whose bounds are equal, `may_be_midpoint`, and ties go to even.
    #[inline(always)]
    fn results<H: Half, I: Isa>(&self, isa: I, may_be_midpoint: bool) -> Results<H, N> {
        let Self { lower, upper } = self;
        let (lower, upper) = if may_be_midpoint {
            (H::narrow::<I, true, N>(isa, lower), H::narrow::<I, true, N>(isa, upper))
        } else {
            (H::narrow::<I, false, N>(isa, lower), H::narrow::<I, false, N>(isa, upper))
        };
        let mut open = [0; N];
        let mut any_open = 0;
        for i in 0..N {
            open[i] = lower[i] ^ upper[i];
            any_open |= open[i];
        }
        Results { values: from_bits(&upper), open, any_open }
    }
}

/// A product between these bounds, rounded, or `exact` if that leaves it open.
fn nearest<H: Half>(bounds: [f64; 2], exact: impl Fn() -> H) -> H {
    let [lower, upper] = bounds.map(H::nearest_bits);
    if lower == upper { H::of(upper) } else { exact() }
}

#[inline(always)]
fn from_bits<H: Half, const N: usize>(bits: &[u16; N]) -> [H; N] {
    // mutants 0 -> 1: written over.
    let mut values = [H::of(0); N];
    for (value, &bits) in values.iter_mut().zip(bits) {
        *value = H::of(bits);
    }
    values
}

/// What the kernel in integers returns, as a value and bits of `open`.
fn from_integers<H: Half>((bits, open): (u32, u32)) -> (H, u16) {
    // mutants != -> ==, 0 -> 1: on microcontrollers only, whose digests tell.
    // mutants body: on microcontrollers only.
    (H::of(bits as u16), (open != 0).into())
}

#[inline(always)]
fn widen_one<H: Half>(x: H) -> f32 {
    let [x] = H::widen(Baseline, &[x]);
    x
}

#[inline(always)]
fn widen_constants<H: Half>(ScaledElu { alpha, scale }: ScaledElu<H>) -> ScaledElu<f32> {
    ScaledElu { alpha: widen_one(alpha), scale: widen_one(scale) }
}

impl<H: Half> Kernel<H> for Selu {
    #[inline(always)]
    fn values<I: Isa, const N: usize>(self, isa: I, x: &[H; N]) -> Results<H, N> {
        let mut values = H::widen(isa, x);
        // Without fused operations two at a time: otherwise their latency dominates.
        // mutants 0 -> 1, 2 -> 3: for speed only.
        let pairs = if I::FUSED { 0 } else { N / 2 };
        let (paired, rest) = values.split_at_mut(2 * pairs);
        let (first, second) = paired.split_at_mut(pairs);
        for (a, b) in first.iter_mut().zip(second) {
            (*a, *b) = (H::selu::<I>(*a), H::selu::<I>(*b));
        }
        for value in rest {
            *value = H::selu::<I>(*value);
        }
        Results::decided(from_bits(&H::narrow::<I, false, N>(isa, &values)))
    }

    #[inline(always)]
    fn gradients<I: Isa, const N: usize>(self, isa: I, x: &[H; N], grad: &[H; N]) -> Results<H, N> {
        let (wide_x, wide_grad) = (H::widen(isa, x), H::widen(isa, grad));
        let mut bounds = Bounds::new();
        for i in 0..N {
            [bounds.lower[i], bounds.upper[i]] =
                H::selu_gradient_bounds::<I>(wide_x[i], wide_grad[i]);
        }
        bounds.results(isa, false)
    }

    fn exact_gradient(self, x: H, grad: H) -> H {
        /// Below this, the product with any finite gradient is 0: e⁻²⁰⁰·2¹²⁹ < 2⁻¹³⁴.
        // mutants: the product is 0 long before.
        const VANISHING: f32 = -200.0;
        let exact = || Factors::from(self).gradient(x.wide(), grad.wide());
        let (wide_x, wide_grad) = (widen_one(x), widen_one(grad));
        // mutants < -> ==, < -> <=: the product is 0 long before.
        if wide_x < VANISHING && wide_grad.is_finite() {
            return H::special(f64::from(wide_grad) * 0.0);
        }
        if SOFTWARE_F64 {
            let result = from_integers(integer::gradient::<H>(self, wide_x, wide_grad));
            // mutants == -> !=, 0 -> 1: on microcontrollers only, whose digests tell.
            return if result.1 == 0 { result.0 } else { exact() };
        }
        // mutants 0.0 -> 1.0: written over.
        let mut bounds = [0.0; 2];
        selu_gradients(Baseline, &[wide_x], &[wide_grad], PRODUCT_BOUNDS, |_, b| bounds = b);
        nearest(bounds, exact)
    }

    #[inline(always)]
    fn gradients_from_output<I: Isa, const N: usize>(
        self,
        isa: I,
        y: &[H; N],
        grad: &[H; N],
    ) -> Results<H, N> {
        let (y, grad) = (H::widen(isa, y), H::widen(isa, grad));
        let mut bounds = Bounds::new();
        gradients_from_output(SELU_FROM_OUTPUT, &y, &grad, FACTORS, |i, b| bounds.set(i, b));
        bounds.wider_if_small::<H>().results(isa, false)
    }

    fn exact_gradient_from_output(self, y: H, grad: H) -> H {
        // mutants 0.0 -> 1.0: written over.
        let mut bounds = [0.0; 2];
        let (wide_y, wide_grad) = ([widen_one(y)], [widen_one(grad)]);
        gradients_from_output(SELU_FROM_OUTPUT, &wide_y, &wide_grad, PRODUCT_BOUNDS, |_, b| {
            bounds = b
        });
        nearest(bounds, || Factors::from(self).gradient_from_output(y.wide(), grad.wide()))
    }
}

impl<H: Half> Kernel<H> for ScaledElu<H> {
    #[inline(always)]
    fn values<I: Isa, const N: usize>(self, isa: I, x: &[H; N]) -> Results<H, N> {
        if SOFTWARE_F64 {
            let function = widen_constants(self);
            return Results::each(|i| {
                from_integers(integer::value::<H>(function, widen_one(x[i])))
            });
        }
        let mut bounds = Bounds::new();
        let function = widen_constants(self);
        let x = H::widen(isa, x);
        scaled_elu_values(isa, function, &x, FACTORS, |i, b| bounds.set(i, b));
        // mutants 1.0 -> 0.0, 1.0 -> 2.0: ties to even are right for all, and with 2 there are none.
        bounds.wider_if_small::<H>().results(isa, function.scale != 1.0)
    }

    #[inline(always)]
    fn gradients<I: Isa, const N: usize>(self, isa: I, x: &[H; N], grad: &[H; N]) -> Results<H, N> {
        if SOFTWARE_F64 {
            let function = widen_constants(self);
            return Results::each(|i| {
                let (x, grad) = (widen_one(x[i]), widen_one(grad[i]));
                from_integers(integer::gradient::<H>(function, x, grad))
            });
        }
        let (wide_x, wide_grad) = (H::widen(isa, x), H::widen(isa, grad));
        let mut bounds = Bounds::new();
        let function = widen_constants(self);
        scaled_elu_gradients(isa, function, &wide_x, &wide_grad, FACTORS, |i, b| bounds.set(i, b));
        // mutants 1.0 -> 0.0, 1.0 -> 2.0: ties to even are right for all, and with 2 there are none.
        bounds.wider_if_small::<H>().results(isa, function.scale != 1.0)
    }

    fn exact_value(self, x: H) -> H {
        let exact = || Factors::from(self).value(x.wide());
        if SOFTWARE_F64 {
            return exact();
        }
        // mutants 0.0 -> 1.0: written over.
        let mut bounds = [0.0; 2];
        let (function, x) = (widen_constants(self), [widen_one(x)]);
        scaled_elu_values(Baseline, function, &x, PRODUCT_BOUNDS, |_, b| bounds = b);
        nearest(bounds, exact)
    }

    fn exact_gradient(self, x: H, grad: H) -> H {
        let exact = || Factors::from(self).gradient(x.wide(), grad.wide());
        if SOFTWARE_F64 {
            return exact();
        }
        // mutants 0.0 -> 1.0: written over.
        let mut bounds = [0.0; 2];
        let (function, x, grad) = (widen_constants(self), [widen_one(x)], [widen_one(grad)]);
        scaled_elu_gradients(Baseline, function, &x, &grad, PRODUCT_BOUNDS, |_, b| bounds = b);
        nearest(bounds, exact)
    }

    #[inline(always)]
    fn gradients_from_output<I: Isa, const N: usize>(
        self,
        isa: I,
        y: &[H; N],
        grad: &[H; N],
    ) -> Results<H, N> {
        let (y, grad) = (H::widen(isa, y), H::widen(isa, grad));
        let mut bounds = Bounds::new();
        let constants = from_output(widen_constants(self), H::DIGITS);
        gradients_from_output(constants, &y, &grad, FACTORS, |i, b| bounds.set(i, b));
        bounds.wider_if_small::<H>().results(isa, true)
    }

    fn exact_gradient_from_output(self, y: H, grad: H) -> H {
        let constants = from_output(widen_constants(self), H::DIGITS);
        // mutants 0.0 -> 1.0: written over.
        let mut bounds = [0.0; 2];
        let (wide_y, wide_grad) = ([widen_one(y)], [widen_one(grad)]);
        gradients_from_output(constants, &wide_y, &wide_grad, PRODUCT_BOUNDS, |_, b| bounds = b);
        nearest(bounds, || Factors::from(self).gradient_from_output(y.wide(), grad.wide()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::margins::{Fused, Unfused, open_share};
    use crate::reference::random::Random;
    use core::cell::Cell;

    /// Asserts that of the products of a gradient, and of the results of an ELU, at most these
    /// shares are left open.
    fn assert_few_are_open<H: Half, I: Isa>(isa: I, limits: [f64; 3]) {
        const N: usize = 64;
        let number = |x: f64| H::of(H::nearest_bits(x));
        let xs = || {
            let mut random = Random(3);
            (0..1 << 16).map(move |_| number(random.normal()))
        };
        // With constants of few digits, exact products are midpoints.
        for (alpha, scale, grad) in [(1.3, 0.9, -0.7), (1.5, 1.5, 0.75), (0.75, 3.0, 1.5)] {
            let elu = ScaledElu { alpha: number(alpha), scale: number(scale) };
            let grads = [number(grad); N];
            let shares = [
                open_share::<H, N>(xs(), |x| Selu.gradients(isa, x, &grads)),
                open_share::<H, N>(xs(), |x| elu.values(isa, x)),
                open_share::<H, N>(xs(), |x| elu.gradients(isa, x, &grads)),
            ];
            println!("open: {shares:?}");
            for (share, limit) in shares.into_iter().zip(limits) {
                assert!(share <= limit, "{share} are left open, more than {limit}");
            }
        }
        let zeros = open_share::<H, N>(xs(), |x| Selu.gradients(isa, x, &[number(-0.0); N]));
        assert_eq!(zeros, 0.0);
    }

    #[test]
    fn bounds_enclose_a_product_and_its_error() {
        let mut bounds = Bounds::<1>::new();
        // Below that a bound is rounded to 0 in any case.
        for exponent in -135..128 {
            let power_of_two = 2f64.powi(exponent);
            // At the places of an f32, and midway between them.
            for halves in 0..64 {
                let midpoint = power_of_two * (1.0 + f64::from(halves) / (1 << 24) as f64);
                for product in [midpoint.next_down(), midpoint, midpoint.next_up()] {
                    bounds.set(0, FACTORS.map(|factor| product * factor));
                    let wider = bounds.wider_if_small::<bf16>();
                    let (lower, upper): (f64, f64) = (wider.lower[0].into(), wider.upper[0].into());
                    let [below, above] = PRODUCT_BOUNDS;
                    assert!(lower <= product * below, "{product:e}");
                    assert!(product * above <= upper, "{product:e}");
                }
            }
        }
    }

    /// Asserts that a product next to the midpoint between two numbers, also between 0 or infinity
    /// and a number, is left to the exact arithmetic, and one a little farther is not.
    fn assert_midpoints_are_open<H: Half>(infinity: u16) {
        let value = |bits| H::of(bits).wide();
        for bits in 0..infinity {
            let next = if bits + 1 < infinity {
                value(bits + 1)
            } else {
                2.0 * value(bits) - value(bits - 1)
            };
            let midpoint = (value(bits) + next) / 2.0;
            for sign in [1.0, -1.0] {
                let error = PRODUCT_BOUNDS[1] - 1.0;
                for steps in [-3.0, -0.5, 0.0, 0.5, 3.0] {
                    let product = sign * midpoint * (1.0 + steps * error);
                    let is_open = Cell::new(false);
                    let result = nearest(PRODUCT_BOUNDS.map(|factor| product * factor), || {
                        is_open.set(true);
                        H::of(0)
                    });
                    let is_open = is_open.get();
                    assert_eq!(is_open, steps.abs() < 1.0, "{product:e}");
                    let expected = bits + u16::from(steps > 0.0);
                    assert!(is_open || result.wide() == sign * value(expected), "{product:e}");
                }
            }
        }
    }

    #[test]
    fn products_next_to_a_midpoint_are_left_open() {
        assert_midpoints_are_open::<f16>(f16::INFINITY.to_bits());
        assert_midpoints_are_open::<bf16>(bf16::INFINITY.to_bits());
    }

    #[test]
    fn what_is_too_large_is_infinite() {
        fn assert_infinite<H: Half>(infinity: u16, power_of_two: f64) {
            for factor in [1.0, 1.5, 2.0, 3.0, 4.0, 1e200, f64::INFINITY] {
                assert_eq!(H::nearest_bits(factor * power_of_two), infinity);
                assert_eq!(H::nearest_bits(-factor * power_of_two), infinity | 1 << 15);
            }
        }
        assert_infinite::<f16>(f16::INFINITY.to_bits(), 2f64.powi(16));
        assert_infinite::<bf16>(bf16::INFINITY.to_bits(), 2f64.powi(128));
    }

    #[test]
    fn nan_is_the_one_nan() {
        for nan in [f64::NAN, -f64::NAN] {
            assert_eq!(f16::nearest_bits(nan), f16::NAN.to_bits());
            assert_eq!(bf16::nearest_bits(nan), bf16::NAN.to_bits());
        }
    }

    #[test]
    fn few_results_are_left_open() {
        assert_few_are_open::<f16, _>(Fused, [6e-4, 7e-4, 7e-4]);
        assert_few_are_open::<f16, _>(Unfused, [6e-4, 7e-4, 7e-4]);
        assert_few_are_open::<bf16, _>(Fused, [1e-4; 3]);
        assert_few_are_open::<bf16, _>(Unfused, [1e-4; 3]);
    }
}
