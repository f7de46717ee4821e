//! The operations for every type and layout against one value at a time, their gradients, and
//! burn's own.

use burn::tensor::{
    DType, Device, Distribution, Element, Tensor, TensorData, activation, bf16, f16,
};
use selu::num_traits::{Float, cast};
use selu_burn::{Elu, Selu, elu, elu_backward, selu, selu_backward};

#[path = "../../exact.rs"]
mod exact;

const TYPES: [DType; 4] = [DType::F32, DType::F64, DType::F16, DType::BF16];

/// Not 1, and exact in every type.
const ALPHA: f64 = 0.75;

/// The values of a tensor, in `f64`, which holds every type's.
fn values<const D: usize>(xs: &Tensor<D>) -> Vec<f64> {
    xs.to_data().iter::<f64>().collect()
}

/// Equal, with the sign of zeros; any NaN equals any other.
#[track_caller]
fn assert_same<const D: usize>(got: &Tensor<D>, expected: &[f64], case: &str) {
    let got = values(got);
    assert_eq!(got.len(), expected.len(), "{case}");
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        let same = got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan();
        assert!(same, "{case}: {got:e} at {i}, expected {expected:e}");
    }
}

/// A tensor of values of both signs and of special ones.
fn filled<const D: usize>(shape: [usize; D], dtype: DType, frequency: f64) -> Tensor<D> {
    let special = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-6, -1e-6, -8.0];
    let value = |i: usize| match i % 41 {
        i @ 0..8 => special[i],
        _ => (i as f64 * frequency).sin() * 6.0,
    };
    let values: Vec<f64> = (0..shape.iter().product()).map(value).collect();
    Tensor::from_data(TensorData::new(values, shape), (&Device::flex(), dtype))
}

/// Tensors of shape 6 × 50 × 8 in memory of every arrangement, by name.
fn layouts(dtype: DType, frequency: f64) -> Vec<(&'static str, Tensor<3>)> {
    let of = |shape: [usize; 3]| filled(shape, dtype, frequency);
    let shape = [6, 50, 8];
    vec![
        ("contiguous", of(shape)),
        ("start offset", of([9, 50, 8]).narrow(0, 2, 6)),
        ("transposed", of([6, 8, 50]).swap_dims(1, 2)),
        ("reversed axes", of([8, 50, 6]).permute([2, 1, 0])),
        ("window of the middle axis", of([6, 70, 8]).narrow(1, 7, 50)),
        ("window of the last axis", of([6, 50, 11]).narrow(2, 3, 8)),
        ("every other", of([6, 50, 16]).slice(burn::tensor::s![.., .., ..;2])),
        ("backwards", of(shape).flip([0, 2])),
        ("broadcast rows", of([1, 1, 8]).expand(shape)),
        ("broadcast value", of([1, 1, 1]).expand(shape)),
        ("empty", of([0, 50, 8])),
        ("long", of([6, 5000, 8])),
    ]
}

/// What a function of one value of a type gives for all of a tensor's.
fn one_by_one<T: Element + Float>(xs: &Tensor<3>, mut function: impl FnMut(T) -> T) -> Vec<f64> {
    values(xs).into_iter().map(|x| to_f64(function(from_f64(x)))).collect()
}

fn from_f64<T: Float>(x: f64) -> T {
    cast(x).expect("a float takes any f64")
}

fn to_f64<T: Float>(x: T) -> f64 {
    x.to_f64().expect("an f64 takes any float")
}

fn forward<T: Element + Float>() {
    for (layout, x) in layouts(T::dtype(), 0.7) {
        let case = format!("{layout}, {:?}", T::dtype());
        let before = values(&x);
        let y = selu(x.clone());
        assert_eq!((y.shape(), y.dtype()), (x.shape(), T::dtype()), "{case}");
        assert_same(&y, &one_by_one(&x, selu::selu::<T>), &case);

        let alpha: T = from_f64(ALPHA);
        let expected = one_by_one(&x, |x: T| selu::elu(x, alpha));
        assert_same(&elu(x.clone(), ALPHA), &expected, &case);
        assert_same(&x, &before, &format!("{case}, whose input another tensor still has"));
        // Nothing else has it any more, so it may be computed in place.
        assert_same(&elu(x, ALPHA), &expected, &case);
    }
}

