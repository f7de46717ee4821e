//! The operation for every type and layout against one value at a time, and against candle's own.

use candle_core::{CustomOp1, DType, Device::Cpu, Result, Tensor, Var, WithDType};
use half::{bf16, f16};
use selu::num_traits::{Float, NumCast};
use selu::{ScaledElu, selu_grad};
use selu_candle::{Activation, scaled_elu, scaled_elu_in_place, selu, selu_in_place};
use std::f64::consts::PI;

fn onnx() -> Activation {
    Activation::ScaledElu(ScaledElu::onnx())
}

/// The values of a tensor, in `f64`, which holds every type's.
fn values(xs: &Tensor) -> Vec<f64> {
    xs.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// Equal, with the sign of zeros; any NaN equals any other.
#[track_caller]
fn assert_same(got: &Tensor, expected: &[f64], case: &str) {
    let got = values(got);
    assert_eq!(got.len(), expected.len(), "{case}");
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        let same = got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan();
        assert!(same, "{case}: {got:e} at {i}, expected {expected:e}");
    }
}

/// A tensor of values of both signs and of special ones.
fn filled(shape: &[usize], dtype: DType, frequency: f64) -> Tensor {
    let special = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-6, -1e-6, -8.0];
    let value = |i: usize| match i % 41 {
        i @ 0..8 => special[i],
        _ => (i as f64 * frequency).sin() * 6.0,
    };
    let values: Vec<f64> = (0..shape.iter().product()).map(value).collect();
    Tensor::from_vec(values, shape, &Cpu).unwrap().to_dtype(dtype).unwrap()
}

/// Tensors of shape 6 × 50 × 8 in memory of every arrangement, by name.
fn layouts(dtype: DType, frequency: f64) -> Result<Vec<(&'static str, Tensor)>> {
    let of = |shape: &[usize]| filled(shape, dtype, frequency);
    let shape = (6, 50, 8);
    Ok(vec![
        ("contiguous", of(&[6, 50, 8])),
        ("start offset", of(&[9, 50, 8]).narrow(0, 2, 6)?),
        ("transposed", of(&[6, 8, 50]).transpose(1, 2)?),
        ("reversed axes", of(&[8, 50, 6]).permute((2, 1, 0))?),
        ("window of the middle axis", of(&[6, 70, 8]).narrow(1, 7, 50)?),
        ("window of the last axis", of(&[6, 50, 11]).narrow(2, 3, 8)?),
        ("transposed window", of(&[8, 70, 6]).narrow(1, 7, 50)?.permute((2, 1, 0))?),
        ("broadcast rows", of(&[8]).broadcast_as(shape)?),
        ("broadcast columns", of(&[50, 1]).broadcast_as(shape)?),
        ("broadcast value", of(&[1]).broadcast_as(shape)?),
    ])
}

/// Tensors of other sizes: of no dimension, empty, long enough for several tasks.
fn sizes(dtype: DType, frequency: f64) -> Vec<(&'static str, Tensor)> {
    let of = |shape: &[usize]| filled(shape, dtype, frequency);
    vec![("scalar", of(&[])), ("empty", of(&[0, 3])), ("long", of(&[50_001]))]
}

/// What an activation is for one value of a type.
trait Reference: WithDType + Float {
    fn apply(activation: Activation, x: Self) -> Self;
    fn backward(activation: Activation, x: Self, grad: Self) -> Self;
}

fn backward_by<T: Copy>(function: impl Fn(&[T], &mut [T]), x: T, mut grad: T) -> T {
    function(&[x], std::slice::from_mut(&mut grad));
    grad
}

/// For types that have the constants of an `f32` in them.
fn scaled<T: Float>(function: ScaledElu<f32>) -> ScaledElu<T> {
    let exact = |x: f32| <T as NumCast>::from(x).unwrap();
    ScaledElu { alpha: exact(function.alpha), scale: exact(function.scale) }
}

