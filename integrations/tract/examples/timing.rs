//! `Selu` and `Elu` of a model by tract alone, and with the kernels of the crate.

use std::time::{Duration, Instant};
use tract_onnx::prelude::*;

const LEN: usize = 16_384;

fn main() -> TractResult<()> {
    let xs: Vec<f32> = (0..LEN).map(|i| (i * 7919 % LEN) as f32 / 4096.0 - 2.0).collect();
    let xs = tensor1(&xs);
    let mut models = Vec::new();
    for replaced in [false, true] {
        let mut onnx = tract_onnx::onnx();
        if replaced {
            selu_tract::register(&mut onnx);
        }
        for output in ["selu", "elu"] {
            let model = onnx.model_for_path("models/activations-f32.onnx")?;
            let model = model.with_outputs_by_name([output])?.into_optimized()?.into_runnable()?;
            let name = format!("{output}, {}", if replaced { "this package" } else { "tract" });
            models.push((name, model, Duration::MAX));
        }
    }
    // In turn, so that a disturbance meets all of them; the shortest of many runs each.
    for _ in 0..2000 {
        for (_, model, best) in &mut models {
            let xs = tvec!(xs.clone().into());
            let start = Instant::now();
            std::hint::black_box(model.run(xs)?);
            *best = (*best).min(start.elapsed());
        }
    }
    for (name, _, best) in models {
        println!("{name:20} {:6.2} ns per value", best.as_secs_f64() * 1e9 / LEN as f64);
    }
    Ok(())
}
