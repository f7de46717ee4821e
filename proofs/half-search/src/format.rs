//! The two formats of 16 bits, and what the kernels do for each.

use crate::kernel::{convert, lanes};
use crate::simd::Isa;
use half::{bf16, f16};

/// A format of 16 bits.
pub trait Format: Sync {
    const NAME: &'static str;
    const INFINITY: u16;
    const NAN: u16;
    /// Coefficients of the inner polynomial of SELU, and of the outer one.
    const SHAPE: [usize; 2];

    /// The value of `bits`, by the `half` crate.
    fn value(bits: u16) -> f32;

    fn widen(bits: u16) -> f32;
    fn narrow<const N: usize>(values: &[f32; N]) -> [u16; N];
    /// What SELU is for x < 0 with the coefficients of the inner and of the outer polynomial.
    fn negative<I: Isa>(coefficients: &Coefficients, x: f32) -> f32;
    fn gradient_bounds<I: Isa>(x: f32, grad: f32) -> [f32; 2];
    /// Below it the derivative is taken for what it is there.
    fn gradient_low() -> f32;

    /// The magnitude in the middle between that of `bits` and the next one above, which is exact.
    /// Infinity counts as the number after the largest.
    fn middle_above(bits: u16) -> f64 {
        let magnitude = bits & 0x7fff;
        let value = |magnitude| f64::from(Self::value(magnitude));
        if magnitude + 1 == Self::INFINITY {
            1.5 * value(magnitude) - 0.5 * value(magnitude - 1)
        } else {
            0.5 * (value(magnitude) + value(magnitude + 1))
        }
    }

    /// The ends of the interval of magnitudes that round to that of `bits`.
    fn interval(bits: u16) -> (f64, f64) {
        match bits & 0x7fff {
            0 => (0.0, Self::middle_above(0)),
            magnitude => (Self::middle_above(magnitude - 1), Self::middle_above(magnitude)),
        }
    }

    /// The bits of the number nearest to `x`, by bisection: no conversion is trusted.
    fn nearest(x: f64) -> u16 {
        if x.is_nan() {
            return Self::NAN;
        }
        let (mut low, mut high) = (0, Self::INFINITY);
        while high - low > 1 {
            let middle = (low + high) / 2;
            let is_below = f64::from(Self::value(middle)) <= x.abs();
            (low, high) = if is_below { (middle, high) } else { (low, middle) };
        }
        let rounded = if x.abs() < Self::middle_above(low) { low } else { high };
        rounded | if x.is_sign_negative() { 0x8000 } else { 0 }
    }
}

/// The coefficients of both polynomials, the inner one's first.
pub type Coefficients = [f32; 9];

#[derive(Clone, Copy)]
pub struct F16;

impl Format for F16 {
    const NAME: &'static str = "f16";
    const INFINITY: u16 = 0x7c00;
    const NAN: u16 = 0x7e00;
    const SHAPE: [usize; 2] = [4, 5];

    fn value(bits: u16) -> f32 {
        f16::from_bits(bits).to_f32_const()
    }

    #[inline(always)]
    fn widen(bits: u16) -> f32 {
        convert::f16_to_f32(bits)
    }

    #[inline(always)]
    fn narrow<const N: usize>(values: &[f32; N]) -> [u16; N] {
        convert::f32_to_f16_block::<false, _>(values)
    }

    #[inline(always)]
    fn negative<I: Isa>(coefficients: &Coefficients, x: f32) -> f32 {
        let [q0, q1, q2, q3, outer @ ..] = *coefficients;
        lanes::nested::<I, 4, 5>(&[q0, q1, q2, q3], &outer, x)
    }

    #[inline(always)]
    fn gradient_bounds<I: Isa>(x: f32, grad: f32) -> [f32; 2] {
        lanes::f16_gradient_bounds::<I>(x, grad)
    }

    fn gradient_low() -> f32 {
        lanes::F16_DERIVATIVE_LOW
    }
}

#[derive(Clone, Copy)]
pub struct Bf16;

impl Format for Bf16 {
    const NAME: &'static str = "bf16";
    const INFINITY: u16 = 0x7f80;
    const NAN: u16 = 0x7fc0;
    const SHAPE: [usize; 2] = [4, 3];

    fn value(bits: u16) -> f32 {
        bf16::from_bits(bits).to_f32_const()
    }

    #[inline(always)]
    fn widen(bits: u16) -> f32 {
        let [value] = convert::bf16_to_f32(&[bits]);
        value
    }

    #[inline(always)]
    fn narrow<const N: usize>(values: &[f32; N]) -> [u16; N] {
        // In blocks, two values that are neighbours come from different halves.
        let mut bits = [0; N];
        for (bits, &value) in bits.iter_mut().zip(values) {
            [*bits] = convert::f32_to_bf16::<false, 1>(&[value]);
        }
        bits
    }

    #[inline(always)]
    fn negative<I: Isa>(coefficients: &Coefficients, x: f32) -> f32 {
        let [q0, q1, q2, q3, p0, p1, p2, _, _] = *coefficients;
        x * lanes::nested_slope::<I, 4, 3>(&[q0, q1, q2, q3], &[p0, p1, p2], x)
    }

    #[inline(always)]
    fn gradient_bounds<I: Isa>(x: f32, grad: f32) -> [f32; 2] {
        lanes::bf16_gradient_bounds::<I>(x, grad)
    }

    fn gradient_low() -> f32 {
        lanes::BF16_DERIVATIVE_LOW
    }
}
