//! SELU and ELU as operations of burn on its CPU backend Flex, with their gradients, for `f32`,
//! `f64`, `f16` and `bf16` tensors of any layout; and as modules of a network.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//!
//! let device = Device::default().autodiff();
//! let x = Tensor::<1>::from_floats([-20.0, 0.5, 100.0], &device).require_grad();
//! let gradients = selu_burn::selu(x.clone()).backward();
//! let gradient: Vec<f32> = x.grad(&gradients).unwrap().into_data().try_to_vec().unwrap();
//! assert_eq!(gradient, [3.6237129e-9, 1.050701, 1.050701]);
//! ```
//!
//! burn differentiates once: the gradient that `grad` returns is a constant, whatever was asked of
//! the device. A term of a loss that contains a derivative, such as a gradient penalty, is written
//! out with [`selu_backward`] or [`elu_backward`], which have gradients themselves.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::retro_forward::RetroForward;
use burn::backend::autodiff::checkpoint::state::BackwardStates;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, binary, unary};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::backend::flex::{Flex, FlexTensor};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::module::Module;
use burn::tensor::{BoolStore, DType, Element, Tensor, bf16, f16};
use selu::num_traits::{Float, cast};
use std::marker::PhantomData;

/// SELU of every value, with its gradient; in place of `burn::tensor::activation::selu`.
pub fn selu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    forward(x, Activation::Selu)
}

/// ELU of every value, with its gradient; in place of `burn::tensor::activation::elu`.
///
/// `alpha` is rounded to the type of the tensor.
pub fn elu<const D: usize>(x: Tensor<D>, alpha: f64) -> Tensor<D> {
    forward(x, Activation::Elu { alpha })
}

/// `grad·selu′(x)`, for every value of `grad` and the value of `x` at its index.
///
/// It has a gradient for both: `grad·selu″(x)`, where selu″ is λαeˣ below 0 and 0 from 0 on, and
/// selu′(x).
///
/// # Panics
///
/// If the shapes or the types differ.
pub fn selu_backward<const D: usize>(x: Tensor<D>, grad: Tensor<D>) -> Tensor<D> {
    backward(x, grad, Activation::Selu)
}

/// `grad·elu′(x)`; the rest as for [`selu_backward`].
///
/// # Panics
///
/// If the shapes or the types differ.
pub fn elu_backward<const D: usize>(x: Tensor<D>, grad: Tensor<D>, alpha: f64) -> Tensor<D> {
    backward(x, grad, Activation::Elu { alpha })
}

/// SELU as a module, in place of `burn::nn::Selu`.
#[derive(Module, Debug, Default)]
pub struct Selu;

impl Selu {
    /// The module.
    pub fn new() -> Self {
        Self
    }

    /// SELU of every value.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        selu(x)
    }
}

/// ELU as a module, in place of `burn::nn::Elu`.
#[derive(Module, Debug)]
pub struct Elu {
    /// What the result tends to at −∞, negated.
    pub alpha: f64,
}

impl Default for Elu {
    fn default() -> Self {
        Self { alpha: 1.0 }
    }
}

impl Elu {
    /// ELU of every value.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        elu(x, self.alpha)
    }
}

fn forward<const D: usize>(x: Tensor<D>, function: Activation) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::activation(x.into_dispatch(), function))
}

fn backward<const D: usize>(x: Tensor<D>, grad: Tensor<D>, function: Activation) -> Tensor<D> {
    assert_eq!(x.shape(), grad.shape(), "the shapes of x and grad differ");
    assert_eq!(x.dtype(), grad.dtype(), "the types of x and grad differ");
    let (x, grad) = (x.into_dispatch(), grad.into_dispatch());
    Tensor::from_dispatch(Dispatch::activation_backward(x, grad, function))
}

/// The function that is to be computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// SELU.
    Selu,
    /// ELU.
    Elu {
        /// What the result tends to at −∞, negated.
        alpha: f64,
    },
}

impl Activation {
    fn apply_slice<T: Float + Send + Sync>(self, xs: &mut [T]) {
        match self {
            Self::Selu => selu::par_selu_slice(xs),
            Self::Elu { alpha } => selu::par_elu_slice(xs, rounded(alpha)),
        }
    }

    fn apply_into<T: Float + Send + Sync>(self, src: &[T], dst: &mut [T]) {
        match self {
            Self::Selu => selu::par_selu_into(src, dst),
            Self::Elu { alpha } => selu::par_elu_into(src, dst, rounded(alpha)),
        }
    }

    fn backward<T: Float + Send + Sync>(self, x: &[T], grad: &mut [T]) {
        match self {
            Self::Selu => selu::par_selu_backward(x, grad),
            Self::Elu { alpha } => selu::par_elu_backward(x, grad, rounded(alpha)),
        }
    }

    fn backward_into<T: Float + Send + Sync>(self, x: &[T], grad_out: &[T], grad_in: &mut [T]) {
        match self {
            Self::Selu => selu::par_selu_backward_into(x, grad_out, grad_in),
            Self::Elu { alpha } => {
                selu::par_elu_backward_into(x, grad_out, grad_in, rounded(alpha));
            }
        }
    }
}

fn rounded<T: Float>(alpha: f64) -> T {
    cast(alpha).expect("a float takes any f64")
}

/// The operations, for the backends that have them.
#[backend_extension(Flex, Autodiff)]
pub trait Activations: Backend {
    /// The function at every value.
    fn activation(x: FloatTensor<Self>, function: Activation) -> FloatTensor<Self>;

    /// Every value of `grad` times the derivative at the value of `x` at its index.
    fn activation_backward(
        x: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        function: Activation,
    ) -> FloatTensor<Self>;
}

