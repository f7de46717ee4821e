//! SELU and ELU of `f64`, and back-propagation through them, correctly rounded.
//!
//! # Method
//!
//! 1. For x < 0: bounds of A·(eˣ − 1), or of A·eˣ for the derivative, by `fused.rs` where there is
//!    fused multiply-add and by `unfused.rs` where there is none. They are 2⁻⁶¹ to 2⁻⁸⁹ of the
//!    result apart, or 2⁻⁵⁶ to 2⁻⁶⁹ without.
//! 2. Where there is a further factor (a gradient, or an alpha of the caller's), the product of it
//!    with the bounds.
//! 3. For x ≥ 0, for −0 and for NaN: λx, with λ as head and tail.
//! 4. Both bounds are rounded (Ziv's test).
//! 5. Where a value is so small or so large that a step above would lose bits to underflow or
//!    overflow, the same is done once more, for that value alone, with the exponents of all factors
//!    kept apart (`any_size.rs`).
//! 6. Where the bounds differ, the result is left to `exact.rs`.
//!
//! # Error
//!
//! None that is known. The bounds are proved (`proofs/README.md`); the values that they leave open,
//! one in 2¹⁰ near 0 and one in 2¹⁵ over N(0, 1), or one in 2⁷ and 2¹² without fused operations,
//! are computed to 256 bits in `exact.rs`. The tests are `hard_cases` and `accuracy` in
//! `tests/exact`; `margins` below measures where the exact value lies between the bounds.

mod any_size;
mod fused;
#[cfg(test)]
mod margins;
mod unfused;

use super::arithmetic::{
    debug_assert_rounding_to_nearest, exact_product, multiply_add, power_of_two, product, short,
};
use super::interval::{Interval, Intervals};
use super::tables::{
    ELU_16, ELU_64, SCALE_HEAD, SCALE_SHORT_HEAD, SCALE_SHORT_TAIL, SCALE_TAIL, SELU_16, SELU_64,
    Table,
};
use super::{Kernel, Results, ScaledElu, Selu};
use crate::consts::{SCALE_ALPHA_TAIL, f64::SCALE_ALPHA};
use crate::simd::Isa;
use core::hint::select_unpredictable;

/// Below this, A·(eˣ − 1) is −A to within 2⁻¹¹⁵, far less than the distance between the bounds.
// mutants: from −39 on the bounds round to −A.
const LOWEST: f64 = -80.0;
/// Below this, a derivative is left to `exact.rs`: it is about to become subnormal.
// mutants: the accurate phase gives what the bounds give.
const LOWEST_OF_DERIVATIVE: f64 = -707.0;
/// Below this, there are no bounds of an exponential.
// mutants: the accurate phase gives what the bounds give.
const LOWEST_OF_EXP: f64 = -1300.0;
/// Below this, grad·λαeˣ is 0: 2¹⁰²⁵·e⁻¹⁵⁰⁰ < 2⁻¹⁰⁷⁵ …
// mutants: the product is 0 long before.
const VANISHING: f64 = -1500.0;
/// … and below this, grad·scale·alpha·eˣ: 2³⁰⁷²·e⁻³⁰⁰⁰ < 2⁻¹⁰⁷⁵.
// mutants: the product is 0 long before.
const VANISHING_FOR_ANY_CONSTANTS: f64 = -3000.0;
/// A value or a product below this is left to `exact.rs`: its rounding error would underflow, and a
/// CPU that flushes subnormal numbers would lose it.
// mutants: the accurate phase gives what the bounds give.
const TINY: f64 = power_of_two(-900);
/// A product above this is left to `exact.rs`: it may overflow.
// mutants: the accurate phase gives what the bounds give.
const HUGE: f64 = power_of_two(1000);
/// A derivative is computed times this, so that its product with a gradient is not tiny down to the
/// smallest normal numbers …
const UP: f64 = power_of_two(121);
/// … and the product, once it is rounded, is multiplied by this, which is exact.
const DOWN: f64 = power_of_two(-121);
/// What multiplies a number by `UP`, added to its bits.
const UP_BITS: u64 = 121 << 52;

