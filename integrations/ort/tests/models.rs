//! Models of the package `onnx`, by ONNX Runtime as it is and with the kernels of the crate.

use half::f16;
use ort::environment::Environment;
use ort::session::Session;
use ort::value::{PrimitiveTensorElementType, Tensor};
use selu::num_traits::{Float, cast};
use std::fmt::Debug;
use std::sync::{Arc, LazyLock};

#[path = "../../tract/models/activations.rs"]
mod activations;
use activations::{functions, inputs};

static ENVIRONMENT: LazyLock<Arc<Environment>> = LazyLock::new(|| {
    Arc::new(ort::init().build().expect("ORT_DYLIB_PATH names the library: see ./test"))
});

/// A model of the tests of tract, by ONNX Runtime alone or with the operations replaced.
fn session(name: &str, replaced: bool) -> ort::Result<Session> {
    let mut builder = Session::builder(&ENVIRONMENT)?;
    if replaced {
        builder = builder.with_operators(selu_ort::operators()?)?;
    }
    builder.commit_from_file(format!("../tract/models/{name}.onnx"))
}

/// The outputs for an input of one dimension.
fn outputs<T: PrimitiveTensorElementType + Debug + Copy + 'static>(
    session: &mut Session,
    xs: &[T],
) -> Vec<Vec<T>> {
    let x = Tensor::from_array(([xs.len()], xs.to_vec())).unwrap();
    let outputs = session.run(ort::inputs!["x" => x]).unwrap();
    outputs.values().map(|output| output.try_extract_tensor::<T>().unwrap().1.to_vec()).collect()
}

/// `Wide` is the type that the values are computed in.
fn every_output<T, Wide: Float>(name: &str)
where
    T: PrimitiveTensorElementType + Debug + Float + 'static,
{
    let xs: Vec<T> = inputs();
    let outputs = outputs(&mut session(name, true).unwrap(), &xs);
    assert_eq!(outputs.len(), 4);
    for (ys, function) in outputs.iter().zip(functions::<Wide>()) {
        assert_eq!(ys.len(), xs.len());
        for (&x, &y) in xs.iter().zip(ys) {
            let expected = function.apply(cast(x).unwrap());
            let expected = cast(expected).unwrap();
            let same = y == expected && y.is_sign_negative() == expected.is_sign_negative();
            assert!(same || y.is_nan() && x.is_nan(), "{name}: {y:?} at {x:?}, not {expected:?}");
        }
    }
}

#[test]
fn every_output_is_the_scalar_function_of_the_input() {
    every_output::<f16, f32>("activations-f16");
    every_output::<f32, f32>("activations-f32");
    every_output::<f64, f64>("activations-f64");
}

#[test]
fn right_where_the_built_in_ones_are_not() {
    let selu = |replaced| {
        outputs(&mut session("activations-f32", replaced).unwrap(), &[-1e-8_f32, -1e-3]).remove(0)
    };
    let exact = [-1.758_099_3e-8, -1.757_220_6e-3];
    let error = |value: f32, exact: f64| (f64::from(value) / exact - 1.0).abs();
    let (built_in, replaced) = (selu(false), selu(true));
    assert_eq!(built_in[0], 0.0);
    assert!(error(built_in[1], exact[1]) > 5e-6, "{built_in:?}");
    for (value, exact) in replaced.into_iter().zip(exact) {
        assert!(error(value, exact) < 1e-7, "{value}, expected {exact}");
    }
}

#[test]
fn f64_has_no_built_in_operator() {
    let refusal = session("activations-f64", false).unwrap_err().to_string();
    assert!(refusal.contains("Could not find an implementation for Selu"), "{refusal}");
    assert!(session("activations-f64", true).is_ok());
}

#[test]
fn a_network() {
    let worst = |replaced| {
        let mut session = session("network", replaced).unwrap();
        let mut worst = 0.0_f64;
        let rows = std::fs::read_to_string("../tract/models/network.csv").unwrap();
        for row in rows.lines().skip(1) {
            let numbers: Vec<f64> = row.split(',').map(|number| number.parse().unwrap()).collect();
            let x: Vec<f32> = numbers[..4].iter().map(|&x| x as f32).collect();
            let x = Tensor::from_array(([1, 4], x)).unwrap();
            let outputs = session.run(ort::inputs!["x" => x]).unwrap();
            let y = outputs[0].try_extract_tensor::<f32>().unwrap().1;
            assert_eq!(y.len(), 3);
            for (&y, exact) in y.iter().zip(&numbers[4..]) {
                worst = worst.max((f64::from(y) - exact).abs());
            }
        }
        worst
    };
    assert!(worst(false) < 1e-6, "{:e}", worst(false));
    assert!(worst(true) < 5e-7, "{:e}", worst(true));
}
