//! A self-normalising network of eight hidden layers learns to tell three spirals apart. The seed is
//! fixed.

use candle_core::{DType, Device::Cpu, Module, Result, Tensor, Var};
use candle_nn::{AdamW, Linear, Optimizer, ParamsAdamW, loss, seq};
use rand::distr::Distribution;
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use selu::LecunNormal;
use selu_candle::selu;
use std::f32::consts::TAU;
use std::time::Instant;

const SPIRALS: u32 = 3;
const POINTS: u32 = 200;
const HIDDEN: usize = 32;
const LAYERS: usize = 8;
const STEPS: usize = 300;

/// Points on the plane, and the number of the spiral that each is on.
fn spirals(rng: &mut impl Rng) -> Result<(Tensor, Tensor)> {
    let (mut points, mut labels) = (Vec::new(), Vec::new());
    for spiral in 0..SPIRALS {
        for i in 0..POINTS {
            let radius = 0.1 + 0.9 * i as f32 / POINTS as f32;
            let angle = TAU * (spiral as f32 / SPIRALS as f32 + radius);
            let (sin, cos) = angle.sin_cos();
            for coordinate in [cos, sin] {
                points.push(2.0 * radius * coordinate + rng.random_range(-0.05..0.05));
            }
            labels.push(spiral);
        }
    }
    let count = (SPIRALS * POINTS) as usize;
    Ok((Tensor::from_vec(points, (count, 2), &Cpu)?, Tensor::from_vec(labels, count, &Cpu)?))
}

/// A dense layer with LeCun-normal weights, as SELU wants them.
fn dense(inputs: usize, outputs: usize, vars: &mut Vec<Var>, rng: &mut impl Rng) -> Result<Linear> {
    let normal = LecunNormal::new(inputs).expect("a layer has inputs");
    let weights: Vec<f32> = normal.sample_iter(rng).take(inputs * outputs).collect();
    let weights = Var::from_vec(weights, (outputs, inputs), &Cpu)?;
    let bias = Var::zeros(outputs, DType::F32, &Cpu)?;
    vars.extend([weights.clone(), bias.clone()]);
    Ok(Linear::new(weights.as_tensor().clone(), Some(bias.as_tensor().clone())))
}

fn main() -> Result<()> {
    let start = Instant::now();
    let rng = &mut StdRng::seed_from_u64(2017);
    let (points, labels) = spirals(rng)?;

    let mut vars = Vec::new();
    let mut network = seq();
    for layer in 0..LAYERS {
        let inputs = if layer == 0 { 2 } else { HIDDEN };
        network = network.add(dense(inputs, HIDDEN, &mut vars, rng)?).add_fn(selu);
    }
    let network = network.add(dense(HIDDEN, SPIRALS as usize, &mut vars, rng)?);

    let params = ParamsAdamW { lr: 0.003, ..Default::default() };
    let mut optimizer = AdamW::new(vars, params)?;
    for step in 0..=STEPS {
        let scores = network.forward(&points)?;
        let loss = loss::cross_entropy(&scores, &labels)?;
        if step % 50 == 0 {
            let right = scores.argmax(1)?.eq(&labels)?.to_dtype(DType::F32)?.mean_all()?;
            let (loss, right) = (loss.to_scalar::<f32>()?, right.to_scalar::<f32>()?);
            println!("step {step:3}  loss {loss:.4}  right {:5.1} %", right * 100.0);
            assert!(step < STEPS || (loss < 0.05 && right > 0.99), "the network has not learnt");
        }
        optimizer.backward_step(&loss)?;
    }
    println!("{:.1} s", start.elapsed().as_secs_f32());
    Ok(())
}
