//! Types of at most two bytes: `f64`, rounded once by the type's own conversion, whatever its
//! `epsilon` is, and whichever functions it has.

use crate::{derivatives, functions, gradients, values};
use half::{bf16, f16};
use num_traits::Float;
use ordered_float::OrderedFloat;
use softposit::{P8E0, P16E1};
use std::fmt::Debug;

/// `number`, if it is the same for all `f64` next to this one, of which one is the exact value.
fn certain<T: Float>(nearest: f64, number: fn(f64) -> T) -> Option<T> {
    let [low, high] = [nearest.next_down(), nearest.next_up()].map(number);
    (low == high).then_some(low)
}

/// Tries all numbers.
pub fn assert_rounded_once<T: Float + Debug + Send + Sync>(
    all: impl Iterator<Item = T> + Clone,
    number: fn(f64) -> T,
) {
    for function in functions() {
        let mut uncertain = 0;
        let mut count = 0;
        for x in all.clone() {
            let at = x.to_f64().unwrap();
            let wide = function.map(|constant: T| constant.to_f64().unwrap());
            let grad = number(-0.75);
            let results = [
                (wide.value(at), values(function, x)),
                (wide.grad(at), derivatives(function, x)),
                (wide.gradient(at, grad.to_f64().unwrap()), gradients(function, x, grad)),
            ];
            for (nearest, results) in results {
                count += 1;
                match certain(nearest, number) {
                    Some(expected) => {
                        let is_right = |y: &T| *y == expected || y.is_nan() && expected.is_nan();
                        assert!(results.iter().all(is_right), "{function:?} at {at:e}");
                    }
                    None => uncertain += 1,
                }
            }
        }
        assert!(uncertain * 20 < count, "{uncertain} of {count} results of {function:?}");
    }
}

/// They have neither `exp_m1` nor an `epsilon` of their own.
#[test]
fn posits_are_rounded_once() {
    assert_rounded_once((0..=u8::MAX).map(P8E0::from_bits), P8E0::from);
    assert_rounded_once((0..=u16::MAX).map(P16E1::from_bits), P16E1::from);
    assert_eq!(selu::selu(P16E1::from(-1.0)), P16E1::from(selu::selu(-1.0_f64)));
}

#[test]
fn wrappers_of_16_bits_have_the_results_of_what_they_wrap() {
    fn assert_same<T: Float + Send + Sync>(of_bits: fn(u16) -> T)
    where
        OrderedFloat<T>: Float + Send + Sync,
    {
        for x in (0..=u16::MAX).map(of_bits) {
            for function in functions() {
                let is = |expected: T| {
                    move |y: &OrderedFloat<T>| y.0 == expected || y.0.is_nan() && expected.is_nan()
                };
                let grad = T::from(0.3).unwrap();
                assert!(
                    values(function.map(OrderedFloat), OrderedFloat(x))
                        .iter()
                        .all(is(function.value(x)))
                );
                assert!(
                    derivatives(function.map(OrderedFloat), OrderedFloat(x))
                        .iter()
                        .all(is(function.grad(x)))
                );
                let products =
                    gradients(function.map(OrderedFloat), OrderedFloat(x), OrderedFloat(grad));
                assert!(products.iter().all(is(function.gradient(x, grad))));
            }
            // Not the last, whose alpha is negative.
            for function in &functions()[..3] {
                let (mut narrow, mut wrapped) = ([T::one()], [OrderedFloat(T::one())]);
                function.backward_from_output(&[x], &mut narrow);
                function.map(OrderedFloat).backward_from_output(&[OrderedFloat(x)], &mut wrapped);
                assert!(wrapped[0].0 == narrow[0] || wrapped[0].0.is_nan() && narrow[0].is_nan());
            }
        }
    }
    assert_same(bf16::from_bits);
    assert_same(f16::from_bits);
}
