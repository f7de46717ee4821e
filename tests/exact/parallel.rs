//! The parallel functions give the results of the serial ones.

use crate::format::Format;
use crate::function::Function::{self, Elu, Selu};
use crate::panics::refusal;
use rayon::prelude::*;
use selu::{ScaledElu, par_selu_backward, par_selu_into, par_selu_slice};

/// Around the size from which threads are used, and a multiple of nothing.
const LENGTHS: [usize; 8] = [0, 1, 1000, 131_071, 131_072, 131_073, 262_145, 300_001];

fn assert_same<T: Format>(name: &str, actual: &[T], expected: &[T]) {
    let same = actual.iter().zip(expected).all(|(a, b)| a.pattern() == b.pattern());
    assert!(same && actual.len() == expected.len(), "{name} of {} values", expected.len());
}

fn assert_parallel_is_serial<T: Format>() {
    let number = |x| T::from(x).unwrap();
    let scaled = ScaledElu { alpha: number(-0.3), scale: number(1.7) };
    for function in [Selu, Elu(number(1.3)), Function::ScaledElu(scaled)] {
        for length in LENGTHS {
            let x: Vec<T> =
                (0..length).map(|i| number((i * 7919 % 10_007) as f64 / 500.0 - 15.0)).collect();
            let grad: Vec<T> = x.iter().rev().copied().collect();

            let mut serial = vec![T::zero(); length];
            function.into(&x, &mut serial);
            let mut parallel = vec![T::zero(); length];
            function.par_into(&x, &mut parallel);
            assert_same("into", &parallel, &serial);
            let mut in_place = x.clone();
            function.par_slice(&mut in_place);
            assert_same("slice", &in_place, &serial);

            let mut serial = grad.clone();
            function.backward(&x, &mut serial);
            let mut parallel = grad.clone();
            function.par_backward(&x, &mut parallel);
            assert_same("backward", &parallel, &serial);
            let mut parallel = vec![T::zero(); length];
            function.par_backward_into(&x, &grad, &mut parallel);
            assert_same("backward_into", &parallel, &serial);
        }
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
    let (message, _) = refusal(|| par_selu_into(&[1.0; 3], &mut [0.0; 2]));
    assert_eq!(message, "src has 3 values and dst has 2; the lengths must be equal");

    let mut grad = [7.0; 40_000];
    let (message, _) = refusal(|| par_selu_backward(&[1.0; 40_001], &mut grad));
    assert_eq!(message, "x has 40001 values and grad has 40000; the lengths must be equal");
    assert_eq!(grad, [7.0; 40_000]);
}

/// A task of the caller's that panics leaves the tasks beside it as they are: each slice is either
/// done or untouched.
#[test]
fn a_panic_beside_it_leaves_no_slice_half_done() {
    const LENGTH: usize = 140_000;
    let mut batches = vec![vec![-1.0_f32; LENGTH]; 16];
    let (message, _) = refusal(|| {
        batches.par_iter_mut().enumerate().for_each(|(i, batch)| {
            assert!(i != 7, "the neighbour panics");
            par_selu_slice(batch);
        });
    });
    assert_eq!(message, "the neighbour panics");
    let done = selu::selu(-1.0);
    for (i, batch) in batches.iter().enumerate() {
        let first = batch[0];
        assert!(first == done || first == -1.0, "batch {i} holds {first}");
        assert!(batch.iter().all(|&y| y == first), "batch {i} is half done");
    }
    assert_eq!(batches[7], vec![-1.0; LENGTH]);
    // The pool still works.
    par_selu_slice(&mut batches[7]);
    assert_eq!(batches[7], vec![done; LENGTH]);
}

/// What has been started is finished: the panic goes on only then.
#[test]
fn a_panic_beside_it_changes_no_result() {
    let x: Vec<f32> = (0..300_001).map(|i| (i % 10_007) as f32 / 500.0 - 15.0).collect();
    let mut expected = x.clone();
    selu::selu_slice(&mut expected);
    for _ in 0..10 {
        let mut xs = x.clone();
        let (message, _) = refusal(|| {
            rayon::join(|| par_selu_slice(&mut xs), || panic!("the neighbour panics"));
        });
        assert_eq!(message, "the neighbour panics");
        assert_same("slice", &xs, &expected);
    }
}
