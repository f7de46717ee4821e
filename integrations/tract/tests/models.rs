//! Models of the package `onnx`, by tract as it is and with the kernels of the crate.

use selu::num_traits::{Float, cast};
use tract_onnx::prelude::*;

#[path = "../models/activations.rs"]
mod activations;
use activations::{functions, inputs};

type Runnable = Arc<TypedRunnableModel>;

/// A file of `models`, by tract alone or with the operations replaced.
fn model(name: &str, replaced: bool) -> Runnable {
    let mut onnx = tract_onnx::onnx();
    if replaced {
        selu_tract::register(&mut onnx);
    }
    let model = onnx.model_for_path(format!("models/{name}.onnx")).unwrap();
    model.into_optimized().unwrap().into_runnable().unwrap()
}

#[test]
fn every_output_is_the_scalar_function_of_the_input() {
    every_output::<f16, f32>("activations-f16");
    every_output::<f32, f32>("activations-f32");
    every_output::<f64, f64>("activations-f64");
}

/// `Wide` is the type that the values are computed in.
fn every_output<T: Datum + Float, Wide: Float>(name: &str) {
    let xs: Vec<T> = inputs();
    let outputs = model(name, true).run(tvec!(tensor1(&xs).into())).unwrap();
    assert_eq!(outputs.len(), 4);
    for (output, function) in outputs.iter().zip(functions::<Wide>()) {
        let ys = output.try_as_plain_ram().unwrap();
        let ys = ys.as_slice::<T>().unwrap();
        assert_eq!(ys.len(), xs.len());
        for (&x, &y) in xs.iter().zip(ys) {
            let expected = function.apply(cast(x).unwrap());
            let expected = cast(expected).unwrap();
            let same = y == expected && y.is_sign_negative() == expected.is_sign_negative();
            assert!(same || y.is_nan() && x.is_nan(), "{name}: {y} at {x}, expected {expected}");
        }
    }
}

/// The first output in `f32`.
fn selu(x: f32, replaced: bool) -> f32 {
    let outputs = model("activations-f32", replaced).run(tvec!(tensor1(&[x]).into())).unwrap();
    outputs[0].try_as_plain_ram().unwrap().as_slice::<f32>().unwrap()[0]
}

#[test]
fn right_where_tracts_own_is_not() {
    // The constants that the exporter left out, since they are ONNX's defaults.
    assert_eq!(selu(1.0, false), 1.0507);
    assert_eq!(selu(1.0, true), 1.050701);

    // The multiple of exp less alpha loses all digits close to 0.
    assert_eq!(selu(-1e-8, false), 0.0);
    assert_eq!(selu(-1e-8, true), -1.7580993e-8);
    // With the constants of ONNX, at the f32 next to −10⁻³.
    let exact = -1.757_220_673e-3;
    let error = |replaced| (f64::from(selu(-1e-3, replaced)) / exact - 1.0).abs();
    assert!(error(false) > 1e-5, "{}", error(false));
    assert!(error(true) < 1e-7, "{}", error(true));
}

#[test]
fn a_network_before_and_after() {
    let network = |replaced| {
        let model = model("network", replaced);
        let mut worst = 0.0_f64;
        let rows = std::fs::read_to_string("models/network.csv").unwrap();
        for row in rows.lines().skip(1) {
            let numbers: Vec<f64> = row.split(',').map(|number| number.parse().unwrap()).collect();
            let x: Vec<f32> = numbers[..4].iter().map(|&x| x as f32).collect();
            let outputs = model.run(tvec!(tensor2(&[[x[0], x[1], x[2], x[3]]]).into())).unwrap();
            let y = outputs[0].try_as_plain_ram().unwrap().as_slice::<f32>().unwrap().to_vec();
            assert_eq!(y.len(), 3);
            for (y, exact) in y.into_iter().zip(&numbers[4..]) {
                worst = worst.max((f64::from(y) - exact).abs());
            }
        }
        worst
    };
    let (before, after) = (network(false), network(true));
    assert!(before > 1e-6, "tract's own constants are off by {before:e}");
    assert!(after < 5e-7, "{after:e}");
    assert!(after > 0.0, "the sums of the layers are rounded");
}

#[test]
fn the_operations_are_in_the_model() {
    let names = |replaced| {
        let mut onnx = tract_onnx::onnx();
        if replaced {
            selu_tract::register(&mut onnx);
        }
        let model = onnx.model_for_path("models/network.onnx").unwrap().into_optimized().unwrap();
        let names = model.nodes.iter().map(|node| node.op.name().into_owned());
        names.filter(|name| name == "ScaledElu").count()
    };
    assert_eq!((names(false), names(true)), (0, 2));
}
