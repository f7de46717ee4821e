//! What the models `activations-*.onnx` compute: for the tests of tract and ort.

use selu::ScaledElu;
use selu::num_traits::{Float, cast};

/// `Selu`, `Selu` with alpha 2 and gamma 3, `Elu`, `Elu` with alpha ½: the outputs of the models.
pub fn functions<T: Float>() -> [ScaledElu<T>; 4] {
    let ScaledElu { alpha, scale } = ScaledElu::<f32>::onnx();
    [(alpha, scale), (2.0, 3.0), (1.0, 1.0), (0.5, 1.0)].map(|(alpha, scale)| {
        let [alpha, scale] = [alpha, scale].map(|x| cast(x).unwrap());
        ScaledElu { alpha, scale }
    })
}

/// Values of both signs and special ones, more than one block of any instruction set.
pub fn inputs<T: Float>() -> Vec<T> {
    let special =
        [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-6, -1e-6, -20.0, 100.0];
    let others = (0..1000).map(|i| (f64::from(i) * 0.7).sin() * 6.0);
    special.into_iter().chain(others).map(|x| cast(x).unwrap()).collect()
}
