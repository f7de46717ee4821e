//! The two formats of 16 bits, and the numbers that round to each of theirs.

use crate::kernel::convert;
use half::{bf16, f16};

/// A format, by value, so that one function serves both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    F16,
    Bf16,
}

impl Format {
    pub const ALL: [Self; 2] = [Self::F16, Self::Bf16];

    /// The value of `bits`, by the `half` crate.
    pub fn value(self, bits: u16) -> f32 {
        match self {
            Self::F16 => f16::from_bits(bits).to_f32_const(),
            Self::Bf16 => bf16::from_bits(bits).to_f32_const(),
        }
    }

    pub fn infinity(self) -> u16 {
        match self {
            Self::F16 => 0x7c00,
            Self::Bf16 => 0x7f80,
        }
    }

    pub fn quiet_nan(self) -> u16 {
        match self {
            Self::F16 => 0x7e00,
            Self::Bf16 => 0x7fc0,
        }
    }

    pub fn widen(self, bits: u16) -> f32 {
        match self {
            Self::F16 => convert::f16_to_f32(bits),
            Self::Bf16 => convert::bf16_to_f32(bits),
        }
    }

    pub fn narrow(self, x: f32) -> u16 {
        match self {
            Self::F16 => convert::f32_to_f16(x),
            Self::Bf16 => convert::f32_to_bf16(x),
        }
    }

    /// The middle between the magnitude `bits` and the next one above, which is exact. Infinity
    /// counts as the number after the largest.
    pub fn middle_above(self, bits: u16) -> f64 {
        let magnitude = bits & 0x7fff;
        let below = f64::from(self.value(magnitude));
        let above = if magnitude + 1 == self.infinity() {
            let before = f64::from(self.value(magnitude - 1));
            2.0 * below - before
        } else {
            f64::from(self.value(magnitude + 1))
        };
        0.5 * (below + above)
    }

    /// The magnitudes that round to the magnitude of `bits`, ends excluded.
    pub fn interval(self, bits: u16) -> (f64, f64) {
        let magnitude = bits & 0x7fff;
        let low = if magnitude == 0 { 0.0 } else { self.middle_above(magnitude - 1) };
        let high =
            if magnitude == self.infinity() { f64::INFINITY } else { self.middle_above(magnitude) };
        (low, high)
    }

    /// The bits of the number nearest to a finite `x` that is not close to a middle.
    pub fn nearest(self, x: f64) -> u16 {
        let magnitude = x.abs();
        // The number below is found by bisection: no conversion is trusted.
        let (mut low, mut high) = (0, self.infinity());
        while high - low > 1 {
            let middle = (low + high) / 2;
            if f64::from(self.value(middle)) <= magnitude { low = middle } else { high = middle }
        }
        let rounded = if magnitude < self.middle_above(low) { low } else { high };
        rounded | if x.is_sign_negative() { 0x8000 } else { 0 }
    }
}
