//! One value gives one result: alone, in place, out of place, on every instruction set, at every
//! length and alignment. And no bits, no length and no size make any form panic or write outside
//! its slice.

use crate::case::Case;
use crate::format::Format;
use crate::function::Function::{self, Elu, FastElu, FastSelu, Selu};
use crate::hard::{self, HardCases};
use crate::panics::refusal;
use crate::random::Random;
use selu::ScaledElu;

/// Beyond what any form makes one step of, several times.
const LONGEST: usize = 200;
/// Where in memory a slice starts: at all places of a vector of 64 bytes, and one more.
const OFFSETS: [usize; 7] = [0, 1, 2, 3, 7, 8, 17];

fn number<T: Format>(x: f64) -> T {
    T::from(x).unwrap()
}

/// −0, but 0 under valgrind (`.ci/memory`), whose fma(−0, c, −0) is +0 in double precision. Run
/// natively, the tests have −0.
fn minus_0() -> f64 {
    if std::env::var_os("UNDER_VALGRIND").is_some() { 0.0 } else { -0.0 }
}

/// Arguments of all kinds, in an order that puts each kind at every place of a block: special ones,
/// ordinary ones, and `hard` ones, which take their block another way.
fn case<T: Format>(function: Function<T>, hard: &[(T, T)]) -> Case<T> {
    let infinity = f64::INFINITY;
    let special = [0.0, minus_0(), infinity, -infinity, f64::NAN, 1e-40, -1e-40, -1e30, 1e30];
    let special = special.map(number::<T>);
    let count = LONGEST + OFFSETS[OFFSETS.len() - 1];
    let arguments = (0..count).map(|i| match i % 23 {
        0 => (special[i / 23 % 9], number(1.0)),
        11 => (number(-0.7), special[i / 23 % 9]),
        5 if !hard.is_empty() => hard[i / 23 % hard.len()],
        _ => (number((i * 37 % 101) as f64 / 8.0 - 7.5), number((i * 13 % 29) as f64 / 4.0 - 3.0)),
    });
    let (xs, grads) = arguments.unzip();
    Case::new(function, xs, grads)
}

fn assert_every_form_agrees<T: Format>(hard_cases: HardCases) {
    // The hard cases with a factor of 1 have it from their end on.
    let hard = |bytes| {
        let mut pairs = hard::pairs(bytes, T::BYTES, T::from_pattern);
        pairs.reverse();
        pairs.truncate(50);
        pairs
    };
    let HardCases { selu, elu, selu_backward, elu_backward } = hard_cases;
    let both = |values, products| [hard(values), hard(products)].concat();
    let alpha = hard(elu).first().map_or(number(-2.5), |&(_, alpha)| alpha);
    let scaled = ScaledElu { alpha: number(-0.3), scale: number(1.7) };
    for case in [
        case(Selu, &both(selu, selu_backward)),
        case(Elu(number(1.0)), &both(elu, elu_backward)),
        case(Elu(alpha), &both(elu, elu_backward)),
        case(Function::ScaledElu(scaled), &both(elu, elu_backward)),
        case(FastSelu, &[]),
        case(FastElu(number(1.7)), &[]),
    ] {
        for length in 0..=LONGEST {
            for offset in OFFSETS {
                case.try_window(offset..offset + length);
            }
        }
    }
}

#[test]
fn every_form_agrees_in_f32() {
    assert_every_form_agrees::<f32>(hard::F32);
}

#[test]
fn every_form_agrees_in_f64() {
    assert_every_form_agrees::<f64>(hard::F64);
}

#[cfg(feature = "half")]
const NONE: HardCases = HardCases { selu: &[], elu: &[], selu_backward: &[], elu_backward: &[] };

#[cfg(feature = "half")]
#[test]
fn every_form_agrees_in_f16() {
    assert_every_form_agrees::<half::f16>(NONE);
}

#[cfg(feature = "half")]
#[test]
fn every_form_agrees_in_bf16() {
    assert_every_form_agrees::<half::bf16>(NONE);
}

