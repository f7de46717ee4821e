//! What keeps the mean and the variance of a deep network: SELU, and weights from `LecunNormal`.

use crate::sampling::{mean_and_variance, seeded};
use num_traits::Float;
use rand::distr::Distribution;
use rand_distr::StandardNormal;
use selu::{LecunNormal, selu_slice};

/// The product of two square matrices.
fn product<T: Float, const WIDTH: usize>(a: &[T], b: &[T]) -> Vec<T> {
    let mut product = vec![T::zero(); a.len()];
    for (row, sums) in a.chunks_exact(WIDTH).zip(product.chunks_exact_mut(WIDTH)) {
        for (&factor, row) in row.iter().zip(b.chunks_exact(WIDTH)) {
            for (sum, &x) in sums.iter_mut().zip(row) {
                *sum = *sum + factor * x;
            }
        }
    }
    product
}

/// Mean and variance of 256 samples after 100 layers of width 256 with LeCun-normal weights and no
/// biases, started at mean 0.08 and standard deviation 1.2.
fn through_100_layers<T>(seed: u64, activation: impl Fn(&mut [T])) -> (f64, f64)
where
    T: Float + Into<f64>,
    LecunNormal: Distribution<T>,
    StandardNormal: Distribution<T>,
{
    const WIDTH: usize = 256;
    let mut rng = seeded(seed);
    let (mean, std_dev) = (T::from(0.08).unwrap(), T::from(1.2).unwrap());
    let mut x: Vec<T> = (0..WIDTH * WIDTH)
        .map(|_| {
            let z: T = StandardNormal.sample(&mut rng);
            mean + std_dev * z
        })
        .collect();
    let distribution = LecunNormal::new(WIDTH).unwrap();
    for _ in 0..100 {
        let weights: Vec<T> = (&distribution).sample_iter(&mut rng).take(x.len()).collect();
        x = product::<_, WIDTH>(&x, &weights);
        activation(&mut x);
    }
    mean_and_variance(x.iter().map(|&x| x.into()))
}

#[test]
fn selu_keeps_mean_and_variance_through_100_layers_and_relu_does_not() {
    for seed in 1..=3 {
        for (mean, variance) in [
            through_100_layers::<f32>(seed, selu_slice),
            through_100_layers::<f64>(seed, selu_slice),
        ] {
            println!("SELU, seed {seed}: mean {mean:.4}, variance {variance:.4}");
            assert!(mean.abs() < 0.1, "seed {seed}: mean {mean}");
            assert!((variance - 1.0).abs() < 0.2, "seed {seed}: variance {variance}");
        }
        let (mean, variance) = through_100_layers(seed, |xs: &mut [f64]| {
            xs.iter_mut().for_each(|x| *x = x.max(0.0));
        });
        println!("ReLU, seed {seed}: mean {mean:.4e}, variance {variance:.4e}");
        assert!(variance < 1e-20, "seed {seed}: ReLU keeps a variance of {variance:e}");
    }
}

/// The gain that PyTorch recommends for SELU.
#[test]
fn a_gain_of_three_quarters_loses_the_variance() {
    let (_, variance) = through_100_layers(1, |xs: &mut [f32]| {
        xs.iter_mut().for_each(|x| *x *= 0.75);
        selu_slice(xs);
    });
    println!("SELU, gain 3/4: variance {variance:.4}");
    assert!(variance < 0.1, "variance {variance}");
}
