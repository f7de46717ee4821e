//! The promises of `selu::fast` for `f32`, on a CPU with fused multiply-add.
//!
//! ```text
//! cargo test --release --test exact -- fast:: --ignored --nocapture
//! ```
//!
//! tries all 2³² inputs; by default some are tried. That the results are the same in every form and
//! on every instruction set is seen by `tests/portable`.

use crate::every_f32::{Expected, try_some};
use crate::function::Function::{self, Elu, FastElu, FastSelu, Selu};
use crate::function::{is_fused, supported};
use crate::reference::Format;
use crate::reference::random::Random;
use rayon::prelude::*;
use selu::consts;

/// What is promised of ELU's values, in ULP, for any alpha …
const ELU_BOUND: f64 = 1.4;
/// … and of products, where they or eˣ are below `TINY`.
const TINY_BOUND: f64 = 1.5;
const TINY: f64 = 1e-35;

/// Whether the CPU has fused multiply-add. If not, these are the exact functions.
fn has_kernel() -> bool {
    supported().next().is_some_and(is_fused)
}

/// |y − exact| in ULP of `f32`.
fn error(y: f32, exact: f64) -> f64 {
    let exponent = (exact.abs().to_bits() >> 52).max(1023 - 126);
    (f64::from(y) - exact).abs() / f64::from_bits((exponent - 23) << 52)
}

/// Whether no number lies between `y` and `exact`, which is good to 2⁻⁴⁸.
fn is_faithful(y: f32, exact: f64) -> bool {
    let room = exact.abs() * 2f64.powi(-48);
    if f64::from(y) < exact {
        f64::from(y.next_up()) >= exact - room
    } else {
        f64::from(y.next_down()) <= exact + room
    }
}

fn assert_faithful(step: u32) {
    if !has_kernel() {
        return;
    }
    let derivative = |x: &[f32], y: &mut [f32]| {
        y.fill(1.0);
        FastSelu.backward(x, y);
    };
    let tallies = [
        try_some(
            step,
            "selu",
            Expected::is_faithful,
            |x, y| {
                FastSelu.into(x, y);
                let is_beyond = |&y: &f32| y < -consts::f32::SCALE_ALPHA;
                assert!(!y.iter().any(is_beyond), "beyond the limit");
            },
            Expected::selu,
        ),
        try_some(step, "selu'", Expected::is_faithful, derivative, Expected::selu_grad),
        try_some(step, "elu", Expected::is_faithful, |x, y| FastElu(1.0).into(x, y), Expected::elu),
    ];
    for (tally, name) in tallies.iter().zip(["selu", "selu'", "elu"]) {
        let (wrong, misrounded, worst) = (tally.wrong, tally.misrounded, tally.worst.error);
        println!("{name}: {wrong} not faithful, {misrounded} not the nearest, at most {worst} ULP");
        assert!(wrong == 0 && worst < 1.0, "{name}: {:?}", tally.example);
        assert!(misrounded > 0, "{name} is the exact function");
    }
}

#[test]
fn some_results_are_faithful() {
    assert_faithful(211);
}

#[test]
#[ignore = "tries 2^32 values of three functions; two minutes in release mode"]
fn every_result_is_faithful() {
    assert_faithful(1);
}

/// `count` negative numbers from `from` down, by their bits.
fn assert_elu(alpha: f32, magnitudes: impl IndexedParallelIterator<Item = u32>) -> f64 {
    let chunks = magnitudes.chunks(4096);
    let largest = chunks.map(|bits| {
        let x: Vec<f32> = bits.into_iter().map(|bits| -f32::from_bits(bits)).collect();
        let mut y = x.clone();
        FastElu(alpha).slice(&mut y);
        let errors = x.iter().zip(&y).map(|(&x, &y)| {
            assert!(y >= -alpha, "elu({x:e}, {alpha:e}) is {y:e}");
            error(y, f64::from(alpha) * f64::from(x).exp_m1())
        });
        errors.fold(0.0, f64::max)
    });
    largest.reduce(|| 0.0, f64::max)
}

const ALPHAS: [f32; 5] = [1.673_263_2, 0.3, 1.5, 1.707_12, 6e4];

fn assert_elu_bound(step: u32) {
    if !has_kernel() {
        return;
    }
    for alpha in ALPHAS {
        let largest = assert_elu(
            alpha,
            (0..f32::INFINITY.to_bits() / step).into_par_iter().map(|i| i * step),
        );
        println!("elu with alpha {alpha}: at most {largest} ULP");
        assert!((0.8..ELU_BOUND).contains(&largest), "alpha {alpha}: {largest} ULP");
    }
}

#[test]
fn some_values_of_elu_are_within_the_bound() {
    assert_elu_bound(997);
    // Where the error is largest, for alphas of all sizes.
    let random = &mut Random(0xfa57);
    let [from, to] = [0.2_f32, 2.0].map(f32::to_bits);
    let mut largest = (0.0, 0.0);
    for i in 0..if has_kernel() { 512 } else { 0 } {
        let alpha =
            (1.0 + i as f32 / 512.0 + random.uniform() as f32 / 512.0) * 2f32.powi(i % 33 - 16);
        if alpha <= 65536.0 {
            let xs = (from..to).into_par_iter().step_by(3001);
            let error = assert_elu(alpha, xs);
            largest = if error > largest.0 { (error, alpha) } else { largest };
        }
    }
    println!("elu: at most {} ULP, with alpha {}", largest.0, largest.1);
    assert!(largest.0 < ELU_BOUND, "alpha {}: {} ULP", largest.1, largest.0);
}

