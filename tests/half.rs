//! The types of 16 bits: all 65,536 values of each, on every instruction set of this CPU, and by
//!
//! ```text
//! cargo test --release --features half --test half -- --ignored
//! ```
//!
//! all 2³² pairs of an argument and a gradient.

#![cfg(feature = "half")]

#[path = "reference/modes.rs"]
mod modes;
mod reference;

use half::{bf16, f16};
use num_traits::Float;
use rayon::prelude::*;
use reference::{Exact, Format, ulp_error};
use selu::on_instruction_set::{self, InstructionSet};
use selu::{consts, elu, selu, selu_backward, selu_grad, selu_into, selu_slice};
use std::fmt::{Debug, LowerExp};

/// What the tests need to know of a type beside `Float`.
trait Half: Float + Format + Debug + LowerExp {
    fn of(bits: u16) -> Self;
    fn bits(self) -> u16;
    fn nearest(x: f64) -> Self;
}

impl Half for f16 {
    fn of(bits: u16) -> Self {
        Self::from_bits(bits)
    }
    fn bits(self) -> u16 {
        self.to_bits()
    }
    fn nearest(x: f64) -> Self {
        Self::from_f64(x)
    }
}

impl Half for bf16 {
    fn of(bits: u16) -> Self {
        Self::from_bits(bits)
    }
    fn bits(self) -> u16 {
        self.to_bits()
    }
    fn nearest(x: f64) -> Self {
        Self::from_f64(x)
    }
}

fn all<T: Half>() -> Vec<T> {
    (0..=u16::MAX).map(T::of).collect()
}

/// Checks a result against the exact value, which must be finite and not 0.
fn assert_rounded<T: Half>(name: &str, x: T, y: T, exact: Exact) {
    if y.is_infinite() {
        // From half a last place above the largest number on.
        let (next_power, digits) = if T::DIGITS == 8 { (128, 8) } else { (16, 11) };
        let threshold = 2f64.powi(next_power) - 2f64.powi(next_power - digits - 1);
        assert!(exact.to_f64().value().abs() >= threshold, "{name}({x:e}) overflows");
    } else {
        let error = ulp_error(y, &exact);
        assert!(
            error <= 0.5,
            "{name}({x:e}) is {y:e}, which is {error} ULP off (bits {:#06x})",
            x.bits()
        );
    }
}

fn selu_is_correctly_rounded<T: Half>() {
    let xs = all::<T>();
    for set in InstructionSet::available() {
        let mut ys = vec![T::zero(); xs.len()];
        on_instruction_set::selu_into(set, &xs, &mut ys);
        for (&x, &y) in xs.iter().zip(&ys) {
            let wide: f64 = x.into();
            if x.is_nan() {
                assert!(y.is_nan());
            } else if x.is_zero() || wide == f64::INFINITY {
                assert_eq!(y.bits(), x.bits());
            } else if x.is_infinite() {
                assert_eq!(y, T::nearest(-consts::f64::SCALE_ALPHA));
            } else {
                assert_rounded("selu", x, y, reference::selu(wide));
            }
            assert!(selu(x).bits() == y.bits(), "selu({x:e}) differs on {set:?}");
        }
    }
}

#[test]
fn selu_f16_is_correctly_rounded() {
    selu_is_correctly_rounded::<f16>();
}

#[test]
fn selu_bf16_is_correctly_rounded() {
    selu_is_correctly_rounded::<bf16>();
    // The product of the rounded constants would be 1.75.
    assert_eq!(f32::from(selu(bf16::NEG_INFINITY)), -1.7578125);
}

fn selu_grad_is_correctly_rounded<T: Half>() {
    for x in all::<T>() {
        let y = selu_grad(x);
        let wide: f64 = x.into();
        if x.is_nan() {
            assert!(y.is_nan());
        } else if wide == f64::INFINITY {
            assert_eq!(y, T::nearest(consts::f64::SCALE));
        } else if wide < -1000.0 {
            assert_eq!(y.bits(), 0);
        } else {
            assert_rounded("selu_grad", x, y, reference::selu_grad(wide));
        }
    }
}

#[test]
fn selu_grad_f16_is_correctly_rounded() {
    selu_grad_is_correctly_rounded::<f16>();
}

#[test]
fn selu_grad_bf16_is_correctly_rounded() {
    selu_grad_is_correctly_rounded::<bf16>();
}

fn elu_is_correctly_rounded<T: Half>() {
    for alpha in [1.0, 1.6732632, -0.25, 1e-5, 3e4].map(T::nearest) {
        for x in all::<T>() {
            let y = elu(x, alpha);
            let wide: f64 = x.into();
            if x.is_nan() {
                assert!(y.is_nan());
            } else if x >= T::zero() {
                assert_eq!(y.bits(), x.bits());
            } else if x.is_infinite() {
                assert_eq!(y, -alpha);
            } else {
                assert_rounded("elu", x, y, reference::elu(wide, alpha.into()));
            }
        }
    }
    assert_eq!(elu(T::zero(), T::infinity()).bits(), 0);
}

