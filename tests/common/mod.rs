//! What both test programs have in common. It needs no reference: the crate and a standard library
//! are enough, wherever those can be had. `format` and `random` are in `tests/reference`, which the
//! crate's own tests share.
//!
//! | module | |
//! |---|---|
//! | `function` | a function of the crate in all its forms |
//! | `case` | whether all forms of a function agree |
//! | `hard`, `inputs` | arguments that are hard to round, and those of the committed results |
//! | `digest` | one number for very many results |
//! | `modes`, `panics` | the modes of the CPU; what a panic says |
//! | `sampling` | generators for feature `rand` |

#![allow(dead_code, unused_imports, reason = "each program takes what it needs")]

pub mod case;
pub mod digest;
pub mod function;
pub mod hard;
pub mod inputs;
#[cfg(any(
    target_arch = "x86",
    target_arch = "x86_64",
    target_arch = "arm",
    target_arch = "aarch64"
))]
pub mod modes;
pub mod panics;
#[cfg(feature = "rand")]
pub mod sampling;
