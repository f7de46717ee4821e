//! The parallel functions give the bits of the serial ones.

#![cfg(feature = "rayon")]

use num_traits::Float;
use selu::{par_selu_backward, par_selu_into, par_selu_slice, selu_backward, selu_into};
use std::fmt::Debug;
use std::panic::catch_unwind;

/// Around the size from which threads are used, and a multiple of nothing.
const LENGTHS: [usize; 8] = [0, 1, 1000, 32_767, 32_768, 32_769, 65_537, 300_001];

fn assert_parallel_is_serial<T: Float + Send + Sync + Debug>() {
    for length in LENGTHS {
        let x: Vec<T> = (0..length)
            .map(|i| {
                T::from(i * 7919 % 10_007).unwrap() / T::from(500.0).unwrap()
                    - T::from(15.0).unwrap()
            })
            .collect();
        let mut serial = vec![T::zero(); length];
        selu_into(&x, &mut serial);
        let mut parallel = vec![T::zero(); length];
        par_selu_into(&x, &mut parallel);
        assert!(parallel == serial, "par_selu_into of {length} values");
        let mut in_place = x.clone();
        par_selu_slice(&mut in_place);
        assert!(in_place == serial, "par_selu_slice of {length} values");

        let mut serial = x.iter().rev().copied().collect::<Vec<T>>();
        let mut parallel = serial.clone();
        selu_backward(&x, &mut serial);
        par_selu_backward(&x, &mut parallel);
        assert!(parallel == serial, "par_selu_backward of {length} values");
    }
}

#[test]
fn parallel_is_serial_in_f32() {
    assert_parallel_is_serial::<f32>();
}

#[test]
fn parallel_is_serial_in_f64() {
    assert_parallel_is_serial::<f64>();
}

#[test]
fn unequal_lengths_are_refused_before_anything_is_written() {
    let refusal = catch_unwind(|| par_selu_into(&[1.0; 3], &mut [0.0; 2])).unwrap_err();
    let message = refusal.downcast_ref::<String>().unwrap();
    assert_eq!(message, "par_selu_into: src has 3 values and dst has 2; the lengths must be equal");

    let mut grad = [7.0; 40_000];
    let refusal =
        catch_unwind(std::panic::AssertUnwindSafe(|| par_selu_backward(&[1.0; 40_001], &mut grad)))
            .unwrap_err();
    let message = refusal.downcast_ref::<String>().unwrap();
    assert_eq!(
        message,
        "par_selu_backward: x has 40001 values and grad has 40000; the lengths must be equal"
    );
    assert_eq!(grad, [7.0; 40_000]);
}
