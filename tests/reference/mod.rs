//! The references of the tests, all independent of the crate's code.
//!
//! | module | |
//! |---|---|
//! | `exact` | the functions in arithmetic of any precision |
//! | `rounded` | their correctly rounded results: 128 bits, and `exact` where those leave it open |
//! | `format` | floating-point formats |
//! | `random` | random numbers |
//!
//! Other files here are not part of this module: a test that wants one names it.

#![allow(dead_code, unused_imports, reason = "each test takes what it needs")]

mod exact;
pub mod format;
pub mod random;
pub mod rounded;

pub use exact::*;
pub use format::Format;
