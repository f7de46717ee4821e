//! The constants of SELU, each correctly rounded to its type.
//!
//! They are the solution of Klambauer et al. 2017 for the fixed point (mean 0, variance 1):
//!
//! ```text
//! α = −√(2/π) / (e^½·erfc(1/√2) − 1)
//! λ = (1 − √e·erfc(1/√2)) · √(2π / (2 + π − 2√e(2+π)·erfc(1/√2) + eπ·erfc²(1/√2) + 2e²·erfc(√2)))
//! ```
//!
//! To 45 digits:
//!
//! ```text
//! α  = 1.67326324235437728481704299167165203846115535
//! λ  = 1.05070098735548049341933498529460635195898120
//! λα = 1.75809934084737685994021752081227957732350684
//! ```
//!
//! λα is a constant of its own: the product of the rounded α and λ is one unit in the last place
//! too low in `f64`.

/// The constants as `f64`.
pub mod f64 {
    /// α = 1.673263242354377…, the depth of the negative branch of the unscaled `elu`.
    pub const ALPHA: f64 = 1.6732632423543772; // 0x1.ac5afad782cf1p+0
    /// λ = 1.050700987355480…, the slope of the positive branch.
    pub const SCALE: f64 = 1.0507009873554805; // 0x1.0cfabd6a91132p+0
    /// λα = 1.758099340847376…, so that −λα is the limit of SELU at −∞.
    pub const SCALE_ALPHA: f64 = 1.7580993408473768; // 0x1.c212cc640f031p+0
}

/// The constants as `f32`.
pub mod f32 {
    /// α = 1.6732632…, the depth of the negative branch of the unscaled `elu`.
    pub const ALPHA: f32 = 1.6732632; // 0x1.ac5afap+0
    /// λ = 1.0507009…, the slope of the positive branch.
    pub const SCALE: f32 = 1.050701; // 0x1.0cfabep+0
    /// λα = 1.7580993…, so that −λα is the limit of SELU at −∞.
    pub const SCALE_ALPHA: f32 = 1.7580993; // 0x1.c212ccp+0
}

/// λ − `f64::SCALE`: head and tail together hold λ to 106 bits.
pub(crate) const SCALE_TAIL: f64 = 3.987484766715415e-17; // 0x1.6fc7d272f2696p-55
/// λα − `f64::SCALE_ALPHA`: head and tail together hold λα to 106 bits.
pub(crate) const SCALE_ALPHA_TAIL: f64 = 1.415351938008446e-17; // 0x1.05161b045a1f1p-56

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{self, exact, ulp_error};

    #[test]
    fn the_tails_are_what_the_f64_constants_miss() {
        let missing = &*reference::SCALE - exact(f64::SCALE);
        assert!(ulp_error(SCALE_TAIL, &missing) <= 0.5);
        let missing = &*reference::SCALE_ALPHA - exact(f64::SCALE_ALPHA);
        assert!(ulp_error(SCALE_ALPHA_TAIL, &missing) <= 0.5);
    }
}
