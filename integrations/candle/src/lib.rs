//! SELU as an operation of candle on the CPU, with its derivatives of every order, and in place,
//! for `f32`, `f64`, `f16` and `bf16` tensors of any layout; and alpha dropout.
//!
//! ```
//! use candle_core::{Device, Result, Var};
//!
//! # fn main() -> Result<()> {
//! let x = Var::new(&[-20.0_f32, 0.5, 100.0], &Device::Cpu)?;
//! let y = selu_candle::selu(&x)?;
//! let gradient = y.backward()?.get(&x).unwrap().to_vec1::<f32>()?;
//! assert_eq!(gradient, [3.6237129e-9, 1.050701, 1.050701]);
//! # Ok(())
//! # }
//! ```
//!
//! candle keeps the graph of a gradient only where the environment variable
//! `CANDLE_GRAD_DO_NOT_DETACH` is 1. Without it the derivative of an expression with a gradient in
//! it, such as a gradient penalty, silently lacks terms, whatever the operations are.

use candle_core::CpuStorage::{BF16, F16, F32, F64};
use candle_core::backend::BackendStorage;
use candle_core::cpu_backend::unary_map;
use candle_core::nditer::MAX_DIMS;
use candle_core::{
    CpuStorage, CustomOp1, CustomOp2, Error, InplaceOp1, Layout, ModuleT, NdIter, Result, Shape,
    Tensor, bail,
};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use selu::ScaledElu;
use selu::num_traits::Float;
use std::borrow::Cow;

/// SELU with the exact constants, and with its gradient.
pub fn selu(xs: &Tensor) -> Result<Tensor> {
    xs.apply_op1(Activation::Selu)
}

/// SELU with constants of one's own, and with its gradient: ONNX's `Selu`, and the signature of
/// `candle_nn::ops::selu`.
///
/// With `gamma` 1 it is ELU, in place of `Tensor::elu`, whose gradient is 0 below x = −17.
///
/// For `f16` and `bf16` the constants keep their digits: the values are computed in `f32`, and
/// rounded.
pub fn scaled_elu(xs: &Tensor, alpha: f32, gamma: f32) -> Result<Tensor> {
    xs.apply_op1(Activation::ScaledElu(ScaledElu { alpha, scale: gamma }))
}

/// SELU in the memory of the tensor, and so of every other that shares it.
///
/// No gradient passes through it, so it is for inference, and for the values of a `Var`.
///
/// # Errors
///
/// If `xs` is a result in a graph: candle would go on to compute gradients as if it had stayed
/// what it was.
pub fn selu_in_place(xs: &Tensor) -> Result<()> {
    in_place(xs, Activation::Selu)
}

/// [`scaled_elu`] in the memory of the tensor; the rest as for [`selu_in_place`].
///
/// # Errors
///
/// If `xs` is a result in a graph.
pub fn scaled_elu_in_place(xs: &Tensor, alpha: f32, gamma: f32) -> Result<()> {
    in_place(xs, Activation::ScaledElu(ScaledElu { alpha, scale: gamma }))
}

fn in_place(xs: &Tensor, function: Activation) -> Result<()> {
    if xs.track_op() && !xs.is_variable() {
        bail!(
            "selu in place: the tensor is a result in a graph, and gradients would leave SELU out; \
             use selu or scaled_elu, or detach the tensor"
        );
    }
    xs.inplace_op1(&InPlace(function))
}

/// Alpha dropout, the dropout for networks with SELU: a layer like `candle_nn::Dropout`, which
/// keeps mean 0 and variance 1.
///
/// A kept value becomes a·x + b, in the type of the tensor; a dropped one the constant that
/// `selu::AlphaDropout` defines. The gradient is a where a value was kept, and 0 elsewhere. candle's
/// generator for the CPU draws the mask, and cannot be seeded.
#[derive(Clone, Copy, Debug)]
pub struct AlphaDropout(selu::AlphaDropout);

impl AlphaDropout {
    /// Alpha dropout that drops each value with probability `rate`.
    ///
    /// # Errors
    ///
    /// Unless 0 ≤ `rate` < 1.
    pub fn new(rate: f64) -> Result<Self> {
        selu::AlphaDropout::new(rate).map(Self).map_err(Error::wrap)
    }
}