fn backward<T: Element + Float>() {
    for (x_layout, x) in layouts(T::dtype(), 0.7) {
        for (layout, grad) in layouts(T::dtype(), 0.3) {
            if x.shape() != grad.shape() {
                continue;
            }
            let case = format!("{x_layout}, {layout}, {:?}", T::dtype());
            let grads = values(&grad);
            let product = |function: fn(&[T], &mut [T], T)| {
                let mut grads = grads.iter();
                one_by_one(&x, |x: T| {
                    let mut grad = [from_f64(*grads.next().unwrap())];
                    function(&[x], &mut grad, from_f64(ALPHA));
                    grad[0]
                })
            };
            let expected = product(|x, grad, _| selu::selu_backward(x, grad));
            assert_same(&selu_backward(x.clone(), grad.clone()), &expected, &case);
            let expected = product(selu::elu_backward);
            assert_same(&elu_backward(x.clone(), grad.clone(), ALPHA), &expected, &case);
            assert_same(&grad, &grads, &format!("{case}, which another tensor still has"));
            assert_same(&elu_backward(x.clone(), grad, ALPHA), &expected, &case);
        }
    }
}

#[test]
fn forward_equals_one_by_one_in_every_layout() {
    forward::<f32>();
    forward::<f64>();
    forward::<f16>();
    forward::<bf16>();
}

#[test]
fn backward_equals_one_by_one_in_every_pair_of_layouts() {
    backward::<f32>();
    backward::<f64>();
    backward::<f16>();
    backward::<bf16>();
}

#[test]
fn no_dimension_and_one_value() {
    for dtype in TYPES {
        let x = filled([1], dtype, 0.0) - 1.0;
        let expected = values(&selu(x.clone().reshape([1, 1, 1])));
        assert_same(&selu(x), &expected, &format!("{dtype:?}"));
    }
}

/// The gradient of a function for each of the values.
fn gradient(x: &[f32], function: impl Fn(Tensor<1>) -> Tensor<1>, device: &Device) -> Vec<f32> {
    let x = Tensor::<1>::from_floats(x, device).require_grad();
    let gradients = function(x.clone()).backward();
    x.grad(&gradients).unwrap().into_data().try_to_vec().unwrap()
}

#[test]
fn automatic_differentiation_in_every_type_and_through_views() {
    for dtype in TYPES {
        let [x, weight] = [0.7, 0.3].map(|frequency| filled([30, 20, 5], dtype, frequency));
        let leaf = x.clone().autodiff().require_grad();
        let y = selu(leaf.clone().swap_dims(0, 2)).swap_dims(0, 2) + elu(leaf.clone(), ALPHA);
        let gradients = (y * weight.clone().autodiff()).backward();
        let expected = selu_backward(x.clone(), weight.clone()) + elu_backward(x, weight, ALPHA);
        let gradient = leaf.grad(&gradients).unwrap();
        assert_same(&gradient, &values(&expected), &format!("{dtype:?}"));
    }
}

#[test]
fn a_device_that_keeps_few_results_computes_the_same() {
    let x: Vec<f32> = (-60..60).map(|i| i as f32 / 10.0).collect();
    let twice = |x| elu(selu(x) * 2.0, ALPHA);
    let device = Device::flex().autodiff();
    let expected = gradient(&x, twice, &device);
    assert_eq!(gradient(&x, twice, &device.gradient_checkpointing()), expected);
    assert!(expected.iter().all(|&gradient| gradient > 0.0));
}

#[test]
fn the_modules_are_the_functions() {
    let x = filled([4, 41], DType::F32, 0.7);
    assert_same(&Selu::new().forward(x.clone()), &values(&selu(x.clone())), "Selu");
    let module = Elu { alpha: ALPHA };
    assert_same(&module.forward(x.clone()), &values(&elu(x.clone(), ALPHA)), "Elu");
    assert_same(&Elu::default().forward(x.clone()), &values(&elu(x, 1.0)), "Elu, alpha 1");
}

#[test]
fn right_where_burns_own_is_nan_or_zero() {
    let device = Device::flex().autodiff();

    // The gradient of the branch that is not taken, 0, times that of exp, ∞.
    let large = [89.0, 100.0, f32::MAX];
    let burn = gradient(&large, activation::selu, &device);
    assert!(burn.iter().all(|gradient| gradient.is_nan()), "{burn:?}");
    assert_eq!(gradient(&large, selu, &device), [1.050701; 3]);
    let burn = gradient(&large, |x| activation::elu(x, 1.0), &device);
    assert!(burn.iter().all(|gradient| gradient.is_nan()), "{burn:?}");
    assert_eq!(gradient(&large, |x| elu(x, 1.0), &device), [1.0; 3]);

    // exp(x) − 1 loses all digits.
    let x = Tensor::<1>::from_floats([-1e-8, -2e-8], &Device::flex());
    assert_eq!(values(&activation::selu(x.clone())), [0.0; 2]);
    assert_eq!(
        selu(x.clone()).into_data().try_to_vec::<f32>().unwrap(),
        [-1.7580993e-8, -3.5161987e-8]
    );
    assert_eq!(values(&activation::elu(x.clone(), 1.0)), [0.0; 2]);
    assert_same(&elu(x.clone(), 1.0), &values(&x), "elu close to 0");
}

