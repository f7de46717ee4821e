//! The kernels under judgement: the very files that the library is made of.

#[path = "../../../src/kernel/half/convert.rs"]
pub mod convert;
#[path = "../../../src/kernel/half/lanes.rs"]
#[allow(dead_code, reason = "each part of this program takes what it needs")]
pub mod lanes;
