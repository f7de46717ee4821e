//! The results of a CPU as digests, one a line.

#![no_std]

#[path = "../../tests/common/digest.rs"]
mod digest;
#[allow(dead_code, reason = "each takes what it needs")]
#[path = "../../tests/reference/random.rs"]
mod random;

use core::fmt::{self, Write};
use digest::{of_block, of_f32_block, of_words, take_in};
use half::{bf16, f16};
use rand::SeedableRng;
use rand::distr::Distribution;
use rand::rngs::Xoshiro256PlusPlus;
use random::Random;
use selu::num_traits::Float;
use selu::{AlphaDropout, LecunNormal, ScaledElu};
use selu::{elu, elu_backward, elu_grad, elu_slice};
use selu::{selu, selu_backward, selu_backward_from_output};
use selu::{selu_grad, selu_into, selu_slice};

/// Values at a time, neither one nor a multiple of a block.
const LENGTH: usize = 37;

/// Writes all digests; the first six are lines of `tests/data/digests.txt`, too.
pub fn write_all(out: &mut impl Write) -> fmt::Result {
    every_value(out, "f16", f16::from_bits)?;
    every_value(out, "bf16", bf16::from_bits)?;
    sample(out, "selu-f32-sample", 64, selu_slice)?;
    sample(out, "selu_grad-f32-sample", 64, |xs| each(xs, selu_grad))?;
    sample(out, "selu, f32, a smaller sample", 3001, |xs| each(xs, selu))?;
    sample(out, "elu, f32, a smaller sample", 3001, |xs| elu_slice(xs, 0.7))?;
    sample(out, "elu_grad, f32, a smaller sample", 3001, |xs| each(xs, |x| elu_grad(x, 0.7)))?;
    any_arguments(out, "f32", |bits| f32::from_bits(bits as u32), |x| x.to_bits().into())?;
    any_arguments(out, "f64", f64::from_bits, f64::to_bits)?;
    any_arguments(out, "f16", |bits| f16::from_bits(bits as u16), |x| x.to_bits().into())?;
    any_arguments(out, "bf16", |bits| bf16::from_bits(bits as u16), |x| x.to_bits().into())?;
    companions(out)
}

fn every_value<T: Float + Into<f32>>(
    out: &mut impl Write,
    name: &str,
    of_bits: fn(u16) -> T,
) -> fmt::Result {
    for (function, f) in [("selu", selu as fn(T) -> T), ("selu_grad", selu_grad)] {
        let digest = of_block(|first, results| {
            for (bits, result) in (first..).zip(results) {
                *result = f(of_bits(bits as u16)).into();
            }
        });
        writeln!(out, "{function}-{name} {:016x}", take_in(0, digest))?;
    }
    Ok(())
}

/// Every `step`th block of 2¹⁶ values.
fn sample(
    out: &mut impl Write,
    name: &str,
    step: usize,
    function: impl Fn(&mut [f32]),
) -> fmt::Result {
    let blocks = (0..1 << 16).step_by(step);
    let digest = blocks.fold(0, |digest, block| take_in(digest, of_f32_block(block, &function)));
    writeln!(out, "{name} {digest:016x}")
}

fn each(xs: &mut [f32], f: impl Fn(f32) -> f32) {
    for x in xs {
        *x = f(*x);
    }
}

/// Every function, of random bits and of special values. All NaN count as one.
fn any_arguments<T: Float + Default>(
    out: &mut impl Write,
    name: &str,
    of_bits: impl Fn(u64) -> T,
    bits: impl Fn(T) -> u64,
) -> fmt::Result {
    let random = &mut Random(0x5e10);
    let ten = T::from(10.0).expect("a number");
    let special = [
        T::nan(),
        T::infinity(),
        T::neg_infinity(),
        T::zero(),
        -T::zero(),
        T::one(),
        -T::one(),
        -ten,
        T::min_positive_value(),
        -T::min_positive_value(),
        T::max_value(),
        T::min_value(),
    ];
    let mut digest = 0;
    for round in 0..200 {
        let mut any = || match random.below(4) {
            0 => random.one_of(&special),
            1 => of_bits(random.bits()),
            _ => T::from(8.0 * random.uniform() - 6.0).expect("a number"),
        };
        let mut draw = || core::array::from_fn::<T, LENGTH, _>(|_| any());
        let (xs, grads) = (draw(), draw());
        let [alpha, scale, ..] = draw();
        let (xs, grads) = (&xs[round % LENGTH..], &grads[round % LENGTH..]);
        let mut take = |y: T| digest = take_in(digest, if y.is_nan() { !0 } else { bits(y) });
        let function = ScaledElu { alpha, scale };
        let mut all = [T::zero(); LENGTH];
        let results = &mut all[..xs.len()];

        selu_into(xs, results);
        results.iter().copied().for_each(&mut take);
        results.copy_from_slice(grads);
        selu_backward(xs, results);
        results.iter().copied().for_each(&mut take);
        results.copy_from_slice(grads);
        selu_backward_from_output(xs, results);
        results.iter().copied().for_each(&mut take);
        function.apply_into(xs, results);
        results.iter().copied().for_each(&mut take);
        results.copy_from_slice(grads);
        function.backward(xs, results);
        results.iter().copied().for_each(&mut take);
        results.copy_from_slice(grads);
        elu_backward(xs, results, alpha);
        results.iter().copied().for_each(&mut take);
        for &x in xs {
            for y in [selu(x), selu_grad(x), elu(x, alpha), elu_grad(x, alpha), function.apply(x)] {
                take(y);
            }
        }
    }
    writeln!(out, "all functions, {name}, any arguments {digest:016x}")
}

fn companions(out: &mut impl Write) -> fmt::Result {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let weights = LecunNormal::new(64).expect("a fan-in");
    let mut values = [0_f32; 1000];
    values.fill_with(|| weights.sample(&mut rng));
    let bits = |values: &[f32]| of_words(values.iter().map(|x| x.to_bits().into()));
    writeln!(out, "LecunNormal {:016x}", bits(&values))?;
    let dropout = AlphaDropout::new(0.1).expect("a rate");
    dropout.apply_slice(&mut rng, &mut values);
    writeln!(out, "AlphaDropout {:016x}", bits(&values))
}
