//! Floating-point formats, as the tests see them.

use hexfloat2::HexFloat64;
use num_traits::Float;
use std::fmt::{Debug, LowerExp};

/// A floating-point format of IEEE 754's making.
pub trait Format: Float + Into<f64> + Debug + LowerExp + Send + Sync + 'static {
    const NAME: &'static str;
    const BYTES: usize;
    /// Bits of the significand, the leading one included.
    const DIGITS: u32;
    /// Exponent of the smallest normal number, as in 2ᵉ.
    const MIN_EXPONENT: i32;

    /// Exponent of the last place of the subnormal numbers.
    const LOWEST_PLACE: i32 = Self::MIN_EXPONENT - (Self::DIGITS as i32 - 1);
    const SIGN_PATTERN: u64 = 1 << (8 * Self::BYTES - 1);
    const INFINITY_PATTERN: u64 = Self::SIGN_PATTERN - (1 << (Self::DIGITS - 1));
    const NAN_PATTERN: u64 = Self::INFINITY_PATTERN | 1 << (Self::DIGITS - 2);

    /// The number with these bits.
    fn from_pattern(bits: u64) -> Self;

    /// The bits, with one pattern for all NaN.
    fn pattern(self) -> u64;

    /// The value next to `x` toward 0, where `x` is normal in this format.
    fn truncated(x: f64) -> Option<Self> {
        let exponent = (x.to_bits() >> 52 & 0x7ff) as i64 - 1023;
        let biased = exponent - i64::from(Self::MIN_EXPONENT) + 1;
        let fraction = x.to_bits() << 12 >> (65 - Self::DIGITS);
        let sign = x.to_bits() >> 63 << (8 * Self::BYTES - 1);
        let is_normal = 0 < biased && biased < i64::from(1 - Self::MIN_EXPONENT) * 2 + 1;
        let magnitude = (biased as u64) << (Self::DIGITS - 1) | fraction;
        is_normal.then(|| Self::from_pattern(sign | magnitude))
    }

    /// As bits and as a hexadecimal number.
    fn show(self) -> String {
        let width = 2 + 2 * Self::BYTES;
        format!("{:#0width$x} = {} = {self:e}", self.pattern(), HexFloat64::new(self.into()))
    }
}

macro_rules! impl_format {
    ($T:ty, $Bits:ty, $name:literal, $digits:literal, $min_exponent:literal) => {
        impl Format for $T {
            const NAME: &'static str = $name;
            const BYTES: usize = size_of::<$T>();
            const DIGITS: u32 = $digits;
            const MIN_EXPONENT: i32 = $min_exponent;

            fn from_pattern(bits: u64) -> Self {
                Self::from_bits(<$Bits>::try_from(bits).expect("no more bits than the format has"))
            }

            fn pattern(self) -> u64 {
                if self.is_nan() { Self::NAN_PATTERN } else { self.to_bits().into() }
            }
        }
    };
}

impl_format!(f32, u32, "f32", 24, -126);
impl_format!(f64, u64, "f64", 53, -1022);
#[cfg(feature = "half")]
impl_format!(half::f16, u16, "f16", 11, -14);
#[cfg(feature = "half")]
impl_format!(half::bf16, u16, "bf16", 8, -126);
