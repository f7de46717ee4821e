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
    /// Those of `selu::fast`, which have no form for one value; with a kernel for `f32` only.
    FastSelu,
    FastElu(T),
}
use Function::{Elu, FastElu, FastSelu, Selu};

impl<T> Function<T> {
    /// With its constants in another type.
    pub fn map<U>(self, number: impl Fn(T) -> U) -> Function<U> {
        match self {
            Selu => Selu,
            Elu(alpha) => Elu(number(alpha)),
            Self::ScaledElu(ScaledElu { alpha, scale }) => {
                Function::ScaledElu(ScaledElu { alpha: number(alpha), scale: number(scale) })
            }
            FastSelu => FastSelu,
            FastElu(alpha) => FastElu(number(alpha)),
        }
    }
}

impl<T: Float + Send + Sync> Function<T> {
    pub fn value(self, x: T) -> T {
        match self {
            Selu => selu::selu(x),
            Elu(alpha) => selu::elu(x, alpha),
            Self::ScaledElu(function) => function.apply(x),
            FastSelu | FastElu(_) => {
                let mut x = [x];
                self.slice(&mut x);
                x[0]
            }
        }
    }

    pub fn grad(self, x: T) -> T {
        match self {
            Selu => selu::selu_grad(x),
            Elu(alpha) => selu::elu_grad(x, alpha),
            Self::ScaledElu(function) => function.grad(x),
            FastSelu | FastElu(_) => self.gradient(x, one()),
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
            FastSelu => selu::fast::selu_slice(xs),
            FastElu(alpha) => selu::fast::elu_slice(xs, alpha),
        }
    }

    pub fn into(self, src: &[T], dst: &mut [T]) {
        match self {
            Selu => selu::selu_into(src, dst),
            Elu(alpha) => selu::elu_into(src, dst, alpha),
            Self::ScaledElu(function) => function.apply_into(src, dst),
            FastSelu => selu::fast::selu_into(src, dst),
            FastElu(alpha) => selu::fast::elu_into(src, dst, alpha),
        }
    }

    pub fn backward(self, x: &[T], grad: &mut [T]) {
        match self {
            Selu => selu::selu_backward(x, grad),
            Elu(alpha) => selu::elu_backward(x, grad, alpha),
            Self::ScaledElu(function) => function.backward(x, grad),
            FastSelu => selu::fast::selu_backward(x, grad),
            FastElu(alpha) => selu::fast::elu_backward(x, grad, alpha),
        }
    }

    pub fn backward_into(self, x: &[T], grad_out: &[T], grad_in: &mut [T]) {
        match self {
            Selu => selu::selu_backward_into(x, grad_out, grad_in),
            Elu(alpha) => selu::elu_backward_into(x, grad_out, grad_in, alpha),
            Self::ScaledElu(function) => function.backward_into(x, grad_out, grad_in),
            FastSelu => selu::fast::selu_backward_into(x, grad_out, grad_in),
            FastElu(alpha) => selu::fast::elu_backward_into(x, grad_out, grad_in, alpha),
        }
    }

    /// By the output y. The fast functions have no such form.
    pub fn backward_from_output(self, y: &[T], grad: &mut [T]) {
        match self {
            Selu => selu::selu_backward_from_output(y, grad),
            Elu(alpha) => selu::elu_backward_from_output(y, grad, alpha),
            Self::ScaledElu(function) => function.backward_from_output(y, grad),
            FastSelu | FastElu(_) => unreachable!("no form from the output"),
        }
    }

    pub fn backward_from_output_on(self, set: InstructionSet, y: &[T], grad: &mut [T]) {
        use on_instruction_set::{scaled_elu_backward_from_output, selu_backward_from_output};
        match self {
            Selu => selu_backward_from_output(set, y, grad),
            Elu(alpha) => {
                scaled_elu_backward_from_output(set, ScaledElu { alpha, scale: one() }, y, grad);
            }
            Self::ScaledElu(function) => scaled_elu_backward_from_output(set, function, y, grad),
            FastSelu | FastElu(_) => unreachable!("no form from the output"),
        }
    }

