//! No bits, no length and no size make any function panic or write beside its slice.

#[path = "reference/format.rs"]
mod format;
#[path = "reference/function.rs"]
mod function;
#[path = "reference/random.rs"]
mod random;

use format::Format;
use function::Function::{self, Elu, FastElu, FastSelu, Selu};
use random::Random;
use selu::ScaledElu;

/// Any bits at all.
fn any<T: Format>(random: &mut Random) -> T {
    T::from_pattern(random.bits() >> (64 - 8 * T::BYTES))
}

/// Tries all forms with random bits. Each writes into the middle of `buffer`, which ends one value
/// after it.
fn try_length<T: Format>(random: &mut Random, length: usize) {
    let guard = T::from(-0.625).unwrap();
    let mut arguments = || -> Vec<T> { (0..length).map(|_| any(random)).collect() };
    let (x, grads) = (arguments(), arguments());
    let scaled = ScaledElu { alpha: any(random), scale: any(random) };
    let fast = [FastSelu, FastElu(any(random)), FastElu(T::from(0.3).unwrap())];
    for function in [Selu, Elu(any(random)), Function::ScaledElu(scaled)].into_iter().chain(fast) {
        let expected: Vec<T> = x.iter().map(|&x| function.value(x)).collect();
        let products: Vec<T> =
            x.iter().zip(&grads).map(|(&x, &grad)| function.gradient(x, grad)).collect();
        let check = |before: &[T], after: &[T], form: &dyn Fn(&mut [T])| {
            let guarded = |values: &[T]| [&[guard], values, &[guard]].concat();
            let mut buffer = guarded(before);
            form(&mut buffer[1..=length]);
            let same = |(a, b): (&T, &T)| a.pattern() == b.pattern();
            assert!(
                buffer.iter().zip(&guarded(after)).all(same),
                "{function:?} of {length} values of {}: {:x?}",
                T::NAME,
                x.iter().map(|x| x.pattern()).collect::<Vec<_>>()
            );
        };
        check(&x, &expected, &|ys| function.slice(ys));
        check(&grads, &expected, &|ys| function.into(&x, ys));
        check(&grads, &products, &|ys| function.backward(&x, ys));
        check(&x, &products, &|ys| function.backward_into(&x, &grads, ys));
        for set in function.sets() {
            check(&x, &expected, &|ys| function.slice_on(set, ys));
            check(&grads, &expected, &|ys| function.into_on(set, &x, ys));
            check(&grads, &products, &|ys| function.backward_on(set, &x, ys));
        }
    }
}

fn random_bits_are_no_fault<T: Format>(lengths: impl Iterator<Item = usize>) {
    let random = &mut Random(0xb175);
    lengths.for_each(|length| try_length::<T>(random, length));
}

#[test]
fn random_bits_are_no_fault_in_f32() {
    random_bits_are_no_fault::<f32>((0..=70).chain((71..=1000).step_by(31)));
}

#[test]
fn random_bits_are_no_fault_in_f64() {
    random_bits_are_no_fault::<f64>((0..=70).chain((71..=1000).step_by(31)));
}

#[cfg(feature = "half")]
#[test]
fn random_bits_are_no_fault_in_f16_and_bf16() {
    random_bits_are_no_fault::<half::f16>((0..=200).chain((201..=1000).step_by(31)));
    random_bits_are_no_fault::<half::bf16>((0..=200).chain((201..=1000).step_by(31)));
}

#[test]
#[ignore = "every length up to 1000; some seconds, and with a sanitizer many more"]
fn random_bits_of_every_length_are_no_fault() {
    random_bits_are_no_fault::<f32>(0..=1000);
    random_bits_are_no_fault::<f64>(0..=1000);
    #[cfg(feature = "half")]
    {
        random_bits_are_no_fault::<half::f16>(0..=1000);
        random_bits_are_no_fault::<half::bf16>(0..=1000);
    }
}

/// More than 2³¹ bytes, in place and in one slice.
fn long_slices_are_no_fault<T: Format>() {
    let length = (1 << 31) / T::BYTES + 1001;
    let x = T::from(-0.7).unwrap();
    let mut values = vec![x; length];
    Selu.slice(&mut values);
    let y = selu::selu(x);
    assert!(values.iter().all(|&value| value == y));
    Elu(T::one()).slice(&mut values);
    let y = selu::elu(y, T::one());
    assert!(values.iter().all(|&value| value == y));
}

#[test]
#[ignore = "needs 2 GiB of memory"]
fn slices_over_two_gibibytes_are_no_fault() {
    long_slices_are_no_fault::<f32>();
    long_slices_are_no_fault::<f64>();
}
