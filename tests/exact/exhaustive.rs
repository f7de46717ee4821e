//! The proof of correct rounding: all 2³² values of `f32`, on every instruction set of this CPU.
//!
//! ```text
//! cargo test --release --test exact -- exhaustive:: --ignored --nocapture
//! ```

use crate::digest::{BLOCK, of_f32_block, take_in};
use crate::every_f32::{Expected, Tally, try_all};
use rayon::prelude::*;
use selu::on_instruction_set::{self, InstructionSet};
use selu::selu_grad;

fn assert_none_is_wrong(name: &str, tally: &Tally) {
    println!("{name}: {} wrong of 2^32, largest error {:.9} ULP", tally.wrong, tally.worst.error);
    if let Some((x, y, rounded)) = tally.example {
        let [x_bits, y_bits, rounded_bits] = [x, y, rounded].map(f32::to_bits);
        panic!(
            "{name}({x:e}) is {y:e}, not {rounded:e} \
             (bits {x_bits:#010x}: {y_bits:#010x}, not {rounded_bits:#010x})"
        );
    }
}

#[test]
#[ignore = "tries 2^32 values per instruction set; a few minutes in release mode"]
fn selu_is_correctly_rounded_for_every_f32() {
    for set in InstructionSet::available() {
        let name = format!("selu on {set:?}");
        let selu = |x: &[f32], y: &mut [f32]| {
            on_instruction_set::selu_into(set, x, y);
            // One value alone, and so the last ones of a slice, may take another way.
            for (x, y) in x.chunks(3).zip(y.chunks(3)) {
                let mut alone = [0.0; 3];
                let alone = &mut alone[..x.len()];
                on_instruction_set::selu_into(set, x, alone);
                let pairs = alone.iter().zip(y);
                let is_same = pairs.map(|(a, b)| a == b || a.is_nan() && b.is_nan());
                assert!(is_same.fold(true, |all, same| all & same), "{x:?} on {set:?}");
            }
        };
        assert_none_is_wrong(&name, &try_all(&name, Expected::is_nearest, selu, Expected::selu));
    }
}

#[test]
#[ignore = "tries 2^32 values; a minute in release mode"]
fn selu_grad_is_correctly_rounded_for_every_f32() {
    let grad = |x: &[f32], y: &mut [f32]| {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = selu_grad(x);
        }
    };
    let tally = try_all("selu_grad", Expected::is_nearest, grad, Expected::selu_grad);
    assert_none_is_wrong("selu_grad", &tally);
}

/// So that the digests of `tests/portable/digests.rs` do not depend on the crate.
#[test]
#[ignore = "computes 2^32 values per function from the reference; two minutes in release mode"]
fn the_correctly_rounded_values_of_f32_have_the_committed_digests() {
    fn assert_committed(name: &str, expected: fn(f32) -> Expected) {
        let function = |xs: &mut [f32]| xs.iter_mut().for_each(|x| *x = expected(*x).rounded);
        let blocks = (0..=u32::MAX / BLOCK).into_par_iter();
        let digests: Vec<u64> = blocks.map(|block| of_f32_block(block, function)).collect();
        let line = format!("{name}-f32 {:016x}", digests.into_iter().fold(0, take_in));
        println!("{line}");
        let mut committed = include_str!("../data/digests.txt").lines();
        assert!(committed.any(|committed| committed == line), "{line} is not committed");
    }
    assert_committed("selu", Expected::selu);
    assert_committed("selu_grad", Expected::selu_grad);
}
