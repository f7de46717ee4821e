//! The types of 16 bits: all 65,536 values of each, on every instruction set of this CPU, and by
//!
//! ```text
//! cargo test --release --features half --test exact -- half:: --ignored
//! ```
//!
//! all 2³² pairs of an argument and a gradient.

use crate::check::{Tally, try_gradients, try_values};
use crate::format::Format;
use crate::function::Function::{Elu, Selu};
use crate::reference::rounded::Formula;
use half::{bf16, f16};
use rayon::prelude::*;
use selu::on_instruction_set::{self, InstructionSet};
use selu::{consts, elu, selu};

fn all<T: Format>() -> Vec<T> {
    (0..1 << 16).map(T::from_pattern).collect()
}

/// selu, its derivative and elu of every value, with some alphas and gradients.
fn every_value_is_correctly_rounded<T: Format>() {
    let xs = all::<T>();
    let numbers = [1.0, 1.6732632, -0.25, 1e-5, 6e4, 0.0, -0.0, f64::INFINITY, f64::NAN];
    let smallest = [1, T::SIGN_PATTERN | 1, 3].map(T::from_pattern);
    let numbers = numbers.map(|x| T::from(x).unwrap());
    let tallies = numbers.into_par_iter().chain(smallest).map(|number| {
        let gradients = try_gradients(Selu, &xs, &vec![number; xs.len()]);
        try_values(Elu(number), &xs).and(gradients)
    });
    let tally = tallies.reduce(Tally::default, Tally::and).and(try_values(Selu, &xs));
    tally.report(&format!("every value of {}", T::NAME));
}

#[test]
fn every_value_of_f16_is_correctly_rounded() {
    every_value_is_correctly_rounded::<f16>();
}

#[test]
fn every_value_of_bf16_is_correctly_rounded() {
    every_value_is_correctly_rounded::<bf16>();
    // The product of the rounded constants would be 1.75.
    assert_eq!(f32::from(selu(bf16::NEG_INFINITY)), -1.7578125);
    // alpha·x is in the middle between two numbers, alpha·(eˣ − 1) a little nearer to 0.
    let (x, alpha) = (bf16::from_bits(0x90c0), bf16::from_bits(0x3e99));
    assert_eq!(elu(x, alpha).to_bits(), 0x8fe5);
    // exp(x) − 1 in bf16 gives 0.
    assert_eq!(f32::from(elu(bf16::from_f32(-0.001), bf16::ONE)), -0.0009994507);
}

/// All 2³² pairs of an argument and a gradient, on every instruction set. Where the product in
/// `f64` does not tell the right result, the reference does.
fn every_pair_is_correctly_rounded<T: Format>() {
    /// More than the error of the products in `f64`.
    const ERROR: f64 = 1.0 / (1_u64 << 48) as f64;
    let xs = all::<T>();
    let derivative = |&x: &T| {
        let x: f64 = x.into();
        if x < 0.0 { consts::f64::SCALE_ALPHA * x.max(-400.0).exp() } else { consts::f64::SCALE }
    };
    let derivatives: Vec<f64> = xs.iter().map(derivative).collect();
    let sets: Vec<_> = InstructionSet::available().collect();
    (0..1 << 16).into_par_iter().for_each(|bits| {
        let grad = T::from_pattern(bits);
        let expected: Vec<u64> = (xs.iter().zip(&derivatives))
            .map(|(&x, derivative)| {
                let product = derivative * grad.into();
                let [low, high] = [1.0 - ERROR, 1.0 + ERROR]
                    .map(|factor| T::from(product * factor).unwrap().pattern());
                let is_certain = low == high && !x.is_nan();
                if is_certain { low } else { Formula::Selu.gradient(x, grad).pattern() }
            })
            .collect();
        for &set in &sets {
            let mut grads = vec![grad; xs.len()];
            on_instruction_set::selu_backward(set, &xs, &mut grads);
            for ((x, y), &expected) in xs.iter().zip(&grads).zip(&expected) {
                assert!(y.pattern() == expected, "selu_backward({x:e}, {grad:e}) is {y:e}");
            }
        }
    });
    println!("2^32 pairs, {sets:?}");
}

#[test]
#[ignore = "tries 2^32 pairs on each instruction set; a minute in release mode"]
fn every_pair_of_f16_is_correctly_rounded() {
    every_pair_is_correctly_rounded::<f16>();
}

#[test]
#[ignore = "tries 2^32 pairs on each instruction set; a minute in release mode"]
fn every_pair_of_bf16_is_correctly_rounded() {
    every_pair_is_correctly_rounded::<bf16>();
}
