//! All results of the 16-bit types and a sample of those of `f32`, as the committed digests of
//! `tests/data/digests.txt`; with `--ignored` all results of `f32`.
//!
//! `tests/digests.rs` says the same of this machine. This needs no more than the crate and a standard
//! library, and so runs wherever those can be had.

#[path = "../../tests/reference/digest.rs"]
mod digest;
#[path = "../../tests/reference/function.rs"]
mod function;

use digest::{BLOCK, of_f32_block, take_in};
use function::is_fused;
use selu::on_instruction_set::{self, InstructionSet};
use selu::selu_grad;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

const COMMITTED: &str = include_str!("../../tests/data/digests.txt");

/// Blocks in all of `f32`, and from one in the sample to the next.
const BLOCKS: u32 = u32::MAX / BLOCK + 1;
const SAMPLE: u32 = 64;

/// Prints the digest of a function of all values of a type, on one instruction set or on any, and
/// compares it with the committed one.
fn assert_committed(function: &str, values: &str, set: Option<InstructionSet>, digest: u64) {
    let on = set.map_or(String::new(), |set| format!(", {set:?}"));
    // `stability.rs` prints such lines, too, for its own inputs of each type.
    let every = if values.ends_with("sample") { "" } else { "every-" };
    println!("digest: {every}{values} {function} {digest:#018x}{on}");
    let line = format!("{function}-{values} {digest:016x}");
    assert!(COMMITTED.lines().any(|committed| committed == line), "{line} is not committed");
}

/// The digest of every `step`th block, computed on all cores.
fn of_f32(step: u32, function: impl Fn(&mut [f32]) + Sync) -> u64 {
    let count = BLOCKS / step;
    let next = AtomicU32::new(0);
    let work = || {
        let mut digests = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= count {
                return digests;
            }
            digests.push((i, of_f32_block(i * step, &function)));
        }
    };
    let mut digests = if cfg!(target_family = "wasm") {
        work()
    } else {
        let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
        thread::scope(|scope| {
            let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        })
    };
    digests.sort_unstable();
    digests.into_iter().fold(0, |digest, (_, block)| take_in(digest, block))
}

/// The functions of `selu::fast`, which are the exact ones where there is no fused multiply-add.
fn assert_fast_committed(step: u32, values: &str, set: InstructionSet) {
    let selu = |xs: &mut [f32]| on_instruction_set::fast::selu_slice(set, xs);
    let grad = |xs: &mut [f32]| {
        let mut grads = vec![1.0; xs.len()];
        on_instruction_set::fast::selu_backward(set, xs, &mut grads);
        xs.copy_from_slice(&grads);
    };
    let fast = if is_fused(set) { "fast-" } else { "" };
    for (function, digest) in [("selu", of_f32(step, selu)), ("selu_grad", of_f32(step, grad))] {
        let line = format!("{fast}{function}-{values} {digest:016x}");
        println!("{line}, {set:?}");
        assert!(COMMITTED.lines().any(|committed| committed == line), "{line} is not committed");
    }
}

fn each_f32(step: u32, values: &str) {
    for set in InstructionSet::available() {
        let start = Instant::now();
        let selu = |xs: &mut [f32]| on_instruction_set::selu_slice(set, xs);
        assert_committed("selu", values, Some(set), of_f32(step, selu));
        // A gradient of 1 gives the derivative itself.
        let grad = |xs: &mut [f32]| {
            let mut grads = vec![1.0; xs.len()];
            on_instruction_set::selu_backward(set, xs, &mut grads);
            xs.copy_from_slice(&grads);
        };
        assert_committed("selu_grad", values, Some(set), of_f32(step, grad));
        assert_fast_committed(step, values, set);
        println!("{set:?}: {:.1} s", start.elapsed().as_secs_f64());
    }
    let grad = |xs: &mut [f32]| xs.iter_mut().for_each(|x| *x = selu_grad(*x));
    assert_committed("selu_grad", values, None, of_f32(step, grad));
}

#[test]
fn a_sample_of_f32_has_the_committed_digests() {
    each_f32(SAMPLE, "f32-sample");
}

#[test]
#[ignore = "computes 2^32 values twice per instruction set"]
fn every_f32_has_the_committed_digests() {
    each_f32(1, "f32");
}

#[cfg(feature = "half")]
mod half {
    use super::{InstructionSet, assert_committed, on_instruction_set};
    use crate::digest::{of_block, take_in};
    use ::half::{bf16, f16};
    use num_traits::Float;

    fn each_value<T: Float + Into<f32>>(values: &str, of_bits: fn(u16) -> T) {
        let all: Vec<T> = (0..=u16::MAX).map(of_bits).collect();
        let digest = |results: &[T]| {
            let block = of_block(|first, piece| {
                let first = first as usize;
                for (result, &y) in piece.iter_mut().zip(&results[first..]) {
                    *result = y.into();
                }
            });
            take_in(0, block)
        };
        for set in InstructionSet::available() {
            let mut results = all.clone();
            on_instruction_set::selu_slice(set, &mut results);
            assert_committed("selu", values, Some(set), digest(&results));
            let mut results = vec![T::one(); all.len()];
            on_instruction_set::selu_backward(set, &all, &mut results);
            assert_committed("selu_grad", values, Some(set), digest(&results));
        }
        let results: Vec<T> = all.iter().map(|&x| selu::selu(x)).collect();
        assert_committed("selu", values, None, digest(&results));
        let results: Vec<T> = all.iter().map(|&x| selu::selu_grad(x)).collect();
        assert_committed("selu_grad", values, None, digest(&results));
    }

    #[test]
    fn every_f16_has_the_committed_digests() {
        each_value("f16", f16::from_bits);
    }

    #[test]
    fn every_bf16_has_the_committed_digests() {
        each_value("bf16", bf16::from_bits);
    }
}
