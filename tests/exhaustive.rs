//! The proof of correct rounding: all 2³² values of `f32`, on every instruction set of this CPU.
//!
//! ```text
//! cargo test --release --test exhaustive -- --ignored --nocapture
//! ```

mod reference;

use indicatif::{ParallelProgressIterator, ProgressBar, ProgressStyle};
use rayon::prelude::*;
use reference::Exact;
use selu::consts::f64::{SCALE, SCALE_ALPHA};
use selu::on_instruction_set::{self, InstructionSet};
use selu::selu_grad;

/// Values per unit of work.
const CHUNK: u32 = 1 << 18;

/// The correctly rounded value of a function whose `f64` approximation has a relative error below
/// 2⁻⁴⁵: where all of that interval rounds to one `f32`, it is that one. Where not (once in a
/// million values), 160 bits decide.
fn correctly_rounded(approximation: f64, exact: impl FnOnce() -> Exact) -> f32 {
    const ERROR: f64 = 1.0 / (1_u64 << 45) as f64;
    let low = (approximation * (1.0 - ERROR)) as f32;
    let high = (approximation * (1.0 + ERROR)) as f32;
    if low == high {
        return low;
    }
    let exact = exact();
    let low_is_nearer = reference::ulp_error(low, &exact) < reference::ulp_error(high, &exact);
    if low_is_nearer { low } else { high }
}

/// The standard library's `exp_m1` and `exp` of `f64` are good to about 2⁻⁵² wherever they come
/// from; the reference trusts them to 2⁻⁴⁵ only.
fn reference_selu(x: f32) -> f32 {
    let x = f64::from(x);
    if x == 0.0 || x.is_infinite() && x > 0.0 || x.is_nan() {
        return x as f32;
    }
    let approximation = if x > 0.0 {
        SCALE * x
    } else {
        SCALE_ALPHA * x.exp_m1()
    };
    correctly_rounded(approximation, || reference::selu(x))
}

fn reference_selu_grad(x: f32) -> f32 {
    let x = f64::from(x);
    if x.is_nan() {
        return x as f32;
    }
    let approximation = if x >= 0.0 {
        SCALE
    } else {
        SCALE_ALPHA * x.exp()
    };
    correctly_rounded(approximation, || reference::selu_grad(x))
}

/// Tries `function`, which maps a slice to a slice, on all `f32`.
fn assert_all_correctly_rounded(
    name: &str,
    function: impl Fn(&[f32], &mut [f32]) + Sync,
    reference: impl Fn(f32) -> f32 + Sync,
) {
    let style =
        ProgressStyle::with_template("{msg} {wide_bar} {percent} % {eta}").expect("a template");
    let bar = ProgressBar::new(u64::from(u32::MAX / CHUNK + 1))
        .with_style(style)
        .with_message(name.to_owned());
    let wrong: Vec<(f32, f32, f32)> = (0..=u32::MAX / CHUNK)
        .into_par_iter()
        .progress_with(bar)
        .flat_map_iter(|chunk| {
            let first = chunk * CHUNK;
            let x: Vec<f32> = (first..=first + (CHUNK - 1)).map(f32::from_bits).collect();
            let mut y = vec![0.0; x.len()];
            function(&x, &mut y);
            let reference = &reference;
            x.into_iter().zip(y).filter_map(move |(x, y)| {
                let expected = reference(x);
                let agrees = y.to_bits() == expected.to_bits() || y.is_nan() && expected.is_nan();
                (!agrees).then_some((x, y, expected))
            })
        })
        .collect();
    println!("{name}: {} wrong of 2^32", wrong.len());
    if let Some((x, y, expected)) = wrong.first() {
        panic!(
            "{name}({x:e}) is {y:e}, not {expected:e} (bits {:#010x}: {:#010x}, not {:#010x})",
            x.to_bits(),
            y.to_bits(),
            expected.to_bits()
        );
    }
}

#[test]
#[ignore = "tries 2^32 values per instruction set; takes minutes in release mode"]
fn selu_is_correctly_rounded_for_every_f32() {
    for &set in InstructionSet::ALL {
        if set.is_supported() {
            assert_all_correctly_rounded(
                &format!("selu on {set:?}"),
                |x, y| on_instruction_set::selu_into(set, x, y),
                reference_selu,
            );
        } else {
            println!("SKIPPED selu on {set:?}: this CPU does not have it");
        }
    }
}

#[test]
#[ignore = "tries 2^32 values; takes minutes in release mode"]
fn selu_grad_is_correctly_rounded_for_every_f32() {
    assert_all_correctly_rounded(
        "selu_grad",
        |x, y| y.iter_mut().zip(x).for_each(|(y, &x)| *y = selu_grad(x)),
        reference_selu_grad,
    );
}
