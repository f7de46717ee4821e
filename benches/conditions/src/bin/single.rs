//! Measures single values in a build without optimisation, whose dependencies are optimised, and
//! prints it as Markdown.
//!
//! ```text
//! cargo run --manifest-path benches/conditions/Cargo.toml --bin single
//! ```
//!
//! Nothing but what the functions contribute themselves is compiled in this crate. A time is the
//! least of many, less that of the loop.

use half::{bf16, f16};
use selu::num_traits::Float;
use selu::{ScaledElu, consts, elu, elu_grad, selu, selu_grad};
use std::hint::black_box;
use std::time::Instant;

const COUNT: usize = 1 << 12;

/// Nanoseconds per value, the loop included.
fn time<T: Copy>(x: &[T], function: fn(T) -> T) -> f64 {
    let mut least = f64::INFINITY;
    for _ in 0..50 {
        let start = Instant::now();
        for &x in x {
            black_box(function(black_box(x)));
        }
        least = least.min(start.elapsed().as_secs_f64());
    }
    least * 1e9 / x.len() as f64
}

fn print<T: Float>(type_name: &str, number: fn(f64) -> T, std: fn(T) -> T) {
    // A sequence that is spread evenly over [−2, 2].
    let spread = |i: usize| number(4.0 * (i as f64 * 0.618_033_988_749_894_9).fract() - 2.0);
    let x: Vec<T> = (0..COUNT).map(spread).collect();
    let alone = time(&x, |x| x);
    let times =
        [selu, selu_grad, |x| elu(x, T::one()), |x| elu_grad(x, T::one()), of_constants, std]
            .map(|function: fn(T) -> T| format!("{:.1}", time(&x, function) - alone));
    println!("| `{type_name}` | {} |", times.join(" | "));
}

fn of_constants<T: Float>(x: T) -> T {
    ScaledElu { alpha: T::one(), scale: T::one() }.apply(x)
}

fn std_f32(x: f32) -> f32 {
    use consts::f32::{SCALE, SCALE_ALPHA};
    if x > 0.0 { SCALE * x } else { SCALE_ALPHA * x.exp_m1() }
}

fn std_f64(x: f64) -> f64 {
    use consts::f64::{SCALE, SCALE_ALPHA};
    if x > 0.0 { SCALE * x } else { SCALE_ALPHA * x.exp_m1() }
}

fn main() {
    println!("| type | `selu` | `selu_grad` | `elu` | `elu_grad` | `ScaledElu` | std `exp_m1` |");
    println!("| --- |{}", " --: |".repeat(6));
    print::<f32>("f32", |x| x as f32, std_f32);
    print::<f64>("f64", |x| x, std_f64);
    print::<f16>("f16", f16::from_f64, |x| f16::from_f32(std_f32(x.to_f32())));
    print::<bf16>("bf16", bf16::from_f64, |x| bf16::from_f32(std_f32(x.to_f32())));
}