macro_rules! references {
    ($($T:ty, $widest:ty);*) => {$(
        impl Reference for $T {
            fn apply(activation: Activation, x: Self) -> Self {
                match activation {
                    Activation::Selu => selu::selu(x),
                    Activation::ScaledElu(function) => {
                        let y = scaled(function).apply(<$widest as NumCast>::from(x).unwrap());
                        <$T as NumCast>::from(y).unwrap()
                    }
                }
            }

            fn backward(activation: Activation, x: Self, grad: Self) -> Self {
                match activation {
                    Activation::Selu => backward_by(selu::selu_backward, x, grad),
                    Activation::ScaledElu(function) => {
                        let [x, grad] = [x, grad].map(|x| <$widest as NumCast>::from(x).unwrap());
                        let function = scaled::<$widest>(function);
                        let grad = backward_by(|x, grad| function.backward(x, grad), x, grad);
                        <$T as NumCast>::from(grad).unwrap()
                    }
                }
            }
        }
    )*};
}
references! { f32, f32; f64, f64; f16, f32; bf16, f32 }

fn one_by_one<T: Reference>(xs: &Tensor, mut function: impl FnMut(T) -> T) -> Vec<f64> {
    let xs: Vec<T> = xs.flatten_all().unwrap().to_vec1().unwrap();
    xs.into_iter().map(|x| function(x).to_f64()).collect()
}

fn forward<T: Reference>() -> Result<()> {
    for activation in [Activation::Selu, onnx()] {
        for (layout, x) in [layouts(T::DTYPE, 0.7)?, sizes(T::DTYPE, 0.7)].concat() {
            let expected = one_by_one(&x, |x: T| T::apply(activation, x));
            let y = x.apply_op1(activation)?;
            assert_eq!(y.shape(), x.shape());
            assert_eq!(y.dtype(), T::DTYPE);
            assert_same(&y, &expected, &format!("{layout}, {:?}, {activation:?}", T::DTYPE));
        }
    }
    Ok(())
}

/// The function in the memory of the tensor.
fn apply_in_place(activation: Activation, xs: &Tensor) -> Result<()> {
    match activation {
        Activation::Selu => selu_in_place(xs),
        Activation::ScaledElu(ScaledElu { alpha, scale }) => scaled_elu_in_place(xs, alpha, scale),
    }
}

fn in_place<T: Reference>() -> Result<()> {
    for activation in [Activation::Selu, onnx()] {
        for (layout, x) in [layouts(T::DTYPE, 0.7)?, sizes(T::DTYPE, 0.7)].concat() {
            let case = format!("{layout}, {:?}, {activation:?}", T::DTYPE);
            let expected = one_by_one(&x, |x: T| T::apply(activation, x));
            if layout.starts_with("broadcast") {
                let refusal = apply_in_place(activation, &x).unwrap_err().to_string();
                assert!(refusal.contains("repeated elements"), "{case}: {refusal}");
            } else {
                apply_in_place(activation, &x)?;
                assert_same(&x, &expected, &case);
            }
        }
    }
    Ok(())
}

fn backward<T: Reference>() -> Result<()> {
    for activation in [Activation::Selu, onnx()] {
        let of = |frequency| -> Result<[Vec<_>; 2]> {
            Ok([layouts(T::DTYPE, frequency)?, sizes(T::DTYPE, frequency)])
        };
        for (xs, grads) in of(0.7)?.into_iter().zip(of(0.3)?) {
            for (x_layout, x) in &xs {
                for (layout, grad) in grads.iter().filter(|(_, grad)| grad.dims() == x.dims()) {
                    let mut grads = grad.flatten_all()?.to_vec1::<T>()?.into_iter();
                    let expected =
                        one_by_one(x, |x| T::backward(activation, x, grads.next().unwrap()));
                    let grad_in = activation.bwd(x, x, grad)?.unwrap();
                    assert_eq!(grad_in.shape(), x.shape());
                    let case = format!("{x_layout}, {layout}, {:?}, {activation:?}", T::DTYPE);
                    assert_same(&grad_in, &expected, &case);
                }
            }
        }
    }
    Ok(())
}

#[test]
fn forward_equals_one_by_one_in_every_layout() -> Result<()> {
    forward::<f32>()?;
    forward::<f64>()?;
    forward::<f16>()?;
    forward::<bf16>()
}

