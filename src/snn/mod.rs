//! The two companions with which SELU keeps mean 0 and variance 1 through a deep network.
//!
//! Random numbers enter as the 64-bit words of the caller's generator and are processed with +, −,
//! ×, ÷ and √ alone, whose results IEEE 754 prescribes to the last bit. No `exp` or `ln` of a
//! mathematical library and no sampler of another crate is involved, so one seed gives one sequence
//! of values on every platform, with `std` and without.

mod alpha_dropout;
mod lecun_normal;

pub use alpha_dropout::{AlphaDropout, InvalidRate};
pub use lecun_normal::{InvalidFanIn, LecunNormal};

use rand::Rng;

/// A multiple of 2⁻⁵³ in [0, 1), all equally likely.
#[inline]
fn uniform<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    const STEP: f64 = f64::EPSILON / 2.0; // 2⁻⁵³
    (rng.next_u64() >> 11) as f64 * STEP
}