#[test]
fn elu_f16_is_correctly_rounded() {
    elu_is_correctly_rounded::<f16>();
}

#[test]
fn elu_bf16_is_correctly_rounded() {
    elu_is_correctly_rounded::<bf16>();
    // alpha·x is in the middle between two numbers, alpha·(eˣ − 1) a little nearer to 0.
    let (x, alpha) = (bf16::from_bits(0x90c0), bf16::from_bits(0x3e99));
    assert_eq!(elu(x, alpha).to_bits(), 0x8fe5);
    // exp(x) − 1 in bf16 gives 0.
    assert_eq!(f32::from(elu(bf16::from_f32(-0.001), bf16::ONE)), -0.0009994507);
}

/// The correctly rounded grad·selu'(x).
fn gradient<T: Half>(x: T, grad: T, y: T) {
    let wide: f64 = x.into();
    if x.is_nan() || grad.is_nan() {
        assert!(y.is_nan());
    } else if grad.is_zero() || grad.is_infinite() {
        // The derivative is positive, even at −∞.
        assert_eq!(y.bits(), grad.bits());
    } else if wide < -400.0 {
        assert_eq!(y.bits(), (grad * T::zero()).bits());
    } else {
        let derivative = reference::selu_grad(wide.min(0.0));
        let derivative = if wide < 0.0 { derivative } else { reference::SCALE.clone() };
        assert_rounded("selu_backward", x, y, reference::exact(grad) * derivative);
    }
}

