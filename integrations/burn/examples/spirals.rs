//! A self-normalising network of eight hidden layers learns to tell three spirals apart. The seed is
//! fixed.

use burn::module::{Module, Param};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::distr::Distribution;
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use selu::LecunNormal;
use selu_burn::Selu;
use std::f32::consts::TAU;
use std::time::Instant;

const SPIRALS: usize = 3;
const POINTS: usize = 200;
const HIDDEN: usize = 32;
const LAYERS: usize = 8;
const STEPS: usize = 300;

#[derive(Module, Debug)]
struct Network {
    hidden: Vec<Linear>,
    activation: Selu,
    output: Linear,
}

impl Network {
    fn new(device: &Device, rng: &mut impl Rng) -> Self {
        let inputs = [2].into_iter().chain([HIDDEN; LAYERS - 1]);
        Self {
            hidden: inputs.map(|inputs| dense(inputs, HIDDEN, device, rng)).collect(),
            activation: Selu::new(),
            output: dense(HIDDEN, SPIRALS, device, rng),
        }
    }

    fn forward(&self, points: Tensor<2>) -> Tensor<2> {
        let hidden =
            self.hidden.iter().fold(points, |x, layer| self.activation.forward(layer.forward(x)));
        self.output.forward(hidden)
    }
}

/// A dense layer with LeCun-normal weights, as SELU wants them.
fn dense(inputs: usize, outputs: usize, device: &Device, rng: &mut impl Rng) -> Linear {
    let normal = LecunNormal::new(inputs).expect("a layer has inputs");
    let weights: Vec<f32> = normal.sample_iter(rng).take(inputs * outputs).collect();
    let mut layer = LinearConfig::new(inputs, outputs).init(device);
    layer.weight = Param::from_data(TensorData::new(weights, [inputs, outputs]), device);
    layer.bias = Some(Param::from_tensor(Tensor::zeros([outputs], device)));
    layer
}

/// Points on the plane, and the number of the spiral that each is on.
fn spirals(device: &Device, rng: &mut impl Rng) -> (Tensor<2>, Tensor<1, Int>) {
    let (mut points, mut labels) = (Vec::new(), Vec::new());
    for spiral in 0..SPIRALS {
        for i in 0..POINTS {
            let radius = 0.1 + 0.9 * i as f32 / POINTS as f32;
            let angle = TAU * (spiral as f32 / SPIRALS as f32 + radius);
            let (sin, cos) = angle.sin_cos();
            for coordinate in [cos, sin] {
                points.push(2.0 * radius * coordinate + rng.random_range(-0.05..0.05));
            }
            labels.push(spiral as i64);
        }
    }
    let count = SPIRALS * POINTS;
    (
        Tensor::from_data(TensorData::new(points, [count, 2]), device),
        Tensor::from_data(TensorData::new(labels, [count]), device),
    )
}

fn main() {
    let start = Instant::now();
    let device = Device::flex().autodiff();
    let rng = &mut StdRng::seed_from_u64(2017);
    let (points, labels) = spirals(&device, rng);
    let mut network = Network::new(&device, rng);

    let mut optimizer = AdamWConfig::new().init();
    let loss = CrossEntropyLossConfig::new().init(&device);
    for step in 0..=STEPS {
        let scores = network.forward(points.clone());
        let loss = loss.forward(scores.clone(), labels.clone());
        if step % 50 == 0 {
            let right = scores.argmax(1).squeeze_dim::<1>(1).equal(labels.clone());
            let right = right.float().mean().into_scalar::<f32>();
            let loss = loss.clone().into_scalar::<f32>();
            println!("step {step:3}  loss {loss:.4}  right {:5.1} %", right * 100.0);
            assert!(step < STEPS || (loss < 0.05 && right > 0.99), "the network has not learnt");
        }
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(0.003, network, gradients);
    }
    println!("{:.1} s", start.elapsed().as_secs_f32());
}