impl ModuleT for AlphaDropout {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Result<Tensor> {
        let Self(dropout) = self;
        if !train || dropout.rate() == 0.0 {
            return Ok(xs.clone());
        }
        let kept = Tensor::rand(0.0, 1.0, xs.shape(), xs.device())?.ge(dropout.rate())?;
        let dropped = Tensor::new(dropout.dropped(), xs.device())?.to_dtype(xs.dtype())?;
        let dropped = dropped.broadcast_as(xs.shape())?;
        kept.where_cond(&xs.affine(dropout.scale(), dropout.shift())?, &dropped)
    }
}

/// The function that `apply_op1` is to compute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// SELU with the exact constants.
    Selu,
    /// SELU with these constants.
    ScaledElu(ScaledElu<f32>),
}

/// An element type of candle's that the functions are computed for.
trait Value: Float + Send + Sync {
    fn scaled_elu(function: ScaledElu<f32>, xs: &mut [Self]);
    fn scaled_elu_backward(function: ScaledElu<f32>, x: &[Self], grad: &mut [Self]);
}

impl Activation {
    fn apply<T: Value>(self, xs: &mut [T]) {
        match self {
            Self::Selu => selu::par_selu_slice(xs),
            Self::ScaledElu(function) => T::scaled_elu(function, xs),
        }
    }

    fn backward<T: Value>(self, x: &[T], grad: &mut [T]) {
        match self {
            Self::Selu => selu::par_selu_backward(x, grad),
            Self::ScaledElu(function) => T::scaled_elu_backward(function, x, grad),
        }
    }

    fn apply_to_copy<T: Value>(self, xs: &[T], layout: &Layout) -> Vec<T> {
        let mut ys = in_order(xs, layout).into_owned();
        self.apply(&mut ys);
        ys
    }

    fn apply_strided<T: Value>(self, xs: &mut [T], layout: &Layout) -> Result<()> {
        if layout.shape().elem_count() == 0 {
            return Ok(());
        }
        if let Some(len) = gapless_len(layout) {
            self.apply(&mut xs[layout.start_offset()..][..len]);
            return Ok(());
        }
        if layout.dims().len() > MAX_DIMS {
            bail!(
                "selu in place: a strided tensor has the shape {:?}; at most {MAX_DIMS} dimensions \
                 are supported",
                layout.shape()
            );
        }
        let rows = NdIter::new([layout]);
        let (len, [stride]) = (rows.inner_size, rows.inner_strides);
        let mut copy = Vec::with_capacity(len);
        for [start] in rows {
            if stride == 1 {
                self.apply(&mut xs[start..][..len]);
            } else {
                let row = xs[start..].iter_mut().step_by(stride).take(len);
                copy.clear();
                copy.extend(row.map(|x| *x));
                self.apply(&mut copy);
                let row = xs[start..].iter_mut().step_by(stride);
                row.zip(&copy).for_each(|(x, &y)| *x = y);
            }
        }
        Ok(())
    }
}

/// The number of values, if they lie in memory one beside the other, in whichever order.
fn gapless_len(layout: &Layout) -> Option<usize> {
    let axes = layout.stride().iter().zip(layout.dims()).filter(|&(_, &dim)| dim > 1);
    let mut axes: Vec<_> = axes.collect();
    axes.sort_unstable();
    axes.into_iter().try_fold(1, |len, (&stride, &dim)| (stride == len).then_some(len * dim))
}

/// The values in the order of the tensor's indices.
fn in_order<'a, T: Copy>(xs: &'a [T], layout: &Layout) -> Cow<'a, [T]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Cow::Borrowed(&xs[start..end]),
        None => Cow::Owned(unary_map(xs, layout, |x| x)),
    }
}

impl CustomOp1 for Activation {
    fn name(&self) -> &'static str {
        "selu"
    }

    fn cpu_fwd(&self, xs: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let ys = match xs {
            F32(xs) => F32(self.apply_to_copy(xs, layout)),
            F64(xs) => F64(self.apply_to_copy(xs, layout)),
            F16(xs) => F16(self.apply_to_copy(xs, layout)),
            BF16(xs) => BF16(self.apply_to_copy(xs, layout)),
            _ => return Err(Error::UnsupportedDTypeForOp(xs.dtype(), "selu").bt()),
        };
        Ok((ys, layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        x.apply_op2(grad, Backward(*self)).map(Some)
    }
}

struct InPlace(Activation);

impl InplaceOp1 for InPlace {
    fn name(&self) -> &'static str {
        "selu in place"
    }

    fn cpu_fwd(&self, xs: &mut CpuStorage, layout: &Layout) -> Result<()> {
        match xs {
            F32(xs) => self.0.apply_strided(xs, layout),
            F64(xs) => self.0.apply_strided(xs, layout),
            F16(xs) => self.0.apply_strided(xs, layout),
            BF16(xs) => self.0.apply_strided(xs, layout),
            _ => Err(Error::UnsupportedDTypeForOp(xs.dtype(), "selu in place").bt()),
        }
    }
}