/// The tables of one A.
#[derive(Clone, Copy)]
struct Tables {
    fused: &'static Table<16>,
    unfused: &'static Table<64>,
    /// Whether A·(eˣ − 1) is multiplied further.
    is_factor: bool,
}

/// A = λα.
const SELU: Tables = Tables { fused: &SELU_16, unfused: &SELU_64, is_factor: false };
/// A = 1.
const ELU: Tables = Tables { fused: &ELU_16, unfused: &ELU_64, is_factor: true };

/// What λα has beyond head and tail.
const SCALE_ALPHA_MISSING: f64 = -8.817647879556271e-34; // -0x1.250440954f076p-110;

/// λ·`UP`, to within 2⁻¹⁰⁰ of λ.
const SCALE_UP: Interval = Interval {
    head: UP * SCALE_HEAD,
    // mutants 100 -> 99, 100 -> 101: ten times what is needed; less leaves less open.
    lower: UP * (SCALE_TAIL - power_of_two(-100)),
    upper: UP * (SCALE_TAIL + power_of_two(-100)),
};

/// A·(eˣ − 1) of each value.
#[inline(always)]
fn exp_m1<I: Isa, const N: usize>(isa: I, tables: Tables, x: &[f64; N]) -> Intervals<N> {
    let x = above(LOWEST, x);
    if I::FUSED {
        let error = if tables.is_factor { fused::ERROR_OF_FACTOR_16 } else { fused::ERROR_16 };
        fused::exp_m1(isa, tables.fused, error, &x)
    } else {
        let error = if tables.is_factor { unfused::ERROR_OF_FACTOR_64 } else { unfused::ERROR_64 };
        unfused::exp_m1(tables.unfused, error, &x)
    }
}

/// A·eˣ·`UP` of each value, to be multiplied further.
#[inline(always)]
fn exp_up<I: Isa, const N: usize>(isa: I, tables: Tables, x: &[f64; N]) -> Intervals<N> {
    let x = above(LOWEST_OF_DERIVATIVE, x);
    exp::<I, UP_BITS, N>(isa, tables, &x)
}

/// The same for x ≥ `LOWEST_OF_EXP` and the power of two that adding `UP_BITS` to the bits of a
/// number multiplies it by.
#[inline(always)]
fn exp<I: Isa, const UP_BITS: u64, const N: usize>(
    isa: I,
    tables: Tables,
    x: &[f64; N],
) -> Intervals<N> {
    if I::FUSED {
        fused::exp::<_, UP_BITS, N>(isa, tables.fused, x)
    } else {
        unfused::exp::<UP_BITS, N>(tables.unfused, x)
    }
}

/// The larger of each value and `lowest`; NaN for NaN.
#[inline(always)]
fn above<const N: usize>(lowest: f64, x: &[f64; N]) -> [f64; N] {
    let mut clamped = [0.0; N];
    for (clamped, &x) in clamped.iter_mut().zip(x) {
        // mutants > -> >=: equal numbers.
        *clamped = if lowest > x { lowest } else { x };
    }
    clamped
}

/// λx for x ≥ 0, from below and from above; NaN for NaN and, if not fused, for infinity.
#[inline(always)]
fn linear<I: Isa>(x: f64) -> (f64, f64) {
    if I::FUSED {
        // Correctly rounded for every x that is not tiny: `proofs/linear.py`.
        let y = multiply_add::<I>(x, SCALE_HEAD, x * SCALE_TAIL);
        return (y, y);
    }
    // Both parts of the rest have the sign of x, so it is good to 3·2⁻⁵³. The difference is taken
    // in reverse, so that −0 stays −0.
    let x_head = short(x);
    let product = SCALE_SHORT_HEAD * x_head;
    let rest = -SCALE_SHORT_HEAD * (x_head - x) + SCALE_SHORT_TAIL * x;
    // mutants: proofs/reductions.py tells; there is room for one bit.
    let error = power_of_two(-48);
    (product + rest * (1.0 - error), product + rest * (1.0 + error))
}