/// Calls a function for the type of the values of a tensor.
macro_rules! by_type {
    ($name:literal, $dtype:expr, $function:ident($($argument:expr),*)) => {
        match $dtype {
            DType::F32 => $function::<f32>($($argument),*),
            DType::F64 => $function::<f64>($($argument),*),
            DType::F16 => $function::<f16>($($argument),*),
            DType::BF16 => $function::<bf16>($($argument),*),
            other => panic!("{}: the type is {other:?}; F32, F64, F16 and BF16 are supported", $name),
        }
    };
}

impl Activations for Flex {
    fn activation(x: FlexTensor, function: Activation) -> FlexTensor {
        by_type!("activation", x.dtype(), flex_forward(x, function))
    }

    fn activation_backward(x: FlexTensor, grad: FlexTensor, function: Activation) -> FlexTensor {
        by_type!("activation_backward", x.dtype(), flex_backward(x, grad, function))
    }
}

/// In the tensor's own memory if nothing else uses it.
fn flex_forward<T>(x: FlexTensor, function: Activation) -> FlexTensor
where
    T: Element + bytemuck::Pod + Float + Send + Sync,
{
    let mut x = in_order(x);
    match x.try_storage_mut::<T>() {
        Some(xs) => function.apply_slice(xs),
        None => {
            let mut y = FlexTensor::empty(x.layout().shape().clone(), x.dtype());
            function.apply_into(x.storage::<T>(), y.storage_mut::<T>());
            return y;
        }
    }
    x
}

fn flex_backward<T>(x: FlexTensor, grad: FlexTensor, function: Activation) -> FlexTensor
where
    T: Element + bytemuck::Pod + Float + Send + Sync,
{
    let (x, mut grad) = (in_order(x), in_order(grad));
    match grad.try_storage_mut::<T>() {
        Some(grad) => function.backward(x.storage::<T>(), grad),
        None => {
            let mut grad_in = FlexTensor::empty(x.layout().shape().clone(), x.dtype());
            function.backward_into(
                x.storage::<T>(),
                grad.storage::<T>(),
                grad_in.storage_mut::<T>(),
            );
            return grad_in;
        }
    }
    grad
}

/// The values in the order of the tensor's indices, and no others in its memory.
fn in_order(x: FlexTensor) -> FlexTensor {
    // Assigned, so that the borrowed tensor is gone and does not count as another user.
    let copy = x.to_contiguous();
    drop(x);
    copy
}

impl<B: Activations, C: CheckpointStrategy> Activations for Autodiff<B, C> {
    fn activation(x: FloatTensor<Self>, function: Activation) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Forward;

        impl<B: Activations> Backward<B, 1> for Forward {
            type State = (NodeId, Activation);

            fn backward(
                self,
                ops: Ops<Self::State, 1>,
                gradients: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let (x, function) = ops.state;
                let x = checkpointer.retrieve_node_output(x);
                unary::<B, _>(ops.parents, ops.node, gradients, |grad| {
                    B::activation_backward(x, grad, function)
                });
            }
        }

        let again = Again::<B> { x: x.id(), function, backend: PhantomData };
        let prepared = Forward.prepare::<C>([x.node()]).memory_bound().retro_forward(again);
        match prepared.parents([&x]).stateful() {
            OpsKind::Tracked(mut prepared) => {
                let state = (prepared.checkpoint(&x), function);
                prepared.finish(state, B::activation(x.into_primitive(), function))
            }
            OpsKind::UnTracked(prepared) => {
                prepared.finish(B::activation(x.into_primitive(), function))
            }
        }
    }

    fn activation_backward(
        x: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        function: Activation,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Second;

        impl<B: Activations> Backward<B, 2> for Second {
            type State = (NodeId, NodeId, Activation);

            fn backward(
                self,
                ops: Ops<Self::State, 2>,
                gradients: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let (x, grad, function) = ops.state;
                let x: FloatTensor<B> = checkpointer.retrieve_node_output(x);
                let grad: FloatTensor<B> = checkpointer.retrieve_node_output(grad);
                binary::<B, _, _>(
                    ops.parents,
                    ops.node,
                    gradients,
                    // Below 0 the second derivative is the first.
                    |outer| {
                        let from_0_on =
                            B::float_greater_equal_elem(x.clone(), 0.into(), BoolStore::Native);
                        let product = B::float_mul(grad, outer);
                        let below_0 = B::activation_backward(x.clone(), product, function);
                        B::float_mask_fill(below_0, from_0_on, 0.into())
                    },
                    |outer| B::activation_backward(x.clone(), outer, function),
                );
            }
        }

        let prepared = Second.prepare::<C>([x.node(), grad.node()]).compute_bound();
        match prepared.stateful() {
            OpsKind::Tracked(mut prepared) => {
                let state = (prepared.checkpoint(&x), prepared.checkpoint(&grad), function);
                let grad = grad.into_primitive();
                prepared.finish(state, B::activation_backward(x.into_primitive(), grad, function))
            }
            OpsKind::UnTracked(prepared) => {
                let grad = grad.into_primitive();
                prepared.finish(B::activation_backward(x.into_primitive(), grad, function))
            }
        }
    }
}

/// The forward pass once more, for a device that keeps few results.
#[derive(Debug)]
struct Again<B> {
    x: NodeId,
    function: Activation,
    backend: PhantomData<B>,
}

impl<B: Activations> RetroForward for Again<B> {
    fn forward(&self, states: &mut BackwardStates, node: NodeId) {
        let x = states.get_state::<FloatTensor<B>>(&self.x);
        states.save(node, B::activation(x, self.function));
    }
}