/// The gradient of the input, from the input and the gradient of the result.
struct Backward(Activation);

impl Backward {
    fn apply<T: Value>(
        &self,
        (x, x_layout): (&[T], &Layout),
        (grad, grad_layout): (&[T], &Layout),
    ) -> Vec<T> {
        let mut grad = in_order(grad, grad_layout).into_owned();
        self.0.backward(&in_order(x, x_layout), &mut grad);
        grad
    }
}

impl CustomOp2 for Backward {
    fn name(&self) -> &'static str {
        "selu backward"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        grad: &CpuStorage,
        grad_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x_, grad_) = (x_layout, grad_layout);
        let grad_in = match (x, grad) {
            (F32(x), F32(grad)) => F32(self.apply((x, x_), (grad, grad_))),
            (F64(x), F64(grad)) => F64(self.apply((x, x_), (grad, grad_))),
            (F16(x), F16(grad)) => F16(self.apply((x, x_), (grad, grad_))),
            (BF16(x), BF16(grad)) => BF16(self.apply((x, x_), (grad, grad_))),
            _ => return Err(Error::UnsupportedDTypeForOp(x.dtype(), self.name()).bt()),
        };
        Ok((grad_in, x_layout.shape().clone()))
    }

    /// With respect to x: the second derivative, which is the first below 0, and 0 from there on;
    /// with respect to the gradient: the derivative. Both have derivatives themselves.
    fn bwd(
        &self,
        x: &Tensor,
        grad: &Tensor,
        _: &Tensor,
        outer: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let below_0 = x.apply_op2(&(grad * outer)?, Backward(self.0))?;
        let by_x = x.detach().ge(0.0)?.where_cond(&below_0.zeros_like()?, &below_0)?;
        Ok((Some(by_x), Some(x.apply_op2(outer, Backward(self.0))?)))
    }
}

impl Value for f32 {
    fn scaled_elu(function: ScaledElu<f32>, xs: &mut [f32]) {
        function.par_apply_slice(xs);
    }

    fn scaled_elu_backward(function: ScaledElu<f32>, x: &[f32], grad: &mut [f32]) {
        function.par_backward(x, grad);
    }
}

impl Value for f64 {
    fn scaled_elu(ScaledElu { alpha, scale }: ScaledElu<f32>, xs: &mut [f64]) {
        ScaledElu { alpha: alpha.into(), scale: scale.into() }.par_apply_slice(xs);
    }

    fn scaled_elu_backward(
        ScaledElu { alpha, scale }: ScaledElu<f32>,
        x: &[f64],
        grad: &mut [f64],
    ) {
        ScaledElu { alpha: alpha.into(), scale: scale.into() }.par_backward(x, grad);
    }
}

impl Value for f16 {
    fn scaled_elu(function: ScaledElu<f32>, xs: &mut [f16]) {
        scaled_elu_in_f32(function, xs);
    }

    fn scaled_elu_backward(function: ScaledElu<f32>, x: &[f16], grad: &mut [f16]) {
        scaled_elu_backward_in_f32(function, x, grad);
    }
}

impl Value for bf16 {
    fn scaled_elu(function: ScaledElu<f32>, xs: &mut [bf16]) {
        scaled_elu_in_f32(function, xs);
    }

    fn scaled_elu_backward(function: ScaledElu<f32>, x: &[bf16], grad: &mut [bf16]) {
        scaled_elu_backward_in_f32(function, x, grad);
    }
}

fn scaled_elu_in_f32<T>(function: ScaledElu<f32>, xs: &mut [T])
where
    [T]: HalfFloatSliceExt,
{
    let mut wide = xs.to_f32_vec();
    function.par_apply_slice(&mut wide);
    xs.convert_from_f32_slice(&wide);
}

fn scaled_elu_backward_in_f32<T>(function: ScaledElu<f32>, x: &[T], grad: &mut [T])
where
    [T]: HalfFloatSliceExt,
{
    let mut wide = grad.to_f32_vec();
    function.par_backward(&x.to_f32_vec(), &mut wide);
    grad.convert_from_f32_slice(&wide);
}