/// `a` if `condition` holds, else `b`, both already computed: a branch would keep the compiler from
/// vectorising.
#[inline(always)]
fn select(condition: bool, a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (select_unpredictable(condition, a.0, b.0), select_unpredictable(condition, a.1, b.1))
}

/// `a` for x < 0, else `b`.
///
/// Where there is one value, two choices by one condition would be compiled to a branch, which is
/// mispredicted half of the time. The second one has a condition of its own, which differs only
/// where the result is left open.
#[inline(always)]
fn if_negative<const N: usize>(x: f64, a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    // mutants delete -: a positive number that is tiny is left open, too.
    // mutants 1 -> 0, 1 -> 2, == -> !=: for speed only.
    let second = if N == 1 { x <= -TINY } else { x < 0.0 };
    (select_unpredictable(x < 0.0, a.0, b.0), select_unpredictable(second, a.1, b.1))
}

/// A result rounded from below, and bits that are not all 0 if that is not known to be right.
#[derive(Clone, Copy)]
struct Rounded {
    value: f64,
    open: u64,
}

impl Rounded {
    /// The result for `x`: open if the bounds differ, or if `x` is tiny.
    #[inline(always)]
    fn of(x: f64, (lower, upper): (f64, f64)) -> Self {
        Self { value: lower, open: lower.to_bits() ^ upper.to_bits() }.open_by(bits_if_tiny(x, x))
    }

    /// The same, but open where `condition` holds.
    #[inline(always)]
    fn open_if(self, condition: bool) -> Self {
        self.open_by(u64::from(condition))
    }

    /// The same, but open where some of these bits are set.
    #[inline(always)]
    fn open_by(self, bits: u64) -> Self {
        Self { open: self.open | bits, ..self }
    }
}

/// Bits that are not all 0 if `size` is tiny, unless `x` is a zero.
///
/// They are those of `x`, not a comparison with 0: the CPU may treat a subnormal number as 0.
#[inline(always)]
fn bits_if_tiny(size: f64, x: f64) -> u64 {
    // mutants < -> <=: the accurate phase gives what the bounds give.
    // mutants 1 -> 2: only ±2 would be taken for 0, and with a scale so tiny that it is open itself.
    if size.abs() < TINY { x.to_bits() << 1 } else { 0 }
}

/// A block of results, each from an expression of the index. Not a method that takes a closure:
/// that is not always inlined, and back-propagation took 4.36 ns a value with it in place of 0.54.
macro_rules! results {
    ($i:ident => $rounded:expr) => {{
        let mut values = [0.0; N];
        let mut open = [0; N];
        // mutants: if all is open, the accurate phase decides everything, slowly.
        let mut any_open = 0;
        for $i in 0..N {
            let rounded: Rounded = $rounded;
            (values[$i], open[$i]) = (rounded.value, rounded.open);
            any_open |= rounded.open;
        }
        Results { values, open, any_open }
    }};
}

/// Whether an interval with this head loses nothing to overflow or underflow.
#[inline(always)]
fn is_ordinary(product: f64) -> bool {
    (product.abs() >= TINY) & (product.abs() <= HUGE)
}

/// Whether an exact product with `factor` loses nothing where subnormal numbers are flushed.
/// Without fused operations the product splits the factor, down to its last place.
#[inline(always)]
fn is_splittable<I: Isa>(factor: f64) -> bool {
    I::FUSED | (factor.abs() >= TINY)
}

/// Whether x < 0, by its bits, since the CPU may treat a subnormal number as 0; for NaN, whether
/// its sign bit is set.
#[inline(always)]
fn is_negative(x: f64) -> bool {
    sign(x).is_sign_negative()
}

