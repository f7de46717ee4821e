//! ONNX's `Selu` and `Elu` in ONNX Runtime, computed by the kernels of the crate: operators that
//! replace the built-in ones of a session on the CPU.
//!
//! ```no_run
//! use ort::session::Session;
//!
//! # fn main() -> ort::Result<()> {
//! # let environment = ort::init().build()?;
//! let session = Session::builder(&environment)?
//!     .with_operators(selu_ort::operators()?)?
//!     .commit_from_file("network.onnx")?;
//! # Ok(())
//! # }
//! ```

use half::f16;
use half::slice::HalfFloatSliceExt;
use ort::operator::{
    ComputeContext, Kernel, KernelContext, Operator, OperatorDomain, OperatorInput, OperatorOutput,
    ShapeInferenceContext,
};
use ort::value::PrimitiveTensorElementType;
use ort::{Error, Result};
use selu::ScaledElu;
use std::marker::PhantomData;

/// `Selu` and `Elu` for `f16`, `f32` and `f64`.
///
/// The constants are those of the model, or those that ONNX prescribes where it names none: the
/// `f32` next to α and λ. They keep their digits for `f64` and `f16`; in `f16` the values are
/// computed in `f32`, and rounded.
///
/// # Errors
///
/// Those of ONNX Runtime.
pub fn operators() -> Result<OperatorDomain> {
    // The domain of ONNX's own operators has no name.
    let mut domain = OperatorDomain::new("")?;
    for kind in [Kind::Selu, Kind::Elu] {
        domain = domain
            .add(Activation::<f16>::of(kind))?
            .add(Activation::<f32>::of(kind))?
            .add(Activation::<f64>::of(kind))?;
    }
    Ok(domain)
}

#[derive(Clone, Copy)]
enum Kind {
    Selu,
    Elu,
}

/// An operator for values of one type.
struct Activation<T> {
    kind: Kind,
    element: PhantomData<T>,
}

impl<T> Activation<T> {
    fn of(kind: Kind) -> Self {
        Self { kind, element: PhantomData }
    }
}

/// An operator in a graph, with its constants.
struct Node<T> {
    function: ScaledElu<f32>,
    element: PhantomData<T>,
}

/// A type of values.
trait Value: PrimitiveTensorElementType + Send + Sync + 'static {
    fn apply_into(function: ScaledElu<f32>, src: &[Self], dst: &mut [Self])
    where
        Self: Sized;
}

impl Value for f16 {
    fn apply_into(function: ScaledElu<f32>, src: &[Self], dst: &mut [Self]) {
        let mut wide = src.to_f32_vec();
        function.apply_slice(&mut wide);
        dst.convert_from_f32_slice(&wide);
    }
}

impl Value for f32 {
    fn apply_into(function: ScaledElu<f32>, src: &[Self], dst: &mut [Self]) {
        function.apply_into(src, dst);
    }
}

impl Value for f64 {
    fn apply_into(ScaledElu { alpha, scale }: ScaledElu<f32>, src: &[Self], dst: &mut [Self]) {
        ScaledElu { alpha: alpha.into(), scale: scale.into() }.apply_into(src, dst);
    }
}

impl<T: Value> Operator for Activation<T> {
    type Kernel<'attr> = Node<T>;

    fn name(&self) -> &str {
        match self.kind {
            Kind::Selu => "Selu",
            Kind::Elu => "Elu",
        }
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        [OperatorInput::required(T::into_tensor_element_type())]
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(T::into_tensor_element_type())]
    }

    fn infer_shape(&self, context: &mut ShapeInferenceContext) -> Result<()> {
        let inputs = context.inputs();
        context.set_output(0, &inputs[0])
    }

    fn create_kernel<'attr>(&self, context: &KernelContext<'attr>) -> Result<Node<T>> {
        let default = match self.kind {
            Kind::Selu => ScaledElu::onnx(),
            Kind::Elu => ScaledElu { alpha: 1.0, scale: 1.0 },
        };
        let function = ScaledElu {
            alpha: context.get("alpha").unwrap_or(default.alpha),
            scale: context.get("gamma").unwrap_or(default.scale),
        };
        Ok(Node { function, element: PhantomData })
    }
}

impl<T: Value> Kernel for Node<T> {
    fn compute(&mut self, context: &ComputeContext) -> Result<()> {
        let missing = || Error::new("the tensor is missing");
        let x = context.input(0)?.ok_or_else(missing)?;
        let (shape, x) = x.try_extract_tensor::<T>()?;
        let mut y = context.output(0, shape.to_vec())?.ok_or_else(missing)?;
        let (_, y) = y.try_extract_tensor_mut::<T>()?;
        T::apply_into(self.function, x, y);
        Ok(())
    }
}
