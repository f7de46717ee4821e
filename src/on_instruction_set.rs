//! The slice functions on an instruction set of the caller's choice.
//!
//! For this crate's own tests and benches; no part of its public interface. Only for types that have
//! kernels, slices of one length, and an instruction set that the CPU has; anything else panics.

pub use crate::simd::InstructionSet;
use crate::simd::{SeluBackward, SeluInPlace, SeluInto, Supported, run_on, units};
use crate::specialize::{specialize, view, view_mut};
use num_traits::Float;

/// `selu_slice` on `set`.
pub fn selu_slice<T: Float>(set: InstructionSet, xs: &mut [T]) {
    specialize!(T => E:
        run_on(supported(set), SeluInPlace, units(xs.len()), view_mut::<T, E>(xs)),
        otherwise: no_kernel())
}

/// `selu_into` on `set`.
pub fn selu_into<T: Float>(set: InstructionSet, src: &[T], dst: &mut [T]) {
    assert_eq!(src.len(), dst.len());
    specialize!(T => E:
        run_on(supported(set), SeluInto, view::<T, E>(src), view_mut(dst)),
        otherwise: no_kernel())
}

/// `selu_backward` on `set`.
pub fn selu_backward<T: Float>(set: InstructionSet, x: &[T], grad: &mut [T]) {
    assert_eq!(x.len(), grad.len());
    specialize!(T => E:
        run_on(supported(set), SeluBackward, view::<T, E>(x), view_mut(grad)),
        otherwise: no_kernel())
}

fn supported(set: InstructionSet) -> Supported {
    Supported::new(set).unwrap_or_else(|| panic!("this CPU has no {set:?}"))
}

fn no_kernel() {
    panic!("this type has no kernel");
}
