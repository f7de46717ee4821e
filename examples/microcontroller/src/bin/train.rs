//! Trains the network on the host, and prints it as `src/trained.rs`.

#[cfg(target_os = "none")]
compile_error!("the network is trained on the host");

use microcontroller::{Network, WIDTH};
use rand::SeedableRng;
use rand::distr::Distribution;
use rand::rngs::Xoshiro256PlusPlus;
use selu::{LecunNormal, selu_backward};
use std::array::from_fn;

const STEPS: usize = 20_000;
const RATE: f32 = 0.02;

fn main() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut draw = |fan_in| LecunNormal::new(fan_in).expect("an input").sample(&mut rng);
    let mut network = Network {
        weights_1: from_fn(|_| draw(1)),
        biases_1: [0.0; WIDTH],
        weights_2: from_fn(|_| from_fn(|_| draw(WIDTH))),
        biases_2: [0.0; WIDTH],
        weights_3: from_fn(|_| draw(WIDTH)),
        bias_3: 0.0,
    };
    let inputs: [f32; 32] = from_fn(|i| i as f32 / 15.5 - 1.0);
    for step in 0..STEPS {
        let x = inputs[step * 13 % inputs.len()];
        learn(&mut network, x, (3.0 * x).sin());
    }
    let loss = |x: &f32| (network.forward(*x).0 - (3.0 * x).sin()).powi(2);
    let mean = inputs.iter().map(loss).sum::<f32>() / inputs.len() as f32;
    eprintln!("mean square error: {mean:.1e}");
    print(&network);
}

/// One step of gradient descent.
fn learn(network: &mut Network, x: f32, expected: f32) {
    let (y, [sums_1, outputs_1, sums_2, outputs_2]) = network.forward(x);
    let error = y - expected;

    let mut gradients_2 = network.weights_3.map(|weight| error * weight);
    selu_backward(&sums_2, &mut gradients_2);
    let mut gradients_1: [f32; WIDTH] = from_fn(|j| {
        gradients_2.iter().zip(&network.weights_2).map(|(grad, weights)| grad * weights[j]).sum()
    });
    selu_backward(&sums_1, &mut gradients_1);

    network.bias_3 -= RATE * error;
    for i in 0..WIDTH {
        network.weights_3[i] -= RATE * error * outputs_2[i];
        network.biases_2[i] -= RATE * gradients_2[i];
        for (weight, output) in network.weights_2[i].iter_mut().zip(outputs_1) {
            *weight -= RATE * gradients_2[i] * output;
        }
        network.biases_1[i] -= RATE * gradients_1[i];
        network.weights_1[i] -= RATE * gradients_1[i] * x;
    }
}

fn print(network: &Network) {
    println!("Network {{");
    println!("    weights_1: {},", array(&network.weights_1));
    println!("    biases_1: {},", array(&network.biases_1));
    println!("    weights_2: [");
    for weights in &network.weights_2 {
        println!("        {},", array(weights));
    }
    println!("    ],");
    println!("    biases_2: {},", array(&network.biases_2));
    println!("    weights_3: {},", array(&network.weights_3));
    println!("    bias_3: {:?},", network.bias_3);
    println!("}}");
}

/// In lines that are not too long.
fn array(values: &[f32; WIDTH]) -> String {
    let lines = values.chunks(4).map(|values| format!("{values:?}"));
    let lines: Vec<String> = lines.map(|line| line[1..line.len() - 1].to_string()).collect();
    format!("[{}]", lines.join(",\n            "))
}
