//! What every platform runs: `.ci/instruction-sets` takes this program to many. It needs no more
//! than the crate and a standard library.
//!
//! | module | guards |
//! |---|---|
//! | `forms` | one value has one result, alone, in place, on every instruction set; bounds and lengths |
//! | `stability` | committed results: one value has one result on every CPU |
//! | `digests` | all results of the types of 16 and 32 bits, as committed digests |
//! | `environment` | what flushing to zero and the rounding modes do |

#[path = "../common/mod.rs"]
mod common;
mod digests;
#[cfg(any(
    target_arch = "x86",
    target_arch = "x86_64",
    target_arch = "arm",
    target_arch = "aarch64"
))]
mod environment;
#[path = "../reference/format.rs"]
#[allow(dead_code, reason = "the other program takes the rest")]
mod format;
mod forms;
#[path = "../reference/random.rs"]
#[allow(dead_code, reason = "the other program takes the rest")]
mod random;
mod stability;

#[allow(unused_imports, reason = "the modes are for some architectures")]
use common::*;