/// −1 if `is_negative`, else 1.
#[inline(always)]
fn sign(x: f64) -> f64 {
    const MINUS_0: u64 = 1 << 63;
    // The complement of the difference has the sign bit set only for +0 and for bits above −0.
    let bits = x.to_bits();
    let sign = bits & !bits.wrapping_sub(MINUS_0 + 1) & MINUS_0;
    // mutants 1.0_ -> 2.0: only the sign counts.
    // mutants | -> ^: no bit is set in both.
    f64::from_bits(sign | 1.0_f64.to_bits())
}

/// `grad`, or a zero in its place where x < `vanishing`. Infinity becomes NaN, which stays open.
///
/// A product alone, or without fused operations, is left open: this would cost more than it saves.
#[inline(always)]
fn unless_vanishing<I: Isa, const N: usize>(grad: f64, x: f64, vanishing: f64) -> f64 {
    // mutants < -> <=, > -> >=, 1 -> 0, 1 -> 2: the accurate phase gives what the bounds give.
    if I::FUSED && N > 1 && x < vanishing { 0.0 * grad } else { grad }
}

/// `grad`·`derivative`·`down`, the derivative being `UP` times the one at `x`. If that is exactly a
/// number, the multiplication itself rounds the product. `down` is exact: `DOWN`, or a special
/// number.
#[inline(always)]
fn multiply<I: Isa>(
    x: f64,
    grad: f64,
    derivative: Interval,
    is_number: bool,
    down: f64,
) -> Rounded {
    let product = derivative.times::<I>(grad);
    // With fused operations the bounds of a product with a number are that product.
    // mutants delete !: without them the accurate phase gives the same.
    let is_rounded = !I::FUSED & is_number | (grad == 0.0);
    let (lower, upper) = select(is_rounded, (product.head, product.head), product.rounded());
    // NaN is not within the limits. A zero need not be, but is told by its bits: the CPU may treat
    // a subnormal gradient as 0.
    let is_within_limits =
        (x >= LOWEST_OF_DERIVATIVE) & is_ordinary(product.head) & is_splittable::<I>(grad);
    let outside = if is_within_limits { 0 } else { grad.to_bits() << 1 };
    // A zero times the derivative at NaN is NaN.
    // mutants | -> ^: they are not equal.
    Rounded { value: lower * down, open: lower.to_bits() ^ upper.to_bits() | outside }
        .open_if(x.is_nan())
}

/// scale·`UP`, and scale·alpha·`UP` as head, tail, and bounds of what these miss, for constants
/// that are positive.
struct FromOutput {
    scale: Interval,
    scale_is_number: bool,
    head: f64,
    tail: f64,
    missing: [f64; 2],
    /// Whether nothing is about to overflow or underflow, even where y + scale·alpha cancels.
    is_sound: bool,
}

impl FromOutput {
    /// grad times the derivative at the output y.
    #[inline(always)]
    fn gradient<I: Isa, const N: usize>(&self, y: f64, grad: f64) -> Rounded {
        let Self { scale, scale_is_number, head: limit, tail, missing, is_sound } = *self;
        let [lower, upper] = missing;
        let y_up = UP * y;
        // Dekker's Fast2Sum, twice. The first is exact; where the second is not, nothing cancels.
        let sum = limit + y_up;
        let rest = (y_up - (sum - limit)) + tail;
        let head = sum + rest;
        let rest = rest - (head - sum);
        // mutants 100 -> 99, 100 -> 101: there is room for more.
        let error = power_of_two(-100) * head;
        // Neither saturated nor less: the head has the sign of the sum. NaN where y is so large that
        // the sum overflows.
        // mutants > -> >=: 0 either way.
        let is_above_limit = head > 0.0;
        let negative = Interval {
            // mutants 1.0 -> 0.0, 1.0 -> 2.0: the gradient is a zero or NaN.
            head: if is_above_limit { head } else { 1.0 },
            lower: rest + lower - error,
            upper: rest + upper + error,
        };
        let is_negative = is_negative(y);
        let derivative = scale.or_if_negative::<N>(sign(y), negative);
        let grad = if is_above_limit | !is_negative { grad } else { 0.0 * grad };
        multiply::<I>(y, grad, derivative, scale_is_number & !is_negative, DOWN).open_if(!is_sound)
    }
}

