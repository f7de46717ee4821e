//! The slice functions on an instruction set of the caller's choice.
//!
//! For this crate's own tests and benches; not part of its public interface. Only for types that
//! have kernels, and slices of equal length; anything else panics.

use crate::ScaledElu;
use crate::forms::{Forms, Function};
use crate::kernel::{Fast, Selu};
use crate::lengths::assert_equal;
pub use crate::simd::InstructionSet;
use num_traits::Float;

/// `selu_slice` on `set`.
pub fn selu_slice<T: Float>(set: InstructionSet, xs: &mut [T]) {
    (of_kernel().in_place)(Selu, Some(set), xs);
}

/// `selu_into` on `set`.
pub fn selu_into<T: Float>(set: InstructionSet, src: &[T], dst: &mut [T]) {
    assert_equal(("src", src.len()), ("dst", dst.len()));
    (of_kernel().out_of_place)(Selu, Some(set), src, dst);
}

/// `selu_backward` on `set`.
pub fn selu_backward<T: Float>(set: InstructionSet, x: &[T], grad: &mut [T]) {
    assert_equal(("x", x.len()), ("grad", grad.len()));
    (of_kernel().backward)(Selu, Some(set), x, grad);
}

/// `function.apply_slice` on `set`.
pub fn scaled_elu_slice<T: Float>(set: InstructionSet, function: ScaledElu<T>, xs: &mut [T]) {
    (of_kernel().in_place)(function, Some(set), xs);
}

/// `function.apply_into` on `set`.
pub fn scaled_elu_into<T: Float>(
    set: InstructionSet,
    function: ScaledElu<T>,
    src: &[T],
    dst: &mut [T],
) {
    assert_equal(("src", src.len()), ("dst", dst.len()));
    (of_kernel().out_of_place)(function, Some(set), src, dst);
}

/// `function.backward` on `set`.
pub fn scaled_elu_backward<T: Float>(
    set: InstructionSet,
    function: ScaledElu<T>,
    x: &[T],
    grad: &mut [T],
) {
    assert_equal(("x", x.len()), ("grad", grad.len()));
    (of_kernel().backward)(function, Some(set), x, grad);
}

/// `selu_backward_from_output` on `set`.
pub fn selu_backward_from_output<T: Float>(set: InstructionSet, y: &[T], grad: &mut [T]) {
    assert_equal(("y", y.len()), ("grad", grad.len()));
    (of_kernel().backward_from_output)(Selu, Some(set), y, grad);
}

/// `function.backward_from_output` on `set`.
pub fn scaled_elu_backward_from_output<T: Float>(
    set: InstructionSet,
    function: ScaledElu<T>,
    y: &[T],
    grad: &mut [T],
) {
    assert_equal(("y", y.len()), ("grad", grad.len()));
    (of_kernel().backward_from_output)(function, Some(set), y, grad);
}

/// The functions of [`fast`](crate::fast) on an instruction set, for types with a kernel there.
#[allow(missing_docs, reason = "each is what its name says, on `set`")]
pub mod fast {
    use super::*;

    pub fn selu_slice<T: Float>(set: InstructionSet, xs: &mut [T]) {
        (of_kernel().in_place)(Fast(Selu), Some(set), xs);
    }

    pub fn selu_into<T: Float>(set: InstructionSet, src: &[T], dst: &mut [T]) {
        assert_equal(("src", src.len()), ("dst", dst.len()));
        (of_kernel().out_of_place)(Fast(Selu), Some(set), src, dst);
    }

    pub fn selu_backward<T: Float>(set: InstructionSet, x: &[T], grad: &mut [T]) {
        assert_equal(("x", x.len()), ("grad", grad.len()));
        (of_kernel().backward)(Fast(Selu), Some(set), x, grad);
    }

    pub fn elu_slice<T: Float>(set: InstructionSet, xs: &mut [T], alpha: T) {
        (of_kernel().in_place)(Fast(ScaledElu::elu(alpha)), Some(set), xs);
    }

    pub fn elu_into<T: Float>(set: InstructionSet, src: &[T], dst: &mut [T], alpha: T) {
        assert_equal(("src", src.len()), ("dst", dst.len()));
        (of_kernel().out_of_place)(Fast(ScaledElu::elu(alpha)), Some(set), src, dst);
    }

    pub fn elu_backward<T: Float>(set: InstructionSet, x: &[T], grad: &mut [T], alpha: T) {
        assert_equal(("x", x.len()), ("grad", grad.len()));
        (of_kernel().backward)(Fast(ScaledElu::elu(alpha)), Some(set), x, grad);
    }
}

fn of_kernel<'a, F: Function<T>, T: Float>() -> &'a Forms<F, T> {
    Forms::of_kernel().expect("this type has no kernel")
}
