//! A network that approximates sin(3x) on [−1, 1]: one input, two layers of 16 SELUs, one output.

#![no_std]

use selu::selu_slice;

pub const WIDTH: usize = 16;

/// The inputs that `infer` tries.
pub const INPUTS: [f32; 5] = [-1.0, -0.6, 0.0, 0.3, 0.9];

pub struct Network {
    pub weights_1: [f32; WIDTH],
    pub biases_1: [f32; WIDTH],
    pub weights_2: [[f32; WIDTH]; WIDTH],
    pub biases_2: [f32; WIDTH],
    pub weights_3: [f32; WIDTH],
    pub bias_3: f32,
}

/// What `cargo run --release --bin train` prints.
pub static TRAINED: Network = include!("trained.rs");

impl Network {
    /// The output for `x`, and what goes into and comes out of each layer of SELUs.
    pub fn forward(&self, x: f32) -> (f32, [[f32; WIDTH]; 4]) {
        let sums_1 = core::array::from_fn(|i| self.biases_1[i] + self.weights_1[i] * x);
        let mut outputs_1 = sums_1;
        selu_slice(&mut outputs_1);
        let sums_2 =
            core::array::from_fn(|i| dot(self.biases_2[i], &self.weights_2[i], &outputs_1));
        let mut outputs_2 = sums_2;
        selu_slice(&mut outputs_2);
        let y = dot(self.bias_3, &self.weights_3, &outputs_2);
        (y, [sums_1, outputs_1, sums_2, outputs_2])
    }
}

/// In this order, which is the same everywhere.
fn dot(start: f32, weights: &[f32; WIDTH], x: &[f32; WIDTH]) -> f32 {
    weights.iter().zip(x).fold(start, |sum, (weight, x)| sum + weight * x)
}