impl Kernel<f64> for Selu {
    #[inline(always)]
    fn values<I: Isa, const N: usize>(self, isa: I, x: &[f64; N]) -> Results<f64, N> {
        let negative = exp_m1(isa, SELU, x);
        results!(i => {
            Rounded::of(x[i], if_negative::<N>(x[i], negative.at(i).rounded(), linear::<I>(x[i])))
                .open_if(!I::FUSED & (x[i].abs() > HUGE))
        })
    }

    #[inline(always)]
    fn gradients<I: Isa, const N: usize>(
        self,
        isa: I,
        x: &[f64; N],
        grad: &[f64; N],
    ) -> Results<f64, N> {
        let negative = exp_up(isa, SELU, x);
        results!(i => {
            let grad = unless_vanishing::<I, N>(grad[i], x[i], VANISHING);
            let derivative = SCALE_UP.or_if_negative::<N>(sign(x[i]), negative.at(i));
            multiply::<I>(x[i], grad, derivative, false, DOWN)
        })
    }

    #[inline(never)]
    fn exact_value(self, x: f64) -> f64 {
        any_size::value(self, x)
    }

    #[inline(never)]
    fn exact_gradient(self, x: f64, grad: f64) -> f64 {
        any_size::gradient(self, x, grad)
    }

    #[inline(never)]
    fn exact_gradient_from_output(self, y: f64, grad: f64) -> f64 {
        any_size::gradient_from_output(self, y, grad)
    }

    #[inline(always)]
    fn value<I: Isa>(self, isa: I, x: f64) -> f64 {
        debug_assert_rounding_to_nearest();
        // Without fused operations a mispredicted branch costs less than the other half of the
        // work.
        // mutants delete !, > -> >=, > -> ==, 0.0 -> 1.0: for speed only.
        let Rounded { value, open } = if !I::FUSED && is_ordinary(x) && x > 0.0 {
            Rounded::of(x, linear::<I>(x))
        } else {
            let results = self.values(isa, &[x]);
            Rounded { value: results.values[0], open: results.any_open }
        };
        if open == 0 { value } else { self.exact_value(x) }
    }

    #[inline(always)]
    fn gradients_from_output<I: Isa, const N: usize>(
        self,
        _: I,
        y: &[f64; N],
        grad: &[f64; N],
    ) -> Results<f64, N> {
        let from_output = FromOutput {
            scale: SCALE_UP,
            scale_is_number: false,
            head: UP * SCALE_ALPHA,
            tail: UP * SCALE_ALPHA_TAIL,
            missing: [UP * SCALE_ALPHA_MISSING.next_down(), UP * SCALE_ALPHA_MISSING.next_up()],
            is_sound: true,
        };
        results!(i => from_output.gradient::<I, N>(y[i], grad[i]))
    }
}

impl ScaledElu<f64> {
    /// Constants that are no zeros, infinities or NaN, and what a result for x < 0 that is computed
    /// with them is to be multiplied by: 1, unless a constant was one of these. (Where the CPU
    /// treats a subnormal number as 0, so does this: such constants must be left open.)
    #[inline(always)]
    fn without_special_constants(self) -> (Self, f64) {
        let split = |x: f64| {
            // mutants | -> ^: no number is both.
            let is_special = (x == 0.0) | !x.is_finite();
            // mutants 1.0_ -> 2.0: any number does.
            if is_special { (1.0_f64.copysign(x), x.abs()) } else { (x, 1.0) }
        };
        let ((alpha, alpha_factor), (scale, scale_factor)) = (split(self.alpha), split(self.scale));
        (Self { alpha, scale }, alpha_factor * scale_factor)
    }
}

