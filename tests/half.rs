//! The types of 16 bits: all 65,536 values of each, on every instruction set of this CPU.

#![cfg(feature = "half")]

mod reference;

use half::{bf16, f16};
use num_traits::Float;
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

/// A function of two arguments can come so close to the middle between two numbers that 53 bits
/// do not tell.
const TWO_ARGUMENTS: f64 = 0.500001;

/// Checks a result against the exact value, which must be finite and not 0.
fn assert_rounded<T: Half>(name: &str, bound: f64, x: T, y: T, exact: Exact) {
    if y.is_infinite() {
        // From half a last place above the largest number on.
        let (next_power, digits) = if T::DIGITS == 8 { (128, 8) } else { (16, 11) };
        let threshold = 2f64.powi(next_power) - 2f64.powi(next_power - digits - 1);
        assert!(exact.to_f64().value().abs() >= threshold, "{name}({x:e}) overflows");
    } else {
        let error = ulp_error(y, &exact);
        assert!(
            error <= bound,
            "{name}({x:e}) is {y:e}, which is {error} ULP off (bits {:#06x})",
            x.bits()
        );
    }
}

fn selu_is_correctly_rounded<T: Half>() {
    let xs = all::<T>();
    for &set in InstructionSet::ALL {
        if !set.is_supported() {
            println!("SKIPPED {set:?}: this CPU does not have it");
            continue;
        }
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
                assert_rounded("selu", 0.5, x, y, reference::selu(wide));
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
            assert_rounded("selu_grad", 0.5, x, y, reference::selu_grad(wide));
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

fn elu_rounds_once<T: Half>() {
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
                assert_rounded("elu", TWO_ARGUMENTS, x, y, reference::elu(wide, alpha.into()));
            }
        }
    }
    assert_eq!(elu(T::zero(), T::infinity()).bits(), 0);
}

#[test]
fn elu_f16_rounds_once() {
    elu_rounds_once::<f16>();
}

#[test]
fn elu_bf16_rounds_once() {
    elu_rounds_once::<bf16>();
    // exp(x) − 1 in bf16 gives 0.
    assert_eq!(f32::from(elu(bf16::from_f32(-0.001), bf16::ONE)), -0.0009994507);
}

fn selu_backward_rounds_the_product_once<T: Half>() {
    let xs = all::<T>();
    for grad in [1.0, -0.3, 1e-7, 6e4].map(T::nearest) {
        let mut grads = vec![grad; xs.len()];
        selu_backward(&xs, &mut grads);
        for &set in InstructionSet::ALL.iter().filter(|set| set.is_supported()) {
            let mut same = vec![grad; xs.len()];
            on_instruction_set::selu_backward(set, &xs, &mut same);
            assert!(same.iter().zip(&grads).all(|(a, b)| a.bits() == b.bits()), "{set:?} differs");
        }
        for (&x, &y) in xs.iter().zip(&grads) {
            let wide: f64 = x.into();
            if x.is_nan() {
                assert!(y.is_nan());
            } else if wide == f64::INFINITY {
                assert_rounded(
                    "selu_backward",
                    TWO_ARGUMENTS,
                    x,
                    y,
                    reference::exact(grad) * reference::selu_grad(0.0),
                );
            } else if wide > -400.0 {
                assert_rounded(
                    "selu_backward",
                    TWO_ARGUMENTS,
                    x,
                    y,
                    reference::exact(grad) * reference::selu_grad(wide),
                );
            } else {
                assert!(y.is_zero());
            }
        }
    }
}

#[test]
fn selu_backward_f16_rounds_the_product_once() {
    selu_backward_rounds_the_product_once::<f16>();
}

#[test]
fn selu_backward_bf16_rounds_the_product_once() {
    selu_backward_rounds_the_product_once::<bf16>();
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
