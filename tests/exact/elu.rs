//! ELU and SELU with constants of one's own: what a formula gets wrong, and what others publish.

use crate::check::{Tally, try_gradients, try_values};
use crate::function::Function::{self, Elu};
use crate::reference::Format;
use rayon::prelude::*;
use selu::{ScaledElu, elu_into, elu_slice, selu};

/// Numbers that are special or extreme in every type.
fn extremes<T: Format>() -> Vec<T> {
    let magnitudes = [
        T::zero(),
        T::from_pattern(1),
        T::min_positive_value(),
        T::epsilon(),
        T::one(),
        T::from(1.5).unwrap() + T::epsilon(),
        T::max_value(),
        T::infinity(),
        T::nan(),
    ];
    magnitudes.into_iter().flat_map(|x| [x, -x]).collect()
}

/// All combinations of extreme alphas, scales, arguments and gradients.
fn extremes_are_correctly_rounded<T: Format>() {
    let extremes = extremes::<T>();
    let ordinary = [-1e-3, -0.3, -1.0, -20.0, -40.0, -90.0, -110.0, -600.0, -700.0, -750.0, 2.0];
    let xs: Vec<T> = (ordinary.into_iter().map(|x| T::from(x).unwrap()))
        .chain(extremes.iter().copied())
        .collect();
    let (x, grads): (Vec<T>, Vec<T>) =
        xs.iter().flat_map(|&x| extremes.iter().map(move |&grad| (x, grad))).unzip();
    let mut tally = Tally::default();
    for &alpha in &extremes {
        for &scale in &extremes {
            let function = Function::ScaledElu(ScaledElu { alpha, scale });
            tally = tally.and(try_values(function, &xs)).and(try_gradients(function, &x, &grads));
        }
        tally = tally.and(try_values(Elu(alpha), &xs)).and(try_gradients(Elu(alpha), &x, &grads));
    }
    tally.report("extremes");
}

#[test]
fn extremes_in_f32_are_correctly_rounded() {
    extremes_are_correctly_rounded::<f32>();
}

#[test]
fn extremes_in_f64_are_correctly_rounded() {
    extremes_are_correctly_rounded::<f64>();
}

#[cfg(feature = "half")]
#[test]
fn extremes_in_f16_and_bf16_are_correctly_rounded() {
    extremes_are_correctly_rounded::<half::f16>();
    extremes_are_correctly_rounded::<half::bf16>();
}

/// Products of three numbers next to half of the smallest number, the midpoint between it and 0.
#[cfg(feature = "half")]
fn products_next_to_half_of_the_smallest_number<T: Format>() {
    use crate::reference::random::Random;
    let random = &mut Random(0x5a11);
    let half = 2f64.powi(T::LOWEST_PLACE - 1);
    let mut tally = Tally::default();
    for _ in 0..20_000 {
        let mut number = |low: f64, high: f64| {
            T::from(low * (high / low).powf(random.uniform())).expect("a number of this size")
        };
        let (x, alpha) = (-number(0.01, 8.0), number(1e-3, 4.0));
        let exponential: f64 = x.into();
        let grad = T::from(half / (alpha.into() * exponential.exp())).expect("a number");
        for bits in grad.pattern().saturating_sub(1)..=grad.pattern() + 1 {
            let grad = T::from_pattern(bits);
            let product: f64 = grad.into() * alpha.into() * exponential.exp() / half;
            if (product - 1.0).abs() < 2f64.powi(-13) {
                tally = tally.and(try_gradients(Elu(alpha), &[x; 20], &[grad; 20]));
                let scaled = Function::ScaledElu(ScaledElu { alpha, scale: grad });
                tally = tally.and(try_gradients(scaled, &[x; 20], &[T::one(); 20]));
            }
        }
    }
    assert!(tally.tried > 1000, "{}", tally.tried);
    tally.report("next to half of the smallest number");
}

#[cfg(feature = "half")]
#[test]
fn products_next_to_half_of_the_smallest_number_of_16_bits() {
    products_next_to_half_of_the_smallest_number::<half::bf16>();
    products_next_to_half_of_the_smallest_number::<half::f16>();
    // A value, of which the magnitude is 2⁻¹³⁴·(1 + 7.7·10⁻⁶).
    let [alpha, scale, x] = [0x2c54, 0x1000, 0xbf6d].map(half::bf16::from_bits);
    let scaled = Function::ScaledElu(ScaledElu { alpha, scale });
    try_values(scaled, &[x; 40]).report("a value");
}

/// Where a single value has a second condition for the sign of x, both must agree.
#[test]
fn values_at_the_threshold_of_tiny_numbers_are_correctly_rounded() {
    let tiny = -2f64.powi(-900);
    let xs = [tiny.next_up(), tiny, tiny.next_down()];
    for k in [1.0, 2.0, 3.0, 5.0, 101.0, 1001.0] {
        let (alpha, scale) = (1.0_f64.next_down(), 1.0 + k * f64::EPSILON);
        let function = Function::ScaledElu(ScaledElu { alpha, scale });
        try_values(function, &xs).report("tiny");
    }
}

/// The product of the constants is tiny, and the gradient makes up for it.
#[test]
fn large_gradients_of_tiny_constants_are_correctly_rounded() {
    let mut tally = Tally::default();
    for exponent in (-1021..-860).step_by(7) {
        for i in 0..200 {
            let digits =
                |place: i32| 1.0 + (f64::from(i) * 0.754_877 + f64::from(place) * 0.3).fract();
            let alpha = digits(0) * 2f64.powi(exponent / 2);
            let scale = digits(1) * 2f64.powi(exponent - exponent / 2);
            let grad = digits(2) * 2f64.powi(100);
            let function = Function::ScaledElu(ScaledElu { alpha, scale });
            tally = tally.and(try_gradients(function, &[-digits(3) / 4.0; 9], &[grad; 9]));
        }
    }
    tally.report("tiny constants");
}