#[test]
fn agrees_with_burns_own_where_that_is_right() {
    let x = Tensor::<1>::random([10_000], Distribution::Normal(0.0, 2.0), &Device::flex());
    for (own, burn) in [
        (selu(x.clone()), activation::selu(x.clone())),
        (elu(x.clone(), ALPHA), activation::elu(x, ALPHA)),
    ] {
        let difference = (own - burn).abs().max().into_scalar::<f32>();
        assert!(difference < 1e-6 && difference > 0.0, "{difference}");
    }
}

#[test]
fn a_gradient_is_a_constant_to_burn() {
    let device = Device::flex().autodiff().autodiff();
    let w = Tensor::<1>::from_floats([-1.0, -0.5, 2.0], &device).require_grad();
    let gradients = (selu(w.clone()) * w.clone()).backward();
    assert!(!w.grad(&gradients).unwrap().is_autodiff());
}

#[test]
fn a_gradient_penalty_that_is_written_out() {
    // Σ (d Σ f(w)·w / dw)²
    let w = [-1.0_f32, -0.5, 2.0];
    let penalty = |w: Tensor<1>| {
        let slope = selu_backward(w.clone(), w.ones_like());
        (selu(w.clone()) + w * slope).powi_scalar(2)
    };
    for device in [Device::flex().autodiff(), Device::flex().autodiff().gradient_checkpointing()] {
        for (got, w) in gradient(&w, penalty, &device).into_iter().zip(w) {
            let exact = exact::penalty_gradient(w.into());
            let error = (f64::from(got) / exact - 1.0).abs();
            assert!(error < 4.0 * f64::from(f32::EPSILON), "{got} at {w}, expected {exact}");
        }
    }
}

#[test]
fn the_second_derivative_is_the_nearest_number() {
    let device = Device::flex().autodiff();
    let x: Vec<f32> = (-500..500).map(|i| (i as f32 + 0.5) / 6.25).collect();
    let second = gradient(&x, |x| selu_backward(x.clone(), x.ones_like()), &device);
    for (got, x) in second.into_iter().zip(x) {
        assert_eq!(got, exact::selu_second(x.into()) as f32, "at {x}");
    }
    let at = |x| gradient(&[x], |x| selu_backward(x.clone(), x.ones_like()), &device)[0];
    assert_eq!([0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY].map(at), [0.0; 4]);
    assert!(at(f32::NAN).is_nan());
}

#[test]
fn the_second_derivative_of_elu_is_alphas_multiple_of_exp() {
    let device = Device::flex().autodiff();
    let x = [-3.0, -1.0, -0.25, 0.0, 2.0];
    let second = gradient(&x, |x| elu_backward(x.clone(), x.ones_like(), ALPHA), &device);
    for (got, x) in second.into_iter().zip(x) {
        let exact = if x < 0.0 { ALPHA * f64::from(x).exp() } else { 0.0 };
        assert_eq!(got, exact as f32, "at {x}");
    }
}

#[test]
fn the_gradient_of_a_gradient_by_the_gradient_is_the_slope() {
    let device = Device::flex().autodiff();
    let x = filled([6, 50, 8], DType::F32, 0.7);
    let weight = filled([6, 50, 8], DType::F32, 0.3);
    let grad = x.ones_like().autodiff().require_grad();
    let product = selu_backward(x.clone().to_device(&device), grad.clone());
    let gradients = (product * weight.clone().autodiff()).backward();
    let expected = selu_backward(x, weight);
    assert_same(&grad.grad(&gradients).unwrap(), &values(&expected), "by the gradient");
}

#[test]
#[should_panic = "the shapes of x and grad differ"]
fn shapes_that_differ_are_refused() {
    selu_backward(filled([2, 3], DType::F32, 0.7), filled([3, 2], DType::F32, 0.7));
}

#[test]
#[should_panic = "the types of x and grad differ"]
fn types_that_differ_are_refused() {
    selu_backward(filled([2, 3], DType::F32, 0.7), filled([2, 3], DType::F64, 0.7));
}
