//! One value gives one result: scalar, in place, out of place, at every length and alignment.

use num_traits::Float;
use selu::{selu, selu_backward, selu_grad, selu_into, selu_slice};
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

const LENGTHS: std::ops::RangeInclusive<usize> = 0..=200;
const OFFSETS: std::ops::RangeInclusive<usize> = 0..=16;

/// Values of both signs, all sizes, and the special ones, in an order that puts each of them at
/// every place of a vector.
fn values<T: Float>() -> Vec<T> {
    let special =
        [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-40, -1e-40, -1e30, 1e30];
    (0..LENGTHS.end() + OFFSETS.end() + 1)
        .map(|i| match i % 11 {
            0 => special[i / 11 % special.len()],
            _ => ((i * 37 % 101) as f64 - 60.0) / 8.0,
        })
        .map(|x| T::from(x).unwrap())
        .collect()
}

/// What a slice holds, so that NaN equals NaN and −0 differs from 0.
fn bits<T: Float>(xs: &[T]) -> Vec<(u64, i16, i8, bool)> {
    xs.iter()
        .map(|x| {
            let (mantissa, exponent, sign) =
                if x.is_nan() { (0, 0, 0) } else { x.integer_decode() };
            (mantissa, exponent, sign, x.is_nan())
        })
        .collect()
}

fn assert_every_form_agrees<T: Float + Debug>() {
    let values = values::<T>();
    let sentinel = T::from(42.5).unwrap();
    for length in LENGTHS {
        for offset in OFFSETS {
            let window = offset..offset + length;
            let x = &values[window.clone()];
            let mut expected = vec![sentinel; values.len()];
            for (y, &x) in expected[window.clone()].iter_mut().zip(x) {
                *y = selu(x);
            }

            let mut in_place = vec![sentinel; values.len()];
            in_place[window.clone()].copy_from_slice(x);
            selu_slice(&mut in_place[window.clone()]);
            assert_eq!(
                bits(&in_place),
                bits(&expected),
                "selu_slice, {length} values from {offset}"
            );

            let mut out_of_place = vec![sentinel; values.len()];
            selu_into(x, &mut out_of_place[window.clone()]);
            assert_eq!(
                bits(&out_of_place),
                bits(&expected),
                "selu_into, {length} values from {offset}"
            );

            // A gradient of 1 gives the derivative itself.
            let mut expected = vec![sentinel; values.len()];
            for (y, &x) in expected[window.clone()].iter_mut().zip(x) {
                *y = selu_grad(x);
            }
            let mut backward = vec![sentinel; values.len()];
            backward[window.clone()].fill(T::one());
            selu_backward(x, &mut backward[window]);
            assert_eq!(
                bits(&backward),
                bits(&expected),
                "selu_backward, {length} values from {offset}"
            );
        }
    }
}

#[test]
fn every_form_agrees_in_f32() {
    assert_every_form_agrees::<f32>();
}

#[test]
fn every_form_agrees_in_f64() {
    assert_every_form_agrees::<f64>();
}

/// The message of the panic and the line it blames.
fn refusal(call: impl FnOnce()) -> (String, u32) {
    static LINE: std::sync::Mutex<u32> = std::sync::Mutex::new(0);
    std::panic::set_hook(Box::new(|info| {
        *LINE.lock().unwrap() = info.location().map_or(0, |location| location.line());
    }));
    let payload = catch_unwind(AssertUnwindSafe(call)).expect_err("unequal lengths were accepted");
    drop(std::panic::take_hook());
    let message = payload.downcast_ref::<String>().cloned().unwrap_or_default();
    (message, *LINE.lock().unwrap())
}

#[test]
fn unequal_lengths_are_refused_before_anything_is_written() {
    let src = [-1.0_f32, 1.0, 2.0];
    for length in [0, 2, 4, 100] {
        let untouched = vec![7.0_f32; length];
        let mut dst = untouched.clone();

        let (message, line) = refusal(|| selu_into(&src, &mut dst));
        assert_eq!(line, line!() - 1, "the caller's line");
        assert_eq!(
            message,
            format!("selu_into: src has 3 values and dst has {length}; the lengths must be equal")
        );

        let (message, line) = refusal(|| selu_backward(&src, &mut dst));
        assert_eq!(line, line!() - 1, "the caller's line");
        assert_eq!(
            message,
            format!(
                "selu_backward: x has 3 values and grad has {length}; the lengths must be equal"
            )
        );

        assert_eq!(dst, untouched);
    }
}
