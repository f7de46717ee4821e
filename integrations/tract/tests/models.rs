//! Models of the package `onnx`, by tract as it is and with the kernels of the crate.

use selu::ScaledElu;
use selu::num_traits::{Float, cast};
use tract_onnx::prelude::*;

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

/// `Selu`, `Selu` with alpha 2 and gamma 3, `Elu`, `Elu` with alpha ½: the outputs of the models.
fn functions<T: Float>() -> [ScaledElu<T>; 4] {
    let ScaledElu { alpha, scale } = ScaledElu::<f32>::onnx();
    [(alpha, scale), (2.0, 3.0), (1.0, 1.0), (0.5, 1.0)].map(|(alpha, scale)| {
        let [alpha, scale] = [alpha, scale].map(|x| cast(x).unwrap());
        ScaledElu { alpha, scale }
    })
}

/// Values of both signs and special ones, more than one block of any instruction set.
fn inputs() -> Vec<f64> {
    let special =
        [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-6, -1e-6, -20.0, 100.0];
    special.into_iter().chain((0..1000).map(|i| (f64::from(i) * 0.7).sin() * 6.0)).collect()
}

#[test]
fn every_output_is_the_scalar_function_of_the_input() {
    every_output::<f16, f32>("activations-f16");
    every_output::<f32, f32>("activations-f32");
    every_output::<f64, f64>("activations-f64");
}

/// `Wide` is the type that the values are computed in.
fn every_output<T: Datum + Float, Wide: Float>(name: &str) {
    let xs: Vec<T> = inputs().into_iter().map(|x| cast(x).unwrap()).collect();
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
    let error = |replaced| (f64::from(selu(-1e-3, replaced)) / -1.7572204e-3 - 1.0).abs();
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
