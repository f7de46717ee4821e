//! The SELU activation function, correctly rounded, at SIMD speed, with the same bits on every CPU.
//!
//! ```
//! use selu::{selu, selu_slice};
//!
//! let y = selu(-0.5_f32);
//!
//! let mut layer = vec![0.3_f32, -1.2, 2.0];
//! selu_slice(&mut layer);
//! ```
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(any(feature = "std", feature = "libm")))]
compile_error!(
    "selu needs one of its features: `std` (the default), or `libm` where there is no standard library"
);

mod activation;
pub mod consts;
mod gradient;
mod kernel;
#[doc(hidden)]
pub mod on_instruction_set;
#[cfg(feature = "rayon")]
mod parallel;
#[cfg(test)]
#[path = "../tests/reference/mod.rs"]
mod reference;
mod simd;
#[cfg(feature = "rand")]
mod snn;
mod specialize;

pub use activation::{elu, selu, selu_into, selu_slice};
pub use gradient::{selu_backward, selu_grad};
#[cfg(feature = "rayon")]
pub use parallel::{par_selu_backward, par_selu_into, par_selu_slice};
#[cfg(feature = "rand")]
pub use snn::{AlphaDropout, InvalidFanIn, InvalidRate, LecunNormal};
