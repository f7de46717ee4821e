//! Measures the error of every function, of the same function written with the standard library,
//! and of the formula that most libraries compute, and prints it as Markdown.
//!
//! ```text
//! cargo run --release --example accuracy                        samples
//! cargo run --release --features half --example accuracy        f16 and bf16 too
//! cargo run --release --example accuracy -- --exhaustive        all 2³² values of f32
//! ```
//!
//! The table of docs/accuracy.md is the output of the second command.
//!
//! An error is |computed − exact| in units of the last place (ULP) that the type has at the exact
//! value, and the exact value is computed to 160 bits. A result is correctly rounded if its error
//! is at most 0.5.

#[path = "../tests/reference/every_f32.rs"]
mod every_f32;
#[path = "../tests/reference/mod.rs"]
mod reference;

use every_f32::{Expected, Tally, try_all};
use num_traits::Float;
use rayon::prelude::*;
use reference::{Exact, Format, ulp_error};
use selu::consts::f64::{SCALE, SCALE_ALPHA};
use selu::{elu, selu, selu_backward, selu_grad, selu_into};
use std::fmt;

/// Ranges of x in which the functions behave differently.
const REGIONS: [(&str, f64, f64); 5] = [
    ("x > 0", 1e-6, 1e3),
    ("−1e−5 … 0", -1e-5, -1e-12),
    ("−0.35 … −1e−5", -0.35, -1e-5),
    ("−17 … −0.35", -17.0, -0.35),
    ("−80 … −17", -80.0, -17.0),
];

/// Values per region, each a fixed multiple of the one before.
const SAMPLES: i32 = 10_000;

/// The gradient that is propagated back.
const GRAD: f64 = 0.7;

fn main() {
    if std::env::args().skip(1).any(|argument| argument == "--exhaustive") {
        print_exhaustive();
    } else {
        print_samples();
    }
}

fn print_samples() {
    println!("| function | type | x | this crate | std `exp_m1`, `exp` | `exp(x) − 1`, `y + λα` |");
    println!("|---|---|---|---|---|---|");
    print_type::<f32, f32>("f32", |x| x, |x| x);
    print_type::<f64, f64>("f64", |x| x, |x| x);
    #[cfg(feature = "half")]
    {
        use half::{bf16, f16};
        print_type::<f16, f32>("f16", f16::to_f32, f16::from_f32);
        print_type::<bf16, f32>("bf16", bf16::to_f32, bf16::from_f32);
    }
}

/// An implementation of a function.
type Function<'a, T> = &'a (dyn Fn(T) -> T + Sync);

/// The rows of a type `T`, where users of the standard library would compute in `W`.
fn print_type<T: Format + Float + Send + Sync, W: Float + Send + Sync>(
    type_name: &str,
    widen: impl Fn(T) -> W + Sync,
    narrow: impl Fn(W) -> T + Sync,
) {
    let wide = |x: f64| W::from(x).expect("a number");
    let [zero, one, scale, scale_alpha] = [0.0, 1.0, SCALE, SCALE_ALPHA].map(wide);
    let grad = T::from(GRAD).expect("a number");
    let wide_grad = widen(grad);

    let std_selu = |x| {
        if x > zero { scale * x } else { scale_alpha * x.exp_m1() }
    };
    let naive_selu = |x: W| {
        if x > zero { scale * x } else { scale_alpha * (x.exp() - one) }
    };
    let std_grad = |x: W| {
        if x >= zero { scale } else { scale_alpha * x.exp() }
    };
    let grad_of_output = |x: W| {
        if x >= zero { scale } else { std_selu(x) + scale_alpha }
    };

    let print = |name: &str,
                 ours: Function<T>,
                 std: Function<W>,
                 naive: Function<W>,
                 exact: &(dyn Fn(f64) -> Exact + Sync)| {
        let mut all = [Errors::default(); 3];
        for (region, first, last) in REGIONS {
            let ratio: f64 = last / first;
            let inputs = (0..SAMPLES)
                .into_par_iter()
                .filter_map(|i| T::from(first * ratio.powf(f64::from(i) / f64::from(SAMPLES - 1))))
                .filter(|x| !x.is_zero() && x.is_finite());
            let errors = inputs
                .map(|x| {
                    let exact = exact(x.into());
                    [ours(x), narrow(std(widen(x))), narrow(naive(widen(x)))]
                        .map(|y| Errors::of(ulp_error(y, &exact)))
                })
                .reduce(Default::default, |a, b| std::array::from_fn(|i| a[i].and(b[i])));
            all = std::array::from_fn(|i| all[i].and(errors[i]));
            if (name, type_name) == ("selu", "f32") {
                print_row(name, type_name, region, errors);
            }
        }
        print_row(name, type_name, "all of these", all);
    };

    print("selu", &selu, &std_selu, &naive_selu, &reference::selu);
    print("selu_grad", &selu_grad, &std_grad, &grad_of_output, &reference::selu_grad);
    print(
        "elu",
        &|x| elu(x, T::one()),
        &|x| if x > zero { x } else { x.exp_m1() },
        &|x| if x > zero { x } else { x.exp() - one },
        &|x| reference::elu(x, 1.0),
    );
    print(
        "selu_backward",
        &|x| {
            let mut grads = [grad];
            selu_backward(&[x], &mut grads);
            grads[0]
        },
        &|x| wide_grad * std_grad(x),
        &|x| wide_grad * grad_of_output(x),
        &|x| reference::exact(grad) * reference::selu_grad(x),
    );
}

