//! The operations beside burn's own, forward and with their gradients.

use burn::tensor::{Device, Distribution, Tensor, activation};
use std::hint::black_box;
use std::time::{Duration, Instant};

type Function = fn(Tensor<2>) -> Tensor<2>;

fn main() {
    let functions: [(&str, Function); 4] = [
        ("burn's selu", activation::selu),
        ("selu_burn::selu", selu_burn::selu),
        ("burn's elu", |x| activation::elu(x, 1.0)),
        ("selu_burn::elu", |x| selu_burn::elu(x, 1.0)),
    ];
    println!("{:16} {:>9} {:>12} {:>20}", "ns per value", "forward", "transposed", "with gradient");
    for size in [128, 2048] {
        let normal = Distribution::Normal(0.0, 1.0);
        let x = Tensor::<2>::random([size, size], normal, &Device::flex());
        let leaf = x.clone().autodiff().require_grad();
        let mut best = [[Duration::MAX; 3]; 4];
        // In turn, so that a disturbance meets all of them; the shortest of many runs each.
        for _ in 0..if size == 128 { 2000 } else { 10 } {
            for ((_, function), best) in functions.iter().zip(&mut best) {
                let runs: [&dyn Fn(); 3] = [
                    &|| drop(black_box(function(x.clone()))),
                    &|| drop(black_box(function(x.clone().transpose()))),
                    &|| drop(black_box(function(leaf.clone()).backward())),
                ];
                for (run, best) in runs.into_iter().zip(best) {
                    let start = Instant::now();
                    run();
                    *best = (*best).min(start.elapsed());
                }
            }
        }
        println!("{size} × {size}");
        for ((name, _), best) in functions.iter().zip(best) {
            let [forward, transposed, both] =
                best.map(|time| time.as_secs_f64() * 1e9 / (size * size) as f64);
            println!("{name:16} {forward:>9.2} {transposed:>12.2} {both:>20.2}");
        }
    }
}