    /// The instruction sets on which the results are those of the other forms.
    pub fn sets(self) -> impl Iterator<Item = InstructionSet> + Clone {
        let is_fast = matches!(self, FastSelu | FastElu(_));
        let of_fastest = supported().next().map(is_fused);
        supported().filter(move |&set| {
            !is_fast || size_of::<T>() == size_of::<f32>() && Some(is_fused(set)) == of_fastest
        })
    }

    pub fn slice_on(self, set: InstructionSet, xs: &mut [T]) {
        use on_instruction_set::{fast, scaled_elu_slice, selu_slice};
        match self {
            Selu => selu_slice(set, xs),
            Elu(alpha) => scaled_elu_slice(set, ScaledElu { alpha, scale: one() }, xs),
            Self::ScaledElu(function) => scaled_elu_slice(set, function, xs),
            FastSelu => fast::selu_slice(set, xs),
            FastElu(alpha) => fast::elu_slice(set, xs, alpha),
        }
    }

    pub fn into_on(self, set: InstructionSet, src: &[T], dst: &mut [T]) {
        use on_instruction_set::{fast, scaled_elu_into, selu_into};
        match self {
            Selu => selu_into(set, src, dst),
            Elu(alpha) => scaled_elu_into(set, ScaledElu { alpha, scale: one() }, src, dst),
            Self::ScaledElu(function) => scaled_elu_into(set, function, src, dst),
            FastSelu => fast::selu_into(set, src, dst),
            FastElu(alpha) => fast::elu_into(set, src, dst, alpha),
        }
    }

    pub fn backward_on(self, set: InstructionSet, x: &[T], grad: &mut [T]) {
        use on_instruction_set::{fast, scaled_elu_backward, selu_backward};
        match self {
            Selu => selu_backward(set, x, grad),
            Elu(alpha) => scaled_elu_backward(set, ScaledElu { alpha, scale: one() }, x, grad),
            Self::ScaledElu(function) => scaled_elu_backward(set, function, x, grad),
            FastSelu => fast::selu_backward(set, x, grad),
            FastElu(alpha) => fast::elu_backward(set, x, grad, alpha),
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
            FastSelu | FastElu(_) => unimplemented!("a parallel form"),
        }
    }

    pub fn par_into(self, src: &[T], dst: &mut [T]) {
        match self {
            Selu => selu::par_selu_into(src, dst),
            Elu(alpha) => selu::par_elu_into(src, dst, alpha),
            Self::ScaledElu(function) => function.par_apply_into(src, dst),
            FastSelu | FastElu(_) => unimplemented!("a parallel form"),
        }
    }

    pub fn par_backward(self, x: &[T], grad: &mut [T]) {
        match self {
            Selu => selu::par_selu_backward(x, grad),
            Elu(alpha) => selu::par_elu_backward(x, grad, alpha),
            Self::ScaledElu(function) => function.par_backward(x, grad),
            FastSelu | FastElu(_) => unimplemented!("a parallel form"),
        }
    }

    pub fn par_backward_into(self, x: &[T], grad_out: &[T], grad_in: &mut [T]) {
        match self {
            Selu => selu::par_selu_backward_into(x, grad_out, grad_in),
            Elu(alpha) => selu::par_elu_backward_into(x, grad_out, grad_in, alpha),
            Self::ScaledElu(function) => function.par_backward_into(x, grad_out, grad_in),
            FastSelu | FastElu(_) => unimplemented!("a parallel form"),
        }
    }
}

/// The instruction sets of this CPU.
pub fn supported() -> impl Iterator<Item = InstructionSet> + Clone {
    InstructionSet::available()
}

/// Whether the set has fused multiply-add.
pub fn is_fused(set: InstructionSet) -> bool {
    let baseline = cfg!(all(feature = "std", any(target_feature = "fma", target_arch = "aarch64")));
    set != InstructionSet::BASELINE || baseline
}