/// The largest error that a search found in an `elu` that rounded more than once.
#[test]
fn a_product_that_was_once_off_is_rounded_once() {
    let (x, alpha) = (f64::from_bits(0xbfd6_2e3a_2f3e_601d), f64::from_bits(0x400b_5058_4766_2866));
    try_values(Elu(alpha), &[x; 33]).report("elu");
    let (x, alpha) = (-3.778e-191, 3.648e-119);
    try_values(Elu(alpha), &[x; 33]).report("elu");
}

#[test]
fn the_linear_branch_of_elu_is_x_itself() {
    for alpha in [0.0, -1.0, f64::INFINITY, f64::NAN, 1e300] {
        let mut ys = [9.0; 7];
        let xs = [0.0, -0.0, f64::from_bits(1), 2.5, 1e300, f64::MAX, f64::INFINITY];
        elu_into(&xs, &mut ys, alpha);
        assert_eq!(ys.map(f64::to_bits), xs.map(f64::to_bits), "{alpha:?}");
    }
}

/// scale·alpha is the middle between two numbers, the upper of which is even.
#[test]
fn the_limit_is_a_tie_and_everything_above_it_is_not() {
    let function = ScaledElu { alpha: 1.0 + f64::EPSILON, scale: 1.5 };
    let (below, even) = (1.5 + f64::EPSILON, 1.5 + 2.0 * f64::EPSILON);
    assert_eq!(function.apply(f64::NEG_INFINITY), -even);
    for x in [-1000.0, -745.0, -100.0, -81.0, -80.0, -79.0, -60.0] {
        assert_eq!(function.apply(x), -below, "{x}");
    }
    assert_eq!(function.grad(-f64::from_bits(1)), below);

    let function = ScaledElu { alpha: 1.0 + f32::EPSILON, scale: 1.5 };
    let (below, even) = (1.5 + f32::EPSILON, 1.5 + 2.0 * f32::EPSILON);
    assert_eq!(function.apply(f32::NEG_INFINITY), -even);
    for x in [-1000.0, -100.0, -41.0, -40.0, -39.0, -30.0] {
        assert_eq!(function.apply(x), -below, "{x}");
    }
    assert_eq!(function.grad(-f32::from_bits(1)), below);

    // At the threshold of overflow, too: (2²⁷ − 1)·(2²⁷ + 1)·2⁹⁷⁰ = 2¹⁰²⁴ − 2⁹⁷⁰ is a tie that goes
    // to infinity.
    let [alpha, scale] = [2f64.powi(27) - 1.0, (2f64.powi(27) + 1.0) * 2f64.powi(970)];
    let function = ScaledElu { alpha, scale };
    assert_eq!(function.apply(f64::NEG_INFINITY), f64::NEG_INFINITY);
    assert_eq!(function.apply(-1000.0), -f64::MAX);
}

/// The examples of ONNX's operator documentation.
#[test]
fn the_published_examples_of_onnx() {
    let x = [-1.0_f32, 0.0, 1.0];
    let near = |actual: [f32; 3], published: [f32; 3]| {
        for (actual, published) in actual.into_iter().zip(published) {
            assert!((actual - published).abs() <= 1e-6, "{actual} is not {published}");
        }
    };
    let mut y = x;
    ScaledElu { alpha: 2.0, scale: 3.0 }.apply_slice(&mut y);
    near(y, [-3.792_723_2, 0.0, 3.0]);
    let mut y = x;
    elu_slice(&mut y, 2.0);
    near(y, [-1.264_241_1, 0.0, 1.0]);
    // The defaults.
    let (alpha, scale) = (1.673_263_2_f32, 1.050_701_f32);
    assert_eq!(ScaledElu::onnx(), ScaledElu { alpha, scale });
    assert_eq!(ScaledElu::onnx(), ScaledElu { alpha: f64::from(alpha), scale: scale.into() });
    let wide = ScaledElu::<twofloat::TwoFloat>::onnx();
    assert_eq!((wide.alpha, wide.scale), (f64::from(alpha).into(), f64::from(scale).into()));
    let mut y = x;
    elu_slice(&mut y, 1.0);
    near(y, [-0.632_120_55, 0.0, 1.0]);
}

/// How many of the `f32` with these bits differ between ONNX's constants and the exact ones.
fn count_differences(bits: impl ParallelIterator<Item = u32>) -> u64 {
    let differs = |bits| {
        let x = f32::from_bits(bits);
        let (y, onnx) = (selu(x), ScaledElu::onnx().apply(x));
        if x.is_nan() {
            assert!(onnx.is_nan());
            return false;
        }
        let difference = y.to_bits().abs_diff(onnx.to_bits());
        assert!(difference <= 1, "{} and {} at {}", y.show(), onnx.show(), x.show());
        difference == 1
    };
    bits.filter(|&bits| differs(bits)).count() as u64
}

#[test]
fn the_constants_of_onnx_change_at_most_the_last_place() {
    // A multiple of a prime number visits all binades and mantissas of all kinds.
    let count = 1 << 20;
    let differences = count_differences((0..count).into_par_iter().map(|i| i * 4093));
    println!("{differences} of {count}");
    assert!(differences > 0);
}

#[test]
#[ignore = "tries 2^32 values; minutes in release mode"]
fn the_constants_of_onnx_change_at_most_the_last_place_of_every_f32() {
    println!("{} of 2^32", count_differences((0..=u32::MAX).into_par_iter()));
}