fn selu_backward_is_correctly_rounded<T: Half>() {
    let xs = all::<T>();
    let numbers = [1.0, -0.3, 1e-7, 6e4, 0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    let smallest = [1, 0x8001, 3].map(T::of);
    for grad in numbers.map(T::nearest).into_iter().chain(smallest) {
        let mut grads = vec![grad; xs.len()];
        selu_backward(&xs, &mut grads);
        for set in InstructionSet::available() {
            let mut same = vec![grad; xs.len()];
            on_instruction_set::selu_backward(set, &xs, &mut same);
            assert!(same.iter().zip(&grads).all(|(a, b)| a.bits() == b.bits()), "{set:?} differs");
        }
        for (&x, &y) in xs.iter().zip(&grads) {
            gradient(x, grad, y);
        }
    }
}

#[test]
fn selu_backward_f16_is_correctly_rounded() {
    selu_backward_is_correctly_rounded::<f16>();
}

#[test]
fn selu_backward_bf16_is_correctly_rounded() {
    selu_backward_is_correctly_rounded::<bf16>();
}

/// All 2³² pairs of an argument and a gradient, on every instruction set. Where `f64` does not tell
/// the right result, arbitrary precision does; it never comes to that.
fn selu_backward_is_correctly_rounded_for_all_pairs<T: Half + Send + Sync>() {
    /// More than the error of the products in `f64`.
    const ERROR: f64 = 1.0 / (1_u64 << 48) as f64;
    let xs = all::<T>();
    let derivatives: Vec<f64> = (xs.iter().map(|&x| x.into()))
        .map(|x: f64| match x {
            x if x < 0.0 => consts::f64::SCALE_ALPHA * x.max(-400.0).exp(),
            x if x >= 0.0 => consts::f64::SCALE,
            nan => nan,
        })
        .collect();
    let sets: Vec<_> = InstructionSet::available().collect();
    (0..=u16::MAX).into_par_iter().for_each(|bits| {
        let grad = T::of(bits);
        let wide: f64 = grad.into();
        let results: Vec<Vec<T>> = (sets.iter())
            .map(|&set| {
                let mut grads = vec![grad; xs.len()];
                on_instruction_set::selu_backward(set, &xs, &mut grads);
                grads
            })
            .collect();
        for (i, &derivative) in derivatives.iter().enumerate() {
            let product = wide * derivative;
            let nearest = rounded::<T>(product);
            let is_certain = rounded::<T>(product * (1.0 - ERROR)) == nearest
                && rounded::<T>(product * (1.0 + ERROR)) == nearest;
            for result in &results {
                let y: f64 = result[i].into();
                if is_certain {
                    let (x, same_sign) =
                        (xs[i], y.is_sign_negative() == nearest.is_sign_negative());
                    assert!(y == nearest && same_sign, "selu_backward({x:e}, {grad:e}) is {y:e}");
                } else {
                    gradient(xs[i], grad, result[i]);
                }
            }
        }
    });
    println!("2^32 pairs, {sets:?}");
}

/// The number of type `T` nearest to `x`.
fn rounded<T: Half>(x: f64) -> f64 {
    let (digits, highest) = if T::DIGITS == 8 { (8, 127) } else { (11, 15) };
    let power_of_two = |exponent: i32| f64::from_bits(((1023 + exponent) as u64) << 52);
    let magnitude = x.abs();
    let leading = magnitude.max(power_of_two(1 - highest)).to_bits() & f64::INFINITY.to_bits();
    // Its last place is that of the result: adding it rounds.
    let shift = f64::from_bits(leading + ((53 - digits) << 52));
    let rounded = (magnitude + shift) - shift;
    let is_finite = rounded < power_of_two(highest + 1) || x.is_nan();
    if is_finite { rounded.copysign(x) } else { f64::INFINITY.copysign(x) }
}

#[test]
#[ignore = "tries 2^32 pairs on each instruction set; a minute in release mode"]
fn selu_backward_f16_is_correctly_rounded_for_all_pairs() {
    selu_backward_is_correctly_rounded_for_all_pairs::<f16>();
}

#[test]
#[ignore = "tries 2^32 pairs on each instruction set; a minute in release mode"]
fn selu_backward_bf16_is_correctly_rounded_for_all_pairs() {
    selu_backward_is_correctly_rounded_for_all_pairs::<bf16>();
}

#[cfg(target_arch = "x86_64")]
mod flushing_to_zero {
    use super::*;

    /// Runs `function` on a CPU that flushes subnormal results to zero and takes subnormal operands
    /// for zeros.
    fn flushing<R>(function: impl FnOnce() -> R) -> R {
        let [.., (_, both)] = modes::FLUSHING;
        modes::with_bits(both, function)
    }

    /// The results of selu, of backward for some gradients, and of elu.
    fn results<T: Half>(set: InstructionSet) -> Vec<(&'static str, T, Vec<T>)> {
        let xs = all::<T>();
        let mut selu = xs.clone();
        on_instruction_set::selu_slice(set, &mut selu);
        let mut all = vec![("selu", T::one(), selu)];
        for grad in [1, 0x8001, 0x0080, 0x0123, 0x3c01, 0xc234, 0x7bff].map(T::of) {
            let mut grads = vec![grad; xs.len()];
            on_instruction_set::selu_backward(set, &xs, &mut grads);
            all.push(("selu_backward", grad, grads));
            all.push(("elu", grad, xs.iter().map(|&x| elu(x, grad)).collect()));
        }
        all
    }

    /// Calls `check` with the function, the other argument, x, and the result with and without
    /// flushing, where these differ.
    fn differences<T: Half>(mut check: impl FnMut(&str, T, T, T, T)) {
        assert_eq!(flushing(|| std::hint::black_box(1e-40_f32) * 2.0), 0.0);
        for set in InstructionSet::available() {
            let (plain, flushed) = (results::<T>(set), flushing(|| results::<T>(set)));
            for ((name, other, plain), (_, _, flushed)) in plain.into_iter().zip(flushed) {
                for (x, (plain, flushed)) in
                    all::<T>().into_iter().zip(plain.into_iter().zip(flushed))
                {
                    if plain.bits() != flushed.bits() {
                        check(name, other, x, plain, flushed);
                    }
                }
            }
        }
    }

    #[test]
    fn changes_nothing_in_f16() {
        differences::<f16>(|name, other, x, plain, flushed| {
            panic!("{name}({x:e}, {other:e}) is {plain:e}, and {flushed:e} with flushing");
        });
    }

    #[test]
    fn makes_zeros_of_subnormal_bf16_and_changes_nothing_else() {
        let is_subnormal = |x: bf16| !x.is_normal() && x.is_finite() && x != bf16::ZERO;
        differences::<bf16>(|name, other, x, plain, flushed| {
            // The smallest normal number may come of a product that is subnormal until it is
            // rounded.
            let is_small = is_subnormal(plain) || plain.abs() == bf16::MIN_POSITIVE;
            let flushes = is_small || is_subnormal(x) || is_subnormal(other);
            assert!(
                flushes,
                "{name}({x:e}, {other:e}) is {plain:e}, and {flushed:e} with flushing"
            );
            // elu(−0) is −0, whatever the sign of alpha.
            let sign = if name == "elu" { flushed } else { plain }.to_bits() & 0x8000;
            assert_eq!(flushed.to_bits(), sign, "{name}({x:e}, {other:e}) is {plain:e}");
        });
    }
}

fn every_form_agrees<T: Half>() {
    let xs: Vec<T> = (0..217_u32).map(|i| T::of((i * 40_503) as u16)).collect();
    for length in 0..=200 {
        for offset in 0..=16 {
            let x = &xs[offset..offset + length];
            let expected: Vec<u16> = x.iter().map(|&x| selu(x).bits()).collect();
            let mut in_place = x.to_vec();
            selu_slice(&mut in_place);
            let mut out_of_place = vec![T::zero(); length];
            selu_into(x, &mut out_of_place);
            for ys in [in_place, out_of_place] {
                let bits: Vec<u16> = ys.iter().map(|y| y.bits()).collect();
                assert_eq!(bits, expected, "{length} values from {offset}");
            }
        }
    }
}

#[test]
fn every_form_agrees_in_f16() {
    every_form_agrees::<f16>();
}

#[test]
fn every_form_agrees_in_bf16() {
    every_form_agrees::<bf16>();
}
