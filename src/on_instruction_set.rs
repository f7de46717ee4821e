//! The slice functions on an instruction set of the caller's choice.
//!
//! For this crate's own tests and benches; not part of its public interface. Only for types that
//! have kernels, slices of equal length, and an instruction set that the CPU has; anything else
//! panics.

use crate::ScaledElu;
use crate::compiled::{Compiled, Cpu};
pub use crate::instruction_set::InstructionSet;
use crate::instruction_set::Supported;
use crate::kernel::Selu;
use crate::specialize::{cast, cast_mut, cast_value, specialize};
use num_traits::Float;

/// `selu_slice` on `set`.
pub fn selu_slice<T: Float>(set: InstructionSet, xs: &mut [T]) {
    specialize!(T => E: Selu.in_place(only(set), cast_mut::<T, E>(xs)), otherwise: no_kernel())
}

/// `selu_into` on `set`.
pub fn selu_into<T: Float>(set: InstructionSet, src: &[T], dst: &mut [T]) {
    assert_eq!(src.len(), dst.len());
    specialize!(T => E:
        Selu.out_of_place(only(set), cast::<T, E>(src), cast_mut(dst)),
        otherwise: no_kernel())
}

/// `selu_backward` on `set`.
pub fn selu_backward<T: Float>(set: InstructionSet, x: &[T], grad: &mut [T]) {
    assert_eq!(x.len(), grad.len());
    specialize!(T => E:
        Selu.backward(only(set), cast::<T, E>(x), cast_mut(grad)),
        otherwise: no_kernel())
}

/// `function.apply_slice` on `set`.
pub fn scaled_elu_slice<T: Float>(set: InstructionSet, function: ScaledElu<T>, xs: &mut [T]) {
    specialize!(T => E:
        cast_value::<_, ScaledElu<E>>(function).in_place(only(set), cast_mut::<T, E>(xs)),
        otherwise: no_kernel())
}

/// `function.apply_into` on `set`.
pub fn scaled_elu_into<T: Float>(
    set: InstructionSet,
    function: ScaledElu<T>,
    src: &[T],
    dst: &mut [T],
) {
    assert_eq!(src.len(), dst.len());
    specialize!(T => E:
        cast_value::<_, ScaledElu<E>>(function)
            .out_of_place(only(set), cast::<T, E>(src), cast_mut(dst)),
        otherwise: no_kernel())
}

/// `function.backward` on `set`.
pub fn scaled_elu_backward<T: Float>(
    set: InstructionSet,
    function: ScaledElu<T>,
    x: &[T],
    grad: &mut [T],
) {
    assert_eq!(x.len(), grad.len());
    specialize!(T => E:
        Compiled::backward(
            cast_value::<_, ScaledElu<E>>(function),
            only(set),
            cast::<T, E>(x),
            cast_mut(grad)
        ),
        otherwise: no_kernel())
}

fn only(set: InstructionSet) -> Cpu {
    let supported = Supported::new(set);
    Cpu::Only(supported.unwrap_or_else(|| panic!("this CPU has no {set:?}")))
}

fn no_kernel() {
    panic!("this type has no kernel");
}
