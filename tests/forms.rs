//! One value gives one result: alone, in place, out of place, on every instruction set, on all
//! cores, at every length and alignment. And nothing is written outside a slice.

#[path = "reference/format.rs"]
mod format;
#[path = "reference/function.rs"]
mod function;
#[path = "reference/hard.rs"]
mod hard;
#[path = "reference/panics.rs"]
mod panics;

use format::Format;
use function::Function::{self, Elu, FastElu, FastSelu, Selu};
use hard::HardCases;
use panics::refusal;
use selu::ScaledElu;
use std::ops::Range;

/// Beyond what any form makes one step of, several times.
const LONGEST: usize = 200;
/// Where in memory a slice starts: at all places of a vector of 64 bytes, and one more.
const OFFSETS: [usize; 7] = [0, 1, 2, 3, 7, 8, 17];

/// What stands around a slice. No function and no factor leaves it as it is.
const GUARD: f64 = -0.625;

fn number<T: Format>(x: f64) -> T {
    T::from(x).unwrap()
}

/// −0, but 0 under valgrind (`.ci/memory`), whose fma(−0, c, −0) is +0 in double precision. Run
/// natively, the tests have −0.
fn minus_0() -> f64 {
    if std::env::var_os("UNDER_VALGRIND").is_some() { 0.0 } else { -0.0 }
}

/// A function, arguments of all kinds, and its results for them one at a time.
struct Case<T> {
    function: Function<T>,
    xs: Vec<T>,
    grads: Vec<T>,
    values: Vec<T>,
    products: Vec<T>,
}

impl<T: Format> Case<T> {
    /// In an order that puts each kind of argument at every place of a block: special ones,
    /// ordinary ones, and `hard` ones, which take their block another way.
    fn new(function: Function<T>, hard: &[(T, T)]) -> Self {
        let infinity = f64::INFINITY;
        let special = [0.0, minus_0(), infinity, -infinity, f64::NAN, 1e-40, -1e-40, -1e30, 1e30];
        let special = special.map(number::<T>);
        let count = LONGEST + OFFSETS[OFFSETS.len() - 1];
        let arguments = (0..count).map(|i| match i % 23 {
            0 => (special[i / 23 % 9], number(1.0)),
            11 => (number(-0.7), special[i / 23 % 9]),
            5 if !hard.is_empty() => hard[i / 23 % hard.len()],
            _ => (
                number((i * 37 % 101) as f64 / 8.0 - 7.5),
                number((i * 13 % 29) as f64 / 4.0 - 3.0),
            ),
        });
        let (xs, grads): (Vec<T>, Vec<T>) = arguments.unzip();
        let values = xs.iter().map(|&x| function.value(x)).collect();
        let products =
            xs.iter().zip(&grads).map(|(&x, &grad)| function.gradient(x, grad)).collect();
        Self { function, xs, grads, values, products }
    }

    /// Runs `form`, which finds `before` in its slice and must leave `after` there.
    fn try_form(
        &self,
        name: &str,
        window: &Range<usize>,
        before: &[T],
        after: &[T],
        form: impl Fn(&mut [T]),
    ) {
        let guarded = |values: &[T]| {
            let mut all = vec![number::<T>(GUARD); self.xs.len() + 2];
            all[window.start + 1..window.end + 1].copy_from_slice(&values[window.clone()]);
            all
        };
        let mut actual = guarded(before);
        form(&mut actual[window.start + 1..window.end + 1]);
        for (i, (actual, expected)) in actual.iter().zip(guarded(after)).enumerate() {
            assert!(
                actual.pattern() == expected.pattern(),
                "{name} of {} values from {}, {:?}: at {} is\n  {}\nnot\n  {}",
                window.len(),
                window.start,
                self.function,
                i as isize - 1 - window.start as isize,
                actual.show(),
                expected.show(),
            );
        }
    }

    fn try_window(&self, window: &Range<usize>) {
        let Self { xs, grads, values, products, .. } = self;
        let function = self.function;
        // Ends where its allocation ends, for the tools that see a read beyond it; and it starts at
        // another alignment than what is written.
        let x = xs[..window.end].to_vec();
        let x = &x[window.start..];
        let grad_out = &grads[window.clone()];

        self.try_form("slice", window, xs, values, |ys| function.slice(ys));
        self.try_form("into", window, grads, values, |ys| function.into(x, ys));
        self.try_form("backward", window, grads, products, |ys| function.backward(x, ys));
        self.try_form("backward_into", window, xs, products, |ys| {
            function.backward_into(x, grad_out, ys);
        });
        for set in function.sets() {
            let name = |form| format!("{form} on {set:?}");
            self.try_form(&name("slice"), window, xs, values, |ys| function.slice_on(set, ys));
            self.try_form(&name("into"), window, grads, values, |ys| function.into_on(set, x, ys));
            self.try_form(&name("backward"), window, grads, products, |ys| {
                function.backward_on(set, x, ys);
            });
        }
    }
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
        Case::new(Selu, &both(selu, selu_backward)),
        Case::new(Elu(number(1.0)), &both(elu, elu_backward)),
        Case::new(Elu(alpha), &both(elu, elu_backward)),
        Case::new(Function::ScaledElu(scaled), &both(elu, elu_backward)),
        Case::new(FastSelu, &[]),
        Case::new(FastElu(number(1.7)), &[]),
    ] {
        for length in 0..=LONGEST {
            for offset in OFFSETS {
                case.try_window(&(offset..offset + length));
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