#[test]
fn in_place_equals_one_by_one_in_every_layout() -> Result<()> {
    in_place::<f32>()?;
    in_place::<f64>()?;
    in_place::<f16>()?;
    in_place::<bf16>()
}

#[test]
fn backward_equals_one_by_one_in_every_pair_of_layouts() -> Result<()> {
    backward::<f32>()?;
    backward::<f64>()?;
    backward::<f16>()?;
    backward::<bf16>()
}

#[test]
fn in_place_writes_nothing_outside_of_the_view() -> Result<()> {
    let whole = filled(&[5, 70, 8], DType::F32, 0.7);
    let before = whole.copy()?;
    let view = whole.narrow(1, 7, 50)?.narrow(2, 1, 6)?.transpose(0, 2)?;
    selu_in_place(&view)?;

    let inside = before.zeros_like()?.to_dtype(DType::U8)?;
    let one = Tensor::ones((5, 50, 6), DType::U8, &Cpu)?;
    let inside = inside.slice_assign(&[0..5, 7..57, 1..7], &one)?;
    let expected = inside.where_cond(&selu(&before)?, &before)?;
    assert_same(&whole, &values(&expected), "the whole");
    Ok(())
}

#[test]
fn in_place_is_refused_in_a_graph_only() -> Result<()> {
    let w = Var::new(&[-1.0_f32, 0.5], &Cpu)?;
    let result = (w.as_tensor() * 2.0)?;
    for view in [result.clone(), result.unsqueeze(0)?, w.unsqueeze(0)?] {
        let refusal = selu_in_place(&view).unwrap_err().to_string();
        assert!(refusal.contains("a result in a graph"), "{refusal}");
        let refusal = scaled_elu_in_place(&view, 1.0, 1.0).unwrap_err().to_string();
        assert!(refusal.contains("a result in a graph"), "{refusal}");
    }
    assert_same(&result, &[-2.0, 1.0], "nothing was written");

    selu_in_place(&result.detach())?;
    selu_in_place(&w)?;
    assert_same(&w, &[-1.0, 0.5].map(|x: f32| selu::selu(x).into()), "a Var");
    Ok(())
}

#[test]
fn automatic_differentiation_reaches_through_views() -> Result<()> {
    let values: Vec<f32> = (0..600).map(|i| (i as f32 * 0.7).sin() * 6.0).collect();
    let weights: Vec<f32> = (0..600).map(|i| (i as f32 * 0.3).cos()).collect();
    let x = Var::from_slice(&values, (30, 20), &Cpu)?;
    let weight = Tensor::from_slice(&weights, (30, 20), &Cpu)?;
    let loss = (selu(&x.t()?)?.t()? * &weight)?.sum_all()?;
    let expected = values.iter().zip(weights);
    let expected = expected.map(|(&x, grad)| f32::backward(Activation::Selu, x, grad).into());
    let gradients = loss.backward()?;
    assert_same(gradients.get(&x).unwrap(), &expected.collect::<Vec<_>>(), "transposed twice");

    // A sum hands back one value for all: a broadcast gradient.
    let gradients = selu(&x)?.sum_all()?.backward()?;
    let expected: Vec<_> = values.iter().map(|&x| selu_grad(x).into()).collect();
    assert_same(gradients.get(&x).unwrap(), &expected, "summed");
    Ok(())
}