impl Kernel<f64> for ScaledElu<f64> {
    #[inline(always)]
    fn values<I: Isa, const N: usize>(self, isa: I, x: &[f64; N]) -> Results<f64, N> {
        let (Self { alpha, scale }, special) = self.without_special_constants();
        let scale_alpha = product::<I>(scale, alpha);
        // Constants that may be flushed to 0, or whose product may lose its tail.
        // mutants | -> ^: of two that are equal, the product is tiny, too.
        let flushed = bits_if_tiny(self.alpha, self.alpha) | bits_if_tiny(self.scale, self.scale);
        let negative = exp_m1(isa, ELU, x);
        results!(i => {
            let negative = negative.at(i).times_pair::<I>(scale_alpha);
            let (lower, upper) = negative.rounded();
            let linear = self.scale * x[i];
            let bounds = if_negative::<N>(x[i], (lower * special, upper * special), (linear, linear));
            Rounded::of(x[i], bounds)
                .open_if(is_negative(x[i]) & !is_ordinary(negative.head))
                // mutants 0 -> 1: the accurate phase gives the same.
                .open_by(if self.scale == 0.0 { 0 } else { bits_if_tiny(linear, x[i]) } | flushed)
        })
    }

    #[inline(always)]
    fn gradients<I: Isa, const N: usize>(
        self,
        isa: I,
        x: &[f64; N],
        grad: &[f64; N],
    ) -> Results<f64, N> {
        let (Self { alpha, scale }, special) = self.without_special_constants();
        let scale_alpha = product::<I>(scale, alpha);
        // Of a product that is tiny the tail is lost, which the derivative times `UP` does not show.
        let are_sound = is_ordinary(scale_alpha.0);
        // mutants | -> ^: of two that are equal, the product is tiny, too.
        let flushed = bits_if_tiny(self.alpha, self.alpha) | bits_if_tiny(self.scale, self.scale);
        // What a product for x ≥ 0 is to be multiplied by.
        let special_scale = if scale == self.scale { 1.0 } else { self.scale.abs() };
        // An infinite product does not vanish.
        let vanishing =
            if special.is_finite() { VANISHING_FOR_ANY_CONSTANTS } else { f64::NEG_INFINITY };
        let negative = exp_up(isa, ELU, x);
        results!(i => {
            let negative = negative.at(i).times_pair::<I>(scale_alpha);
            let grad = unless_vanishing::<I, N>(grad[i], x[i], vanishing);
            let is_negative = is_negative(x[i]);
            let derivative = Interval::exactly(UP * scale).or_if_negative::<N>(sign(x[i]), negative);
            let is_sound = is_ordinary(derivative.head) & (!is_negative | are_sound);
            let down = if is_negative { DOWN * special } else { DOWN * special_scale };
            multiply::<I>(x[i], grad, derivative, !is_negative, down)
                .open_if(!is_sound)
                .open_by(flushed)
        })
    }

    #[inline(always)]
    fn gradients_from_output<I: Isa, const N: usize>(
        self,
        _: I,
        y: &[f64; N],
        grad: &[f64; N],
    ) -> Results<f64, N> {
        let Self { alpha, scale } = self;
        let (head, tail) = exact_product::<I>(UP * scale, alpha);
        let from_output = FromOutput {
            scale: Interval::exactly(UP * scale),
            scale_is_number: true,
            head,
            tail,
            missing: [0.0; 2],
            is_sound: is_ordinary(head)
                // mutants 110 -> 109, 110 -> 111, delete -, * -> +, * -> /: more than is known to be needed.
                & is_ordinary(power_of_two(-110) * head)
                & is_ordinary(UP * scale)
                & is_ordinary(alpha),
        };
        results!(i => from_output.gradient::<I, N>(y[i], grad[i]))
    }

    #[inline(never)]
    fn exact_value(self, x: f64) -> f64 {
        any_size::value(self, x)
    }

    #[inline(never)]
    fn exact_gradient(self, x: f64, grad: f64) -> f64 {
        any_size::gradient(self, x, grad)
    }

    #[inline(never)]
    fn exact_gradient_from_output(self, y: f64, grad: f64) -> f64 {
        any_size::gradient_from_output(self, y, grad)
    }
}
