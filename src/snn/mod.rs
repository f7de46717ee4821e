//! The two companions with which SELU keeps mean 0 and variance 1 through a deep network.
//!
//! Random numbers enter as the 64-bit words of the caller's generator and are processed with +, −,
//! ×, ÷ and √ alone, whose results IEEE 754 prescribes to the last bit. No `exp` or `ln` of a
//! mathematical library and no sampler of another crate is involved, so one seed gives one sequence
//! of values on every platform, with `std` and without.

mod alpha_dropout;
mod lecun_normal;
mod ziggurat;

pub use alpha_dropout::{AlphaDropout, InvalidRate};
pub use lecun_normal::{InvalidFanIn, LecunNormal};

/// 2⁻⁵³, the distance of neighbouring random numbers.
const STEP: f64 = f64::EPSILON / 2.0;

/// A multiple of 2⁻⁵³ in [0, 1), all equally likely, from a random word.
#[inline]
fn uniform(word: u64) -> f64 {
    (word >> 11) as f64 * STEP
}