#[test]
#[ignore = "tries 2^31 values for each of five alphas; two minutes in release mode"]
fn every_value_of_elu_is_within_the_bound() {
    assert_elu_bound(1);
}

/// Gradients of every size that is promised, with x of every size.
#[test]
fn products_are_faithful_for_gradients_of_every_size() {
    if !has_kernel() {
        return;
    }
    let random = &mut Random(0x96ad);
    for round in 0..400 {
        let alpha = [1.0, 0.7, 1.3, 0.01, 300.0, 1.999][round % 6];
        let function = if round % 2 == 0 { FastSelu } else { FastElu(alpha) };
        let (scale, scale_alpha) = match function {
            FastElu(alpha) => (1.0, f64::from(alpha)),
            _ => (consts::f64::SCALE, consts::f64::SCALE_ALPHA),
        };
        let lowest = [-1.0, -20.0, -88.0, -230.0][round / 2 % 4];
        let exponents = [250, 40, 8][round % 3];
        let (x, grad): (Vec<f32>, Vec<f32>) = (0..4096)
            .map(|_| {
                let x = if random.below(16) == 0 { 3.0 } else { lowest } * random.uniform() as f32;
                let exponent = random.below(exponents) as i32 - exponents as i32 / 2 - 24;
                let grad = (1.0 + random.uniform() as f32) * 2f32.powi(exponent);
                (x, if random.below(2) == 0 { -grad } else { grad })
            })
            .unzip();
        let mut products = grad.clone();
        function.backward(&x, &mut products);
        for ((&x, &grad), &product) in x.iter().zip(&grad).zip(&products) {
            let wide = f64::from(x);
            let derivative = if x < 0.0 { scale_alpha * wide.exp() } else { scale };
            let exact = derivative * f64::from(grad);
            let error = error(product, exact);
            let is_tiny = exact.abs() < TINY || wide.exp() < TINY;
            assert!(
                if is_tiny { error <= TINY_BOUND } else { is_faithful(product, exact) },
                "{grad:e} times the derivative of {function:?} at {x:e} is {product:e}, not {exact:e}"
            );
        }
    }
}

/// The exact function in place of a fast one.
fn exact(function: Function<f32>) -> Function<f32> {
    match function {
        FastElu(alpha) => Elu(alpha),
        _ => Selu,
    }
}

fn assert_same(function: Function<f32>, x: f32, grad: f32) {
    let pairs = [
        (function.value(x), exact(function).value(x)),
        (function.gradient(x, grad), exact(function).gradient(x, grad)),
    ];
    for (fast, exact) in pairs {
        assert_eq!(fast.pattern(), exact.pattern(), "{function:?} at {x:e} with {grad:e}");
    }
}

#[test]
fn special_values_are_those_of_the_exact_functions() {
    let infinity = f32::INFINITY;
    for function in [FastSelu, FastElu(1.0), FastElu(0.3), FastElu(1e4)] {
        for x in [0.0, -0.0, infinity, -infinity, f32::NAN, -f32::NAN, f32::MIN, -200.0, -1e-45] {
            for grad in [0.0, -0.0, 1.0, infinity, -infinity, f32::NAN] {
                assert_same(function, x, grad);
            }
        }
        for x in [-1.0, -30.0, -1e-20, 2.0] {
            for grad in [0.0, -0.0, infinity, -infinity, f32::NAN] {
                let [fast, exact] = [function, exact(function)].map(|f| f.gradient(x, grad));
                assert_eq!(fast.pattern(), exact.pattern(), "{function:?} at {x:e} with {grad:e}");
            }
        }
        for x in [-17.4, -18.0, -30.0, f32::MIN] {
            assert_eq!(function.value(x), exact(function).value(x), "{function:?} at {x:e}");
        }
        for x in [1e-45, 3e-42, 1e-38, f32::MAX] {
            for x in [x, -x] {
                let [fast, exact] = [function, exact(function)].map(|f| f.value(x));
                assert!(fast.pattern().abs_diff(exact.pattern()) <= 1, "{function:?} at {x:e}");
            }
        }
    }
}

#[test]
fn elu_with_an_alpha_out_of_range_is_exact() {
    for alpha in [0.0, -0.0, -1.0, 1e-6, 1e6, f32::INFINITY, f32::NAN] {
        for i in -400..40 {
            assert_same(FastElu(alpha), i as f32 * 0.37, 1.0 - i as f32 * 0.01);
        }
    }
}

/// The fast functions of a type that has no fast kernel.
fn assert_exact<T: Format + Send + Sync>() {
    let x: Vec<T> = (-300..300).map(|i| T::from(i).unwrap() * T::from(0.037).unwrap()).collect();
    let alpha = T::from(0.7).unwrap();
    for (fast, exact) in [(FastSelu, Selu), (FastElu(alpha), Elu(alpha))] {
        let results = |function: Function<T>| {
            let mut results = vec![T::zero(); 4 * x.len()];
            let [a, b, c, d] =
                results.chunks_exact_mut(x.len()).collect::<Vec<_>>().try_into().unwrap();
            a.copy_from_slice(&x);
            function.slice(a);
            function.into(&x, b);
            c.copy_from_slice(&x);
            function.backward(&x, c);
            function.backward_into(&x, &x, d);
            results.iter().map(|y| y.pattern()).collect::<Vec<_>>()
        };
        assert_eq!(results(fast), results(exact), "{fast:?}");
    }
}

#[test]
fn other_types_have_the_exact_results() {
    assert_exact::<f64>();
    #[cfg(feature = "half")]
    {
        assert_exact::<half::f16>();
        assert_exact::<half::bf16>();
    }
}
