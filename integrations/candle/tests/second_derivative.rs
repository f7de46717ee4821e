//! Derivatives of derivatives, against exact values.

use candle_core::{Device::Cpu, Result, Tensor, Var};
use selu_candle::{scaled_elu, selu};
use std::sync::Once;

#[path = "../../exact.rs"]
mod exact;

/// Makes candle keep the graph of its gradients. Each test calls this first.
fn keep_graphs() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: whatever reads the environment in this process does so by `std::env`, which takes
        // turns with this.
        unsafe { std::env::set_var("CANDLE_GRAD_DO_NOT_DETACH", "1") };
    });
}

/// The derivative of the sum of a function's values.
fn derivative(x: &Var, y: &Tensor) -> Result<Tensor> {
    Ok(y.backward()?.get(x).expect("y depends on x").clone())
}

#[test]
fn gradient_penalty() -> Result<()> {
    keep_graphs();
    let values = [-1.0_f32, -0.5, 2.0];
    let w = Var::new(&values, &Cpu)?;
    let gradient = derivative(&w, &(selu(&w)? * w.as_tensor())?)?;
    let penalty = gradient.sqr()?.sum_all()?;
    let got: Vec<f32> = derivative(&w, &penalty)?.to_vec1()?;
    for (got, w) in got.into_iter().zip(values) {
        let exact = exact::penalty_gradient(w.into());
        let error = (f64::from(got) / exact - 1.0).abs();
        assert!(error < 4.0 * f64::from(f32::EPSILON), "{got} at {w}, expected {exact}");
    }
    Ok(())
}

#[test]
fn the_second_and_third_derivatives_are_the_nearest_numbers() -> Result<()> {
    keep_graphs();
    let values: Vec<f32> = (-500..500).map(|i| (i as f32 + 0.5) / 6.25).collect();
    let x = Var::new(&*values, &Cpu)?;
    let second = derivative(&x, &derivative(&x, &selu(&x)?)?)?;
    let third = derivative(&x, &second)?;
    for higher in [second, third] {
        for (got, &x) in higher.to_vec1::<f32>()?.into_iter().zip(&values) {
            // From the second on they are all the same.
            assert_eq!(got, exact::selu_second(x.into()) as f32, "at {x}");
        }
    }
    Ok(())
}

#[test]
fn special_values() -> Result<()> {
    keep_graphs();
    let x = Var::new(&[0.0_f32, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN], &Cpu)?;
    let second = derivative(&x, &derivative(&x, &selu(&x)?)?)?.to_vec1::<f32>()?;
    assert_eq!(second[..4], [0.0; 4]);
    assert!(second[4].is_nan());
    Ok(())
}

#[test]
fn of_elu_in_every_layout() -> Result<()> {
    keep_graphs();
    let values: Vec<f64> = (0..600).map(|i| (f64::from(i) * 0.7).sin() * 6.0).collect();
    let x = Var::from_slice(&values, (30, 20), &Cpu)?;
    let weight = Tensor::from_slice(&values, (20, 30), &Cpu)?;
    let gradient = derivative(&x, &(scaled_elu(&x.t()?, 0.5, 2.0)? * &weight)?)?;
    let second = derivative(&x, &gradient)?.flatten_all()?.to_vec1::<f64>()?;
    let weights = weight.t()?.flatten_all()?.to_vec1::<f64>()?;
    for ((got, &x), weight) in second.into_iter().zip(&values).zip(weights) {
        let expected = if x < 0.0 { weight * x.exp() } else { 0.0 };
        assert!((got - expected).abs() <= expected.abs() * 1e-15, "{got} at {x}, not {expected}");
    }
    Ok(())
}