/// All forms with random bits.
fn random_bits_are_no_fault<T: Format>(lengths: impl Iterator<Item = usize>) {
    let random = &mut Random(0xb175);
    let mut any = || T::from_pattern(random.bits() >> (64 - 8 * T::BYTES));
    for length in lengths {
        let scaled = ScaledElu { alpha: any(), scale: any() };
        let exact = [Selu, Elu(any()), Function::ScaledElu(scaled)];
        for function in exact.into_iter().chain([FastSelu, FastElu(any()), FastElu(number(0.3))]) {
            let (xs, grads) = (0..length).map(|_| (any(), any())).unzip();
            Case::new(function, xs, grads).try_window(0..length);
        }
    }
}

#[test]
fn random_bits_are_no_fault_in_any_type() {
    let lengths =
        || (0..=70).chain((71..=1000).step_by(31)).take(if cfg!(miri) { 20 } else { 999 });
    random_bits_are_no_fault::<f32>(lengths());
    random_bits_are_no_fault::<f64>(lengths());
    #[cfg(feature = "half")]
    {
        random_bits_are_no_fault::<half::f16>((0..=200).chain(lengths()));
        random_bits_are_no_fault::<half::bf16>((0..=200).chain(lengths()));
    }
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
#[test]
#[ignore = "needs 2 GiB of memory"]
fn slices_over_two_gibibytes_are_no_fault() {
    fn assert_filled<T: Format>() {
        let x = T::from(-0.7).unwrap();
        let mut values = vec![x; (1 << 31) / T::BYTES + 1001];
        Selu.slice(&mut values);
        assert!(values.iter().all(|&value| value == selu::selu(x)));
    }
    assert_filled::<f32>();
    assert_filled::<f64>();
}

#[test]
fn unequal_lengths_are_refused_before_anything_is_written() {
    let src = [-1.0_f32, 1.0, 2.0];
    let scaled = ScaledElu { alpha: 1.0_f32, scale: 2.0 };
    for length in [0, 2, 4, 100] {
        let untouched = vec![7.0_f32; length];
        let mut dst = untouched.clone();
        let [of_src, of_x, of_grad_out, of_grad_in] =
            [("src", "dst"), ("x", "grad"), ("x", "grad_out"), ("x", "grad_in")]
                .map(|(first, second)| format!("{first} has 3 values and {second} has {length}"));
        // Each on one line, which the panic names.
        #[rustfmt::skip]
        let refusals = [
            (refusal(|| selu::selu_into(&src, &mut dst)), line!(), &of_src),
            (refusal(|| selu::elu_into(&src, &mut dst, 1.0)), line!(), &of_src),
            (refusal(|| scaled.apply_into(&src, &mut dst)), line!(), &of_src),
            (refusal(|| selu::fast::selu_into(&src, &mut dst)), line!(), &of_src),
            (refusal(|| selu::fast::elu_into(&src, &mut dst, 1.0)), line!(), &of_src),
            (refusal(|| selu::fast::selu_backward(&src, &mut dst)), line!(), &of_x),
            (refusal(|| selu::fast::elu_backward(&src, &mut dst, 1.0)), line!(), &of_x),
            (refusal(|| selu::fast::selu_backward_into(&src, &src, &mut dst)), line!(), &of_grad_in),
            (refusal(|| selu::fast::elu_backward_into(&src, &src, &mut dst, 1.0)), line!(), &of_grad_in),
            (refusal(|| selu::selu_backward(&src, &mut dst)), line!(), &of_x),
            (refusal(|| selu::elu_backward(&src, &mut dst, 1.0)), line!(), &of_x),
            (refusal(|| scaled.backward(&src, &mut dst)), line!(), &of_x),
            (refusal(|| selu::selu_backward_into(&src, &untouched, &mut dst)), line!(), &of_grad_out),
            (refusal(|| selu::selu_backward_into(&src, &src, &mut dst)), line!(), &of_grad_in),
            (refusal(|| selu::elu_backward_into(&src, &untouched, &mut dst, 1.0)), line!(), &of_grad_out),
            (refusal(|| selu::elu_backward_into(&src, &src, &mut dst, 1.0)), line!(), &of_grad_in),
            (refusal(|| scaled.backward_into(&src, &untouched, &mut dst)), line!(), &of_grad_out),
            (refusal(|| scaled.backward_into(&src, &src, &mut dst)), line!(), &of_grad_in),
        ];
        for ((message, blamed), line, lengths) in refusals {
            assert_eq!(message, format!("{lengths}; the lengths must be equal"));
            assert_eq!(blamed, line, "the caller's line");
        }
        assert_eq!(dst, untouched);
    }
}
