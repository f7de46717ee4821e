//! The kernels under judgement: the very files that the library is made of.

#[path = "../../../src/simd/convert.rs"]
#[allow(dead_code, reason = "this program takes some of it")]
pub mod convert;
#[path = "../../../src/kernel/half/lanes.rs"]
#[allow(dead_code, reason = "this program takes some of it")]
pub mod lanes;

use crate::simd::Isa;

/// Multiplication and addition in one rounding.
#[derive(Clone, Copy)]
pub struct Fused;

impl Isa for Fused {
    const FUSED: bool = true;
}

/// Multiplication and addition in two roundings.
#[derive(Clone, Copy)]
pub struct Unfused;

impl Isa for Unfused {
    const FUSED: bool = false;
}
