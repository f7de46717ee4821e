//! What the kernels and the accurate phase need of a type.

use super::arithmetic::widen;
use super::wide::Wide;

/// A type that the exact value of a function is rounded to.
pub(crate) trait Rounded: Copy + PartialEq {
    /// The nearest value to `exact`, ties to even.
    fn nearest(exact: Wide) -> Self;
    /// A zero, an infinity or NaN.
    fn special(x: f64) -> Self;
}

/// A type that has kernels.
pub(crate) trait Element: Rounded {
    /// Its bits.
    type Bits: Copy + Default + PartialEq;

    /// Bits of the significand, the leading one included, and of the exponent.
    const DIGITS: u32;
    const EXPONENT_BITS: u32;

    /// This number exactly, even where the CPU takes a subnormal number for 0.
    fn wide(self) -> f64;
}

impl Rounded for f64 {
    fn nearest(exact: Wide) -> Self {
        exact.to_f64()
    }

    fn special(x: f64) -> Self {
        x
    }
}

impl Element for f64 {
    type Bits = u64;

    const DIGITS: u32 = f64::MANTISSA_DIGITS;
    // mutants: the kernel in integers makes no f64.
    const EXPONENT_BITS: u32 = 11;

    fn wide(self) -> f64 {
        self
    }
}

impl Rounded for f32 {
    fn nearest(exact: Wide) -> Self {
        exact.to_f64_odd() as Self
    }

    fn special(x: f64) -> Self {
        x as Self
    }
}

impl Element for f32 {
    type Bits = u32;

    const DIGITS: u32 = 24;
    const EXPONENT_BITS: u32 = 8;

    fn wide(self) -> f64 {
        widen(self)
    }
}
