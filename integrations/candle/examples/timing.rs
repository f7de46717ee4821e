//! The operation beside candle's own composition, forward and backward.

use candle_core::{Device::Cpu, Result, Tensor, Var};
use selu::ScaledElu;
use selu_candle::{selu, selu_in_place};
use std::time::{Duration, Instant};

/// The shortest of several runs.
fn time(mut run: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..20 {
        let start = Instant::now();
        run()?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}

fn row(name: &str, function: impl Fn(&Tensor) -> Result<Tensor>, x: &Var) -> Result<()> {
    let transposed = x.t()?;
    let forward = time(|| function(&x.detach()).map(drop))?;
    let strided = time(|| function(&transposed.detach()).map(drop))?;
    let both = time(|| function(x)?.backward().map(drop))?;
    println!("{name:24} {forward:>12.2?} {strided:>20.2?} {both:>20.2?}");
    Ok(())
}

fn main() -> Result<()> {
    let ScaledElu { alpha, scale } = ScaledElu::<f32>::onnx();
    println!("{:24} {:>12} {:>20} {:>20}", "", "forward", "forward, transposed", "and backward");
    for size in [128, 2048] {
        let x = Var::randn(0f32, 1., (size, size), &Cpu)?;
        println!("{size} × {size}");
        row("  candle_nn::ops::selu", |x| candle_nn::ops::selu(x, alpha, scale), &x)?;
        row("  candle's elu, scaled", |x| x.elu(alpha.into())? * f64::from(scale), &x)?;
        row("  selu_candle::selu", selu, &x)?;
        let in_place = time(|| selu_in_place(&x))?;
        println!("  {:22} {in_place:>12.2?}", "  in place");
    }
    Ok(())
}