fn print_row(name: &str, type_name: &str, region: &str, [ours, std, naive]: [Errors; 3]) {
    println!("| `{name}` | {type_name} | {region} | {ours} | {std} | {naive} |");
}

/// The errors of some results.
#[derive(Clone, Copy, Default)]
struct Errors {
    count: u32,
    wrong: u32,
    worst: f64,
}

impl Errors {
    fn of(error: f64) -> Self {
        Self { count: 1, wrong: u32::from(error > 0.5), worst: error }
    }

    fn and(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            wrong: self.wrong + other.wrong,
            worst: self.worst.max(other.worst),
        }
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = 100.0 * f64::from(self.wrong) / f64::from(self.count);
        match self.worst {
            ..100.0 => write!(f, "{:.3}", self.worst)?,
            _ => write!(f, "{:.1e}", self.worst)?,
        }
        match self.wrong {
            0 => write!(f, ", none"),
            _ => write!(f, ", {share:.2} %"),
        }
    }
}

/// All values of `f32`.
fn print_exhaustive() {
    let scale = SCALE as f32;
    let scale_alpha = SCALE_ALPHA as f32;
    let rows: [(&str, Tally); 5] = [
        ("`selu`", try_all("selu", Expected::is_nearest, selu_into, Expected::selu)),
        (
            "λα·`exp_m1(x)`",
            try_map(
                "std selu",
                |x| {
                    if x > 0.0 { scale * x } else { scale_alpha * x.exp_m1() }
                },
                Expected::selu,
            ),
        ),
        (
            "λα·(`exp(x)` − 1)",
            try_map(
                "naive selu",
                |x| {
                    if x > 0.0 { scale * x } else { scale_alpha * (x.exp() - 1.0) }
                },
                Expected::selu,
            ),
        ),
        ("`selu_grad`", try_map("selu_grad", selu_grad, Expected::selu_grad)),
        (
            "λα·`exp(x)`",
            try_map(
                "std selu_grad",
                |x| {
                    if x >= 0.0 { scale } else { scale_alpha * x.exp() }
                },
                Expected::selu_grad,
            ),
        ),
    ];
    println!("All 2³² values of f32:\n");
    println!("| function | largest error, ULP | at x = | not correctly rounded |");
    println!("|---|---|---|---|");
    for (name, tally) in rows {
        let share = 100.0 * tally.wrong as f64 / 2f64.powi(32);
        println!(
            "| {name} | {:.4} | {:e} | {} ({share:.1} %) |",
            tally.worst.error, tally.worst.x, tally.wrong
        );
    }
}

/// A function of one value on all values.
fn try_map(
    name: &str,
    function: impl Fn(f32) -> f32 + Sync,
    expected: impl Fn(f32) -> Expected + Sync,
) -> Tally {
    let map = |x: &[f32], y: &mut [f32]| {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = function(x);
        }
    };
    try_all(name, Expected::is_nearest, map, expected)
}
