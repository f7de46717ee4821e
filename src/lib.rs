//! The scaled exponential linear unit, correctly rounded, at SIMD speed, with the same bits on every
//! CPU.
//!
//! ```text
//! selu(x) = λ·x             for x > 0          λ  = 1.0507009873554804934…
//! selu(x) = λ·α·(eˣ − 1)    for x < 0          α  = 1.6732632423543772848…
//! ```
//!
//! This is the activation function of Klambauer et al. 2017 [^1] with which a deep network keeps its
//! activations at mean 0 and variance 1. The formula as it stands, `exp(x) - 1`, loses all digits near
//! 0; this crate loses none.
//!
//! ```
//! use selu::{selu, selu_slice};
//!
//! assert_eq!(selu(-1e-8_f32), -1.7580993e-8); // exp(x) − 1 would give 0
//!
//! let mut layer = vec![0.3_f32, -1.2, 2.0];
//! selu_slice(&mut layer);
//! ```
//!
//! # Functions
//!
//! | | |
//! |---|---|
//! | [`selu`], [`selu_slice`], [`selu_into`] | one value, in place, out of place |
//! | [`selu_grad`], [`selu_backward`] | the derivative at the input, and back-propagation |
//! | [`elu`] | the unscaled parent |
//! | [`consts`] | α, λ and λα |
//!
//! All of them take every `T:` [`Float`](num_traits::Float), without any further bound. `f32` and
//! `f64` have kernels of their own, also where they come in through generic code; any other type is
//! computed by the formula in its own arithmetic.
//!
//! # Accuracy
//!
//! | | `f32`, `f16`, `bf16` | `f64` |
//! |---|---|---|
//! | `selu`, `selu_grad` | correctly rounded, every input tried | at most 0.57 ULP, 0.8 where subnormal |
//! | `elu`, `selu_backward` | at most 0.501, 0.500001 ULP | at most 0.57 ULP; the product with the rounded derivative |
//!
//! One value gives one result (NaN gives some NaN): alone or in a slice, at every position, length and alignment, in place
//! or not, serial or parallel, with `std` or without, on x86-64 with and without AVX2, FMA and AVX-512,
//! and on aarch64.
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `std` (default) | the instruction set is chosen at run time; without it the compile-time target decides |
//! | `libm` | for builds without `std`, also without an allocator |
//! | `half` | kernels for `half::f16` and `half::bf16` |
//! | `rayon` | `par_selu_slice`, `par_selu_into`, `par_selu_backward`: all cores |
//! | `rand` | `LecunNormal`, `AlphaDropout`: the companions of SELU in a network |
//!
//! [^1]: Klambauer, Unterthiner, Mayr, Hochreiter: *Self-Normalizing Neural Networks*, 2017,
//!     [arXiv:1706.02515](https://arxiv.org/abs/1706.02515).
#![cfg_attr(not(test), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(any(feature = "std", feature = "libm")))]
compile_error!(
    "selu needs one of its features: `std` (the default), or `libm` where there is no standard library"
);

#[cfg(all(feature = "std", not(test)))]
extern crate std;

mod activation;
mod blocks;
mod compiled;
pub mod consts;
mod elu;
mod gradient;
mod instruction_set;
mod kernel;
mod lengths;
#[doc(hidden)]
pub mod on_instruction_set;
#[cfg(feature = "rayon")]
mod parallel;
#[cfg(test)]
#[path = "../tests/reference/mod.rs"]
mod reference;
mod scaled_elu;
#[cfg(feature = "rand")]
mod snn;
mod specialize;

pub use activation::{selu, selu_into, selu_slice};
pub use elu::{elu, elu_backward, elu_backward_into, elu_grad, elu_into, elu_slice};
pub use gradient::{selu_backward, selu_backward_into, selu_grad};
#[cfg(feature = "rayon")]
pub use parallel::{
    par_elu_backward, par_elu_backward_into, par_elu_into, par_elu_slice, par_selu_backward,
    par_selu_backward_into, par_selu_into, par_selu_slice,
};
pub use scaled_elu::ScaledElu;
#[cfg(feature = "rand")]
pub use snn::{AlphaDropout, InvalidFanIn, InvalidRate, LecunNormal};
