//! Any bits, in slices of any length at any offset, with any constants: no form of a function panics,
//! none writes outside its slice, and each gives what one value alone gives.

#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;
#[path = "../../tests/reference/format.rs"]
#[allow(dead_code, reason = "the tests take the rest")]
mod format;
#[path = "../../tests/reference/random.rs"]
#[allow(dead_code, reason = "the tests take the rest")]
mod random;

use case::Case;
use common::*;
use format::Format;
use function::Function;
use half::{bf16, f16};
use libfuzzer_sys::fuzz_target;
use selu::ScaledElu;

/// The next number.
fn take<T: Format>(bytes: &mut impl Iterator<Item = u8>) -> Option<T> {
    let bits = (0..T::BYTES).try_fold(0, |bits, _| Some(bits << 8 | u64::from(bytes.next()?)));
    bits.map(T::from_pattern)
}

/// Too short an input is none.
fn assert_forms<T: Format>(bytes: &mut impl Iterator<Item = u8>) -> Option<()> {
    let offset = usize::from(bytes.next()? % 32);
    let scaled = ScaledElu { alpha: take::<T>(bytes)?, scale: take(bytes)? };
    let mut arguments = Vec::new();
    while let (Some(x), Some(grad)) = (take::<T>(bytes), take::<T>(bytes)) {
        arguments.push((x, grad));
    }
    let (xs, grads): (Vec<T>, Vec<T>) = arguments.into_iter().unzip();
    for function in [Function::Selu, Function::Elu(scaled.alpha), Function::ScaledElu(scaled)] {
        let window = offset.min(xs.len())..xs.len();
        Case::new(function, xs.clone(), grads.clone()).try_window(window);
    }

    // What holds whatever the bits.
    for &x in &xs {
        let y = selu::selu(x);
        assert_eq!(y.is_nan(), x.is_nan(), "selu({x:?}) = {y:?}");
        if !x.is_nan() {
            assert_eq!(y.is_sign_negative(), x.is_sign_negative(), "selu({x:?}) = {y:?}");
            let slope = selu::selu_grad(x);
            assert!(slope >= T::zero(), "selu_grad({x:?}) = {slope:?}");
        }
    }
    Some(())
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, bytes)) = data.split_first() else { return };
    let bytes = &mut bytes.iter().copied();
    let _ = match kind % 4 {
        0 => assert_forms::<f32>(bytes),
        1 => assert_forms::<f64>(bytes),
        2 => assert_forms::<f16>(bytes),
        _ => assert_forms::<bf16>(bytes),
    };
});