fn gradient(x: &[f32], function: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Vec<f32>> {
    let x = Var::new(x, &Cpu)?;
    function(&x)?.backward()?.get(&x).unwrap().to_vec1()
}

#[test]
fn the_gradient_is_right_where_candles_own_is_nan_or_zero() -> Result<()> {
    let ScaledElu { alpha, scale } = ScaledElu::<f32>::onnx();

    // The gradient of the branch that is not taken, 0, times that of exp, ∞.
    let large = [89.0, 100.0, f32::MAX, f32::INFINITY];
    let candle = gradient(&large, |x| candle_nn::ops::selu(x, alpha, scale))?;
    assert!(candle.iter().all(|gradient| gradient.is_nan()), "{candle:?}");
    assert_eq!(gradient(&large, selu)?, large.map(selu_grad));
    assert_eq!(gradient(&large, selu)?, [1.050701; 4]);
    assert_eq!(gradient(&large, |x| scaled_elu(x, alpha, scale))?, [scale; 4]);

    // The derivative of ELU by way of its result, alpha + alpha·(eˣ − 1).
    let low = [-20.0, -50.0, -80.0];
    let candle = gradient(&low, |x| x.elu(alpha.into())? * scale as f64)?;
    assert_eq!(candle, [0.0; 3]);
    assert_eq!(gradient(&low, selu)?, low.map(selu_grad));
    assert_eq!(gradient(&low, selu)?, [3.6237129e-9, 3.3909339e-22, 3.173108e-35]);
    assert_eq!(gradient(&low, |x| x.elu(1.0))?, [0.0; 3]);
    let elu = gradient(&low, |x| scaled_elu(x, 1.0, 1.0))?;
    assert_eq!(elu, low.map(|x| selu::elu_grad(x, 1.0)));
    Ok(())
}

#[test]
fn results_close_to_0_are_right_where_candles_own_are_not() -> Result<()> {
    let ScaledElu { alpha, scale } = ScaledElu::<f32>::onnx();
    let x = Tensor::new(&[-1e-8_f32, -2e-8], &Cpu)?;
    assert_eq!(values(&candle_nn::ops::selu(&x, alpha, scale)?), [0.0; 2]);
    assert_eq!(selu(&x)?.to_vec1::<f32>()?, [-1.7580993e-8, -3.5161987e-8]);
    Ok(())
}

#[test]
fn onnx_examples() -> Result<()> {
    // Of ONNX's node tests `selu_example` and `selu_default`.
    let x = Tensor::new(&[-1.0_f32, 0.0, 1.0], &Cpu)?;
    let y: Vec<f32> = scaled_elu(&x, 2.0, 3.0)?.to_vec1()?;
    for (y, expected) in y.into_iter().zip([-3.7927232_f32, 0.0, 3.0]) {
        assert!((y - expected).abs() < 1e-6, "{y}, expected {expected}");
    }
    let (alpha, gamma) = (1.673_263_192_176_818_8, 1.050_701_022_148_132_3);
    let y = values(&x.to_dtype(DType::F64)?.apply_op1(onnx())?);
    assert_eq!(y[2], gamma, "the defaults of ONNX are those of `ScaledElu::onnx`");
    assert!((y[0] - gamma * alpha * (-1.0_f64).exp_m1()).abs() < 1e-15);
    Ok(())
}

#[test]
fn agrees_with_candles_own_where_that_is_right() -> Result<()> {
    let ScaledElu { alpha, scale } = ScaledElu::<f32>::onnx();
    let x: Vec<f32> = (-1000..1000).map(|i| i as f32 * (PI as f32) / 400.0).collect();
    let x = Tensor::new(x, &Cpu)?;
    for own in [selu(&x)?, scaled_elu(&x, alpha, scale)?] {
        let difference = (own - candle_nn::ops::selu(&x, alpha, scale)?)?.abs()?;
        let difference: f32 = difference.max(0)?.to_scalar()?;
        assert!(difference < 1e-6 && difference > 0.0, "{difference}");
    }
    Ok(())
}

#[test]
fn integers_and_too_many_strided_dimensions_are_errors() -> Result<()> {
    let integers = Tensor::zeros((2, 3), DType::I64, &Cpu)?;
    for error in [selu(&integers).unwrap_err(), selu_in_place(&integers).unwrap_err()] {
        assert!(error.to_string().contains("I64"), "{error}");
    }

    let x = filled(&[2, 2, 2, 2, 2, 2, 2, 2, 3], DType::F32, 0.7).narrow(8, 0, 2)?;
    let expected = one_by_one(&x, selu::selu::<f32>);
    assert_same(&selu(&x)?, &expected, "nine dimensions");
    let error = selu_in_place(&x).unwrap_err().to_string();
    assert!(error.contains("at most 8 dimensions"), "{error}");
    Ok(())
}
