//! All results of `selu` and `selu_grad` for the types of 16 and 32 bits, as committed digests.
//!
//! They are correctly rounded, so no platform has any choice. By default a sample of `f32` is
//! computed, every 64th block of 2¹⁶ values; all of them by
//!
//! ```text
//! cargo test --release --features half --test digests -- --ignored --nocapture
//! ```
//!
//! Each test prints its lines of `tests/data/digests.txt`.

#[path = "reference/digest.rs"]
mod digest;
#[path = "reference/every_f32.rs"]
mod every_f32;
#[path = "reference/function.rs"]
mod function;
mod reference;

use digest::{BLOCK, of_block, of_f32_block, take_in};
use every_f32::Expected;
use function::is_fused;
use rayon::prelude::*;
use selu::on_instruction_set::{self, InstructionSet};
use selu::selu_grad;

const COMMITTED: &str = include_str!("data/digests.txt");

/// Blocks in all of `f32`, and from one in the sample to the next.
const BLOCKS: u32 = u32::MAX / BLOCK + 1;
const SAMPLE: usize = 64;

fn assert_committed(name: &str, digest: u64) {
    let line = format!("{name} {digest:016x}");
    println!("{line}");
    assert!(
        COMMITTED.lines().any(|committed| committed == line),
        "{line} is not the committed one"
    );
}

/// Computes every `step`th block on all cores.
fn of_f32(step: usize, function: impl Fn(&mut [f32]) + Sync) -> u64 {
    let blocks = (0..BLOCKS).into_par_iter().step_by(step);
    let digests: Vec<u64> = blocks.map(|block| of_f32_block(block, &function)).collect();
    digests.into_iter().fold(0, take_in)
}

/// Without fused multiply-add, the fast functions are the exact ones.
fn fast_name(set: InstructionSet, function: &str, values: &str) -> String {
    let fast = if is_fused(set) { "fast-" } else { "" };
    format!("{fast}{function}-{values}")
}

fn each_f32(step: usize, name: &str) {
    for set in InstructionSet::available() {
        println!("{set:?}");
        let selu = |xs: &mut [f32]| on_instruction_set::selu_slice(set, xs);
        assert_committed(&format!("selu-{name}"), of_f32(step, selu));
        let fast = |xs: &mut [f32]| on_instruction_set::fast::selu_slice(set, xs);
        assert_committed(&fast_name(set, "selu", name), of_f32(step, fast));
        let grad = |xs: &mut [f32]| {
            let mut grads = vec![1.0; xs.len()];
            on_instruction_set::fast::selu_backward(set, xs, &mut grads);
            xs.copy_from_slice(&grads);
        };
        assert_committed(&fast_name(set, "selu_grad", name), of_f32(step, grad));
        if is_fused(set) {
            let elu = |xs: &mut [f32]| on_instruction_set::fast::elu_slice(set, xs, 1.0);
            assert_committed(&fast_name(set, "elu", name), of_f32(step, elu));
        }
    }
    let grad = |xs: &mut [f32]| xs.iter_mut().for_each(|x| *x = selu_grad(*x));
    assert_committed(&format!("selu_grad-{name}"), of_f32(step, grad));
}

#[test]
fn a_sample_of_f32_has_the_committed_digests() {
    each_f32(SAMPLE, "f32-sample");
}

#[test]
#[ignore = "computes 2^32 values per function and instruction set; half a minute in release mode"]
fn every_f32_has_the_committed_digests() {
    each_f32(1, "f32");
}

/// So the committed digests do not depend on the crate.
#[test]
#[ignore = "computes 2^32 values per function from the reference; two minutes in release mode"]
fn the_correctly_rounded_values_have_the_committed_digests() {
    let replace_by = |expected: fn(f32) -> Expected| {
        move |xs: &mut [f32]| xs.iter_mut().for_each(|x| *x = expected(*x).rounded)
    };
    assert_committed("selu-f32", of_f32(1, replace_by(Expected::selu)));
    assert_committed("selu_grad-f32", of_f32(1, replace_by(Expected::selu_grad)));
}

#[cfg(feature = "half")]
mod half {
    use super::*;
    use ::half::{bf16, f16};
    use selu::selu;

    fn each_value<T: Into<f32>>(name: &str, of_bits: fn(u16) -> T, function: fn(T) -> T) {
        let digest = of_block(|first, results| {
            for (bits, result) in (first..).zip(results) {
                *result = function(of_bits(bits as u16)).into();
            }
        });
        assert_committed(name, take_in(0, digest));
    }

    #[test]
    fn every_f16_has_the_committed_digests() {
        each_value("selu-f16", f16::from_bits, selu);
        each_value("selu_grad-f16", f16::from_bits, selu_grad);
    }

    #[test]
    fn every_bf16_has_the_committed_digests() {
        each_value("selu-bf16", bf16::from_bits, selu);
        each_value("selu_grad-bf16", bf16::from_bits, selu_grad);
    }
}

/// The digest of a block of ones, but for the given results.
fn of_ones_but(exceptions: &[(u32, f32)]) -> u64 {
    of_block(|first, results| {
        for (position, result) in (first..).zip(results) {
            let exception = exceptions.iter().find(|exception| exception.0 == position);
            *result = exception.map_or(1.0, |exception| exception.1);
        }
    })
}

#[test]
fn a_digest_tells_apart_what_differs() {
    let next = 1_f32.next_up();
    let different = [
        of_ones_but(&[]),
        of_ones_but(&[(0, next)]),
        of_ones_but(&[(0, f32::NAN)]),
        of_ones_but(&[(BLOCK - 1, next)]),
        // In one lane …
        of_ones_but(&[(32, next)]),
        of_ones_but(&[(0, next), (32, 1_f32.next_down())]),
        of_ones_but(&[(0, -1.0)]),
        of_ones_but(&[(0, -1.0), (32, -1.0)]),
        // … and in two.
        of_ones_but(&[(1, next)]),
        of_ones_but(&[(0, -1.0), (1, -1.0)]),
    ];
    for (i, digest) in different.iter().enumerate() {
        assert!(!different[..i].contains(digest), "number {i} is like one before");
    }
    let [a, b, ..] = different;
    assert_ne!(take_in(take_in(0, a), b), take_in(take_in(0, b), a));
}

#[test]
fn a_digest_takes_all_nan_for_one() {
    let payload = f32::from_bits(0xff80_0001);
    assert_eq!(of_ones_but(&[(5, f32::NAN)]), of_ones_but(&[(5, payload)]));
}
