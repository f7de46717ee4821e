//! `Selu` and `Elu` of a model by ONNX Runtime alone, and with the kernels of the crate.

use ort::session::Session;
use ort::value::Tensor;
use std::time::{Duration, Instant};

const LEN: usize = 16_384;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let environment = ort::init().build()?;
    let xs: Vec<f32> = (0..LEN).map(|i| (i * 7919 % LEN) as f32 / 4096.0 - 2.0).collect();
    let xs = Tensor::from_array(([LEN], xs))?;
    let mut sessions = Vec::new();
    for replaced in [false, true] {
        let mut builder = Session::builder(&environment)?.with_intra_threads(1)?;
        if replaced {
            builder = builder.with_operators(selu_ort::operators()?)?;
        }
        let name = if replaced { "this package" } else { "ONNX Runtime" };
        let session = builder.commit_from_file("../tract/models/activations-f32.onnx")?;
        sessions.push((name, session, Duration::MAX));
    }
    // In turn, so that a disturbance meets both; the shortest of many runs each.
    for _ in 0..2000 {
        for (_, session, best) in &mut sessions {
            let start = Instant::now();
            std::hint::black_box(session.run(ort::inputs!["x" => &xs])?);
            *best = (*best).min(start.elapsed());
        }
    }
    for (name, _, best) in sessions {
        println!(
            "{name:12} {:6.2} ns per value, two of each",
            best.as_secs_f64() * 1e9 / (4 * LEN) as f64
        );
    }
    Ok(())
}
