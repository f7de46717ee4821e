//! The references of the tests, all independent of the crate's code.
//!
//! | module | |
//! |---|---|
//! | `exact` | the functions in arithmetic of any precision |
//! | `rounded` | their correctly rounded results: 128 bits, and `exact` where those leave it open |
//! | `format` | floating-point formats |
//! | `random` | random numbers |
//!
//! The crate's own tests and `examples/accuracy.rs` take it, too.

#![allow(dead_code, unused_imports, reason = "each takes what it needs")]

mod exact;
pub mod format;
pub mod random;
pub mod rounded;

pub use exact::*;
pub use format::Format;
