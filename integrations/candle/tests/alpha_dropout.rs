//! Alpha dropout as a layer.

use candle_core::{DType, Device::Cpu, ModuleT, Result, Tensor, Var};
use selu_candle::AlphaDropout;

const COUNT: usize = 200_000;

/// Mean and variance.
fn moments(xs: &Tensor) -> Result<[f64; 2]> {
    let xs = xs.to_dtype(DType::F64)?;
    let mean = xs.mean_all()?;
    let variance = xs.broadcast_sub(&mean)?.sqr()?.mean_all()?;
    Ok([mean.to_scalar()?, variance.to_scalar()?])
}

#[test]
fn keeps_mean_0_and_variance_1() -> Result<()> {
    for dtype in [DType::F32, DType::F64, DType::F16, DType::BF16] {
        for rate in [0.05, 0.5, 0.9] {
            let xs = Tensor::randn(0.0, 1.0, COUNT, &Cpu)?.to_dtype(dtype)?;
            let ys = AlphaDropout::new(rate)?.forward_t(&xs, true)?;
            assert_eq!((ys.dtype(), ys.shape()), (dtype, xs.shape()));
            // Six standard deviations of a mean of so many; three times that for the variance.
            let [mean, variance] = moments(&ys)?;
            assert!(mean.abs() < 0.0134, "{dtype:?}, rate {rate}: mean {mean}");
            assert!((variance - 1.0).abs() < 0.05, "{dtype:?}, rate {rate}: variance {variance}");
        }
    }
    Ok(())
}

#[test]
fn values_and_gradients_are_those_of_the_crate() -> Result<()> {
    let rate = 0.3;
    let x = Var::from_tensor(&Tensor::randn(0f32, 1.0, (COUNT / 100, 100), &Cpu)?)?;
    let y = AlphaDropout::new(rate)?.forward_t(&x, true)?;
    let gradient = (&y * 2.0)?.backward()?.get(&x).unwrap().flatten_all()?.to_vec1::<f32>()?;
    let [x, y] = [x.flatten_all()?.to_vec1::<f32>()?, y.flatten_all()?.to_vec1::<f32>()?];

    let dropout = selu::AlphaDropout::new(rate).unwrap();
    let [a, b, dropped] = [dropout.scale(), dropout.shift(), dropout.dropped()].map(|x| x as f32);
    let kept: Vec<bool> = y.iter().map(|&y| y != dropped).collect();
    for ((x, y), &kept) in x.into_iter().zip(y).zip(&kept) {
        assert_eq!(y, if kept { x * a + b } else { dropped });
    }
    let mut expected = vec![2.0; COUNT];
    dropout.backward(&kept, &mut expected);
    assert_eq!(gradient, expected);

    let share = kept.iter().filter(|&&kept| !kept).count() as f64 / COUNT as f64;
    // Six standard deviations.
    let tolerance = 6.0 * (rate * (1.0 - rate) / COUNT as f64).sqrt();
    assert!((share - rate).abs() < tolerance, "{share} are dropped, expected {rate}");
    Ok(())
}

#[test]
fn nothing_changes_at_inference_and_at_rate_0() -> Result<()> {
    let xs = Tensor::randn(0f32, 1.0, 1000, &Cpu)?;
    for (rate, train) in [(0.5, false), (0.0, true)] {
        let ys = AlphaDropout::new(rate)?.forward_t(&xs, train)?;
        assert_eq!(ys.to_vec1::<f32>()?, xs.to_vec1::<f32>()?);
    }
    Ok(())
}

#[test]
fn a_rate_that_is_no_probability_is_an_error() {
    for rate in [-0.1, 1.0, f64::NAN] {
        let error = AlphaDropout::new(rate).unwrap_err().to_string();
        assert!(error.contains("it must be at least 0 and less than 1"), "{error}");
    }
}
