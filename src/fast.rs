//! fast

use crate::ScaledElu;
use crate::forms;
use crate::kernel::{Fast, Selu};
use num_traits::Float;

/// [`selu_slice`](crate::selu_slice), faster.
#[inline]
pub fn selu_slice<T: Float>(xs: &mut [T]) {
    forms::in_place(Fast(Selu), xs);
}

///
#[inline]
#[track_caller]
pub fn selu_into<T: Float>(src: &[T], dst: &mut [T]) {
    forms::out_of_place(Fast(Selu), src, dst);
}

///
#[inline]
#[track_caller]
pub fn selu_backward<T: Float>(x: &[T], grad: &mut [T]) {
    forms::backward(Fast(Selu), x, grad);
}

///
#[inline]
#[track_caller]
pub fn selu_backward_into<T: Float>(x: &[T], grad_out: &[T], grad_in: &mut [T]) {
    forms::backward_out_of_place(Fast(Selu), x, grad_out, grad_in);
}

///
#[inline]
pub fn elu_slice<T: Float>(xs: &mut [T], alpha: T) {
    forms::in_place(Fast(ScaledElu::elu(alpha)), xs);
}

///
#[inline]
#[track_caller]
pub fn elu_into<T: Float>(src: &[T], dst: &mut [T], alpha: T) {
    forms::out_of_place(Fast(ScaledElu::elu(alpha)), src, dst);
}

///
#[inline]
#[track_caller]
pub fn elu_backward<T: Float>(x: &[T], grad: &mut [T], alpha: T) {
    forms::backward(Fast(ScaledElu::elu(alpha)), x, grad);
}

///
#[inline]
#[track_caller]
pub fn elu_backward_into<T: Float>(x: &[T], grad_out: &[T], grad_in: &mut [T], alpha: T) {
    forms::backward_out_of_place(Fast(ScaledElu::elu(alpha)), x, grad_out, grad_in);
}
