//! The slice functions on an instruction set of the caller's choice.
//!
//! For this crate's own tests and benches; no part of its public interface.

pub use crate::simd::InstructionSet;
use crate::simd::{self, InPlace, Zip};
use crate::specialize::{specialize, view, view_mut};
use num_traits::Float;

/// `selu_slice` on `set`.
pub fn selu_slice<T: Float>(set: InstructionSet, xs: &mut [T]) {
    specialize!(T => E:
        simd::run_on(set, InPlace::<E, _> { xs: view_mut(xs), function: simd::Selu }),
        otherwise: panic!("no kernel for this type"))
}

/// `selu_into` on `set`.
pub fn selu_into<T: Float>(set: InstructionSet, src: &[T], dst: &mut [T]) {
    assert_eq!(src.len(), dst.len());
    specialize!(T => E:
        simd::run_on(set, Zip::<E, _> { src: view(src), dst: view_mut(dst), function: simd::Selu }),
        otherwise: panic!("no kernel for this type"))
}

/// `selu_backward` on `set`.
pub fn selu_backward<T: Float>(set: InstructionSet, x: &[T], grad: &mut [T]) {
    assert_eq!(x.len(), grad.len());
    specialize!(T => E:
        simd::run_on(set, Zip::<E, _> { src: view(x), dst: view_mut(grad), function: simd::SeluBackward }),
        otherwise: panic!("no kernel for this type"))
}
