//! The functions of the crate in all their forms.

use num_traits::{Float, one};
use selu::ScaledElu;
use selu::on_instruction_set::{self, InstructionSet};

/// A function with its derivative.
#[derive(Clone, Copy, Debug)]
pub enum Function<T> {
    Selu,
    /// With this alpha.
    Elu(T),
    ScaledElu(ScaledElu<T>),
}
use Function::{Elu, Selu};

impl<T: Float + Send + Sync> Function<T> {
    pub fn value(self, x: T) -> T {
        match self {
            Selu => selu::selu(x),
            Elu(alpha) => selu::elu(x, alpha),
            Self::ScaledElu(function) => function.apply(x),
        }
    }

    pub fn grad(self, x: T) -> T {
        match self {
            Selu => selu::selu_grad(x),
            Elu(alpha) => selu::elu_grad(x, alpha),
            Self::ScaledElu(function) => function.grad(x),
        }
    }

    /// grad·f'(x), by a slice of one value.
    pub fn gradient(self, x: T, grad: T) -> T {
        let mut grad = [grad];
        self.backward(&[x], &mut grad);
        grad[0]
    }

    pub fn slice(self, xs: &mut [T]) {
        match self {
            Selu => selu::selu_slice(xs),
            Elu(alpha) => selu::elu_slice(xs, alpha),
            Self::ScaledElu(function) => function.apply_slice(xs),
        }
    }

    pub fn into(self, src: &[T], dst: &mut [T]) {
        match self {
            Selu => selu::selu_into(src, dst),
            Elu(alpha) => selu::elu_into(src, dst, alpha),
            Self::ScaledElu(function) => function.apply_into(src, dst),
        }
    }

    pub fn backward(self, x: &[T], grad: &mut [T]) {
        match self {
            Selu => selu::selu_backward(x, grad),
            Elu(alpha) => selu::elu_backward(x, grad, alpha),
            Self::ScaledElu(function) => function.backward(x, grad),
        }
    }

    pub fn backward_into(self, x: &[T], grad_out: &[T], grad_in: &mut [T]) {
        match self {
            Selu => selu::selu_backward_into(x, grad_out, grad_in),
            Elu(alpha) => selu::elu_backward_into(x, grad_out, grad_in, alpha),
            Self::ScaledElu(function) => function.backward_into(x, grad_out, grad_in),
        }
    }

    /// ELU as the `ScaledElu` that it is.
    fn scaled(self) -> Option<ScaledElu<T>> {
        match self {
            Selu => None,
            Elu(alpha) => Some(ScaledElu { alpha, scale: one() }),
            Self::ScaledElu(function) => Some(function),
        }
    }

    pub fn slice_on(self, set: InstructionSet, xs: &mut [T]) {
        match self.scaled() {
            None => on_instruction_set::selu_slice(set, xs),
            Some(function) => on_instruction_set::scaled_elu_slice(set, function, xs),
        }
    }

    pub fn into_on(self, set: InstructionSet, src: &[T], dst: &mut [T]) {
        match self.scaled() {
            None => on_instruction_set::selu_into(set, src, dst),
            Some(function) => on_instruction_set::scaled_elu_into(set, function, src, dst),
        }
    }

    pub fn backward_on(self, set: InstructionSet, x: &[T], grad: &mut [T]) {
        match self.scaled() {
            None => on_instruction_set::selu_backward(set, x, grad),
            Some(function) => on_instruction_set::scaled_elu_backward(set, function, x, grad),
        }
    }
}

#[cfg(feature = "rayon")]
impl<T: Float + Send + Sync> Function<T> {
    pub fn par_slice(self, xs: &mut [T]) {
        match self {
            Selu => selu::par_selu_slice(xs),
            Elu(alpha) => selu::par_elu_slice(xs, alpha),
            Self::ScaledElu(function) => function.par_apply_slice(xs),
        }
    }

    pub fn par_into(self, src: &[T], dst: &mut [T]) {
        match self {
            Selu => selu::par_selu_into(src, dst),
            Elu(alpha) => selu::par_elu_into(src, dst, alpha),
            Self::ScaledElu(function) => function.par_apply_into(src, dst),
        }
    }

    pub fn par_backward(self, x: &[T], grad: &mut [T]) {
        match self {
            Selu => selu::par_selu_backward(x, grad),
            Elu(alpha) => selu::par_elu_backward(x, grad, alpha),
            Self::ScaledElu(function) => function.par_backward(x, grad),
        }
    }

    pub fn par_backward_into(self, x: &[T], grad_out: &[T], grad_in: &mut [T]) {
        match self {
            Selu => selu::par_selu_backward_into(x, grad_out, grad_in),
            Elu(alpha) => selu::par_elu_backward_into(x, grad_out, grad_in, alpha),
            Self::ScaledElu(function) => function.par_backward_into(x, grad_out, grad_in),
        }
    }
}

/// The instruction sets of this CPU.
pub fn supported() -> impl Iterator<Item = InstructionSet> + Clone {
    InstructionSet::available()
}
