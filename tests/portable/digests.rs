//! All results of `selu` and `selu_grad` for the types of 16 bits and a sample of those for `f32`,
//! as the committed digests of `tests/data/digests.txt`; with `--ignored` all results for `f32`.
//!
//! They are correctly rounded, so no platform has any choice; `tests/exact/exhaustive.rs` computes
//! the digests from the reference.

use crate::digest::{BLOCK, of_block, of_f32_block, take_in};
#[cfg(feature = "half")]
use crate::format::Format;
use crate::function::is_fused;
use selu::on_instruction_set::{self, InstructionSet, fast};
use selu::{selu, selu_grad};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

const COMMITTED: &str = include_str!("../data/digests.txt");

/// Blocks in all of `f32`, and from one in the sample to the next.
const BLOCKS: u32 = u32::MAX / BLOCK + 1;
const SAMPLE: u32 = 64;

/// Prints the digest of a function of all values of a type, on one instruction set or on any, and
/// compares it with the committed one.
fn assert_committed(function: &str, values: &str, set: Option<InstructionSet>, digest: u64) {
    let on = set.map_or(String::new(), |set| format!(", {set:?}"));
    // `stability.rs` prints such lines, too, for its own inputs of each type.
    let every = if values.ends_with("sample") { "" } else { "every-" };
    // Not every platform has those of the fast functions.
    let label = if function.starts_with("fast") { "fast" } else { "digest" };
    println!("{label}: {every}{values} {function} {digest:#018x}{on}");
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
        // The functions of `selu::fast` are the exact ones where there is no fused multiply-add.
        let name = |function: &str| {
            if is_fused(set) { format!("fast-{function}") } else { function.into() }
        };
        let selu = |xs: &mut [f32]| fast::selu_slice(set, xs);
        assert_committed(&name("selu"), values, Some(set), of_f32(step, selu));
        let grad = |xs: &mut [f32]| {
            let mut grads = vec![1.0; xs.len()];
            fast::selu_backward(set, xs, &mut grads);
            xs.copy_from_slice(&grads);
        };
        assert_committed(&name("selu_grad"), values, Some(set), of_f32(step, grad));
        if is_fused(set) {
            let elu = |xs: &mut [f32]| fast::elu_slice(set, xs, 1.0);
            assert_committed("fast-elu", values, Some(set), of_f32(step, elu));
        }
        println!("{set:?}: {:.1} s", start.elapsed().as_secs_f64());
    }
    let alone = |xs: &mut [f32]| xs.iter_mut().for_each(|x| *x = selu(*x));
    assert_committed("selu", values, None, of_f32(step, alone));
    let alone = |xs: &mut [f32]| xs.iter_mut().for_each(|x| *x = selu_grad(*x));
    assert_committed("selu_grad", values, None, of_f32(step, alone));
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
fn each_value<T: Format + Into<f32>>() {
    let all: Vec<T> = (0..1 << 16).map(T::from_pattern).collect();
    let assert_committed = |function: &str, set, results: &[T]| {
        let block = of_block(|first, piece| {
            for (result, &y) in piece.iter_mut().zip(&results[first as usize..]) {
                *result = y.into();
            }
        });
        assert_committed(function, T::NAME, set, take_in(0, block));
    };
    for set in InstructionSet::available() {
        let mut results = all.clone();
        on_instruction_set::selu_slice(set, &mut results);
        assert_committed("selu", Some(set), &results);
        let mut results = vec![T::one(); all.len()];
        on_instruction_set::selu_backward(set, &all, &mut results);
        assert_committed("selu_grad", Some(set), &results);
    }
    let alone = |function: fn(T) -> T| all.iter().map(|&x| function(x)).collect::<Vec<T>>();
    assert_committed("selu", None, &alone(selu));
    assert_committed("selu_grad", None, &alone(selu_grad));
}

#[cfg(feature = "half")]
#[test]
fn every_value_of_16_bits_has_the_committed_digest() {
    each_value::<half::f16>();
    each_value::<half::bf16>();
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
