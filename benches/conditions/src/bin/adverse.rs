//! Measures how long the functions take over data that are not N(0, 1), and prints it as Markdown.
//!
//! ```text
//! cargo run --release --manifest-path benches/conditions/Cargo.toml --bin adverse
//! cargo run --release --manifest-path benches/conditions/Cargo.toml --bin adverse -- Avx2
//! ```
//!
//! docs/speed.md has the output of the first command, which takes the fastest instruction set.
//!
//! A time is that of a slice, per value, as a multiple of the time over N(0, 1) in the same run: of
//! both the minimum of many, taken in turn. The time of a single value is that of the function of
//! one value, the gradients' that of a slice of one value.

#[path = "../../../../tests/common/hard.rs"]
#[allow(dead_code, reason = "an ELU has a case for each alpha")]
mod hard;
#[path = "../../../../tests/reference/random.rs"]
mod random;

use half::{bf16, f16};
use hard::{HardCases, pairs};
use random::Random;
use selu::num_traits::Float;
use selu::on_instruction_set::{self, InstructionSet};
use selu::{ScaledElu, selu, selu_backward, selu_backward_from_output};
use std::fmt::{self, LowerExp};
use std::hint::black_box;
use std::time::Instant;

/// Values in a slice.
const COUNT: usize = 1 << 13;
/// Times that each slice is timed.
const REPETITIONS: usize = 15;
/// Of each kind of data so many values are timed alone.
const ALONE: usize = 128;
/// Where the behaviour of some kernel changes, below 0.
const THRESHOLDS: [f64; 12] =
    [-6.0625, -7.75, -30.0, -40.0, -80.0, -86.0, -103.0, -177.0, -400.0, -707.0, -745.0, -1500.0];

trait Number: Float + LowerExp {
    const NAME: &'static str;
    const BYTES: usize = size_of::<Self>();
    /// Bits of the significand, the leading one included.
    const DIGITS: i32;
    /// Exponent of the smallest normal number, as in 2ᵉ.
    const MIN_EXPONENT: i32;
    /// Hard cases, where there are any.
    const HARD: Option<HardCases>;

    /// The nearest number.
    fn number(x: f64) -> Self;

    /// The number with the lowest bits of these.
    fn of_bits(bits: u64) -> Self;
}

macro_rules! number {
    ($T:ident, $Bits:ty, $digits:expr, $min_exponent:expr, $x:ident => $number:expr, $hard:expr) => {
        impl Number for $T {
            const NAME: &'static str = stringify!($T);
            const DIGITS: i32 = $digits;
            const MIN_EXPONENT: i32 = $min_exponent;
            const HARD: Option<HardCases> = $hard;

            fn number($x: f64) -> Self {
                $number
            }

            fn of_bits(bits: u64) -> Self {
                Self::from_bits(bits as $Bits)
            }
        }
    };
}

number!(f32, u32, 24, -126, x => x as f32, Some(hard::F32));
number!(f64, u64, 53, -1022, x => x, Some(hard::F64));
number!(f16, u16, 11, -14, x => f16::from_f64(x), None);
number!(bf16, u16, 8, -126, x => bf16::from_f64(x), None);

/// What is timed.
#[derive(Clone, Copy)]
enum Function<T> {
    Selu,
    Elu(ScaledElu<T>),
}
use Function::{Elu, Selu};

fn elu<T: Number>(alpha: f64, scale: f64) -> Function<T> {
    Elu(ScaledElu { alpha: T::number(alpha), scale: T::number(scale) })
}

impl<T: Number> Function<T> {
    fn apply(self, set: InstructionSet, x: &[T], y: &mut [T]) {
        match self {
            Selu => on_instruction_set::selu_into(set, x, y),
            Elu(function) => on_instruction_set::scaled_elu_into(set, function, x, y),
        }
    }

    fn backward(self, set: InstructionSet, x: &[T], grad: &mut [T]) {
        match self {
            Selu => on_instruction_set::selu_backward(set, x, grad),
            Elu(function) => on_instruction_set::scaled_elu_backward(set, function, x, grad),
        }
    }

    fn backward_from_output(self, set: InstructionSet, y: &[T], grad: &mut [T]) {
        match self {
            Selu => on_instruction_set::selu_backward_from_output(set, y, grad),
            Elu(function) => {
                on_instruction_set::scaled_elu_backward_from_output(set, function, y, grad)
            }
        }
    }

    fn value(self, x: T) -> T {
        match self {
            Selu => selu(x),
            Elu(function) => function.apply(x),
        }
    }

    fn gradient(self, x: T, grad: T) -> T {
        let mut grad = [grad];
        match self {
            Selu => selu_backward(&[x], &mut grad),
            Elu(function) => function.backward(&[x], &mut grad),
        }
        grad[0]
    }

    fn gradient_from_output(self, y: T, grad: T) -> T {
        let mut grad = [grad];
        match self {
            Selu => selu_backward_from_output(&[y], &mut grad),
            Elu(function) => function.backward_from_output(&[y], &mut grad),
        }
        grad[0]
    }
}

/// What is computed: values, or gradients from x or from y = f(x).
#[derive(Clone, Copy, PartialEq)]
enum Pass {
    Forward,
    Backward,
    FromOutput,
}
use Pass::{Backward, Forward, FromOutput};

/// A kind of data: values, and for the backward passes gradients.
struct Kind<T> {
    name: &'static str,
    function: Function<T>,
    pass: Pass,
    x: Vec<T>,
    grad: Vec<T>,
}

impl<T: Number> Kind<T> {
    /// Nanoseconds per value of one call.
    fn time(&self, set: InstructionSet, y: &mut [T]) -> f64 {
        let calls = 4;
        let start = Instant::now();
        for _ in 0..calls {
            if self.pass != Forward {
                y.copy_from_slice(&self.grad);
            }
            let (x, y) = (black_box(&self.x), black_box(&mut *y));
            match self.pass {
                Forward => self.function.apply(set, x, y),
                Backward => self.function.backward(set, x, y),
                FromOutput => self.function.backward_from_output(set, x, y),
            }
        }
        start.elapsed().as_secs_f64() * 1e9 / (calls * y.len()) as f64
    }

    /// The slowest single value: nanoseconds, and the value.
    fn slowest(&self) -> (f64, String) {
        let mut slowest = (0.0, String::new());
        for (&x, &grad) in self.x.iter().zip(&self.grad).step_by(COUNT / ALONE) {
            let calls = 8;
            let mut time = f64::INFINITY;
            for _ in 0..5 {
                let start = Instant::now();
                for _ in 0..calls {
                    let (x, grad) = (black_box(x), black_box(grad));
                    black_box(match self.pass {
                        Forward => self.function.value(x),
                        Backward => self.function.gradient(x, grad),
                        FromOutput => self.function.gradient_from_output(x, grad),
                    });
                }
                time = time.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(calls));
            }
            if time > slowest.0 {
                let value = match self.pass {
                    Forward => format!("x = {x:e}"),
                    Backward => format!("x = {x:e}, grad = {grad:e}"),
                    FromOutput => format!("y = {x:e}, grad = {grad:e}"),
                };
                slowest = (time, format!("{value} ({})", self.name));
            }
        }
        slowest
    }
}

/// The kinds of data of one type, all for one function.
struct Data<T> {
    random: Random,
    function: Function<T>,
    kinds: Vec<Kind<T>>,
}

impl<T: Number> Data<T> {
    fn new(function: Function<T>) -> Self {
        Self { random: Random(11), function, kinds: Vec::new() }
    }

    fn push(&mut self, name: &'static str, pass: Pass, pairs: impl Iterator<Item = (T, T)>) {
        let (x, grad) = pairs.take(COUNT).unzip();
        self.kinds.push(Kind { name, function: self.function, pass, x, grad });
    }

    fn values(&mut self, name: &'static str, x: impl Fn(&mut Random) -> f64) {
        let mut random = self.random.clone();
        self.push(
            name,
            Forward,
            std::iter::repeat_with(move || (T::number(x(&mut random)), T::one())),
        );
    }

    fn gradients(&mut self, name: &'static str, pair: impl Fn(&mut Random) -> (f64, f64)) {
        let mut random = self.random.clone();
        let numbers = move || {
            let (x, grad) = pair(&mut random);
            (T::number(x), T::number(grad))
        };
        self.push(name, Backward, std::iter::repeat_with(numbers));
    }
}

/// 2^e with a random sign and random digits, for e from `low` to `high`.
fn of_size(random: &mut Random, low: f64, high: f64) -> f64 {
    let exponent = low + (high - low) * random.uniform();
    // In two factors: a power of two alone may underflow.
    let half = (exponent / 2.0).exp2();
    random.one_of(&[1.0, -1.0]) * half * half
}

/// The limits of a type as powers of two: the smallest number, the smallest normal one, and ∞.
struct Limits {
    lowest: f64,
    normal: f64,
    infinity: f64,
}

impl Limits {
    fn of<T: Number>() -> Self {
        let normal = f64::from(T::MIN_EXPONENT);
        Self { lowest: normal - f64::from(T::DIGITS - 1), normal, infinity: 2.0 - normal }
    }
}

const NORMAL: &str = "N(0, 1)";

fn values<T: Number>(function: Function<T>) -> Vec<Kind<T>> {
    let Limits { lowest, normal, infinity } = Limits::of::<T>();
    let mut data = Data::new(function);
    data.values(NORMAL, Random::normal);
    data.values("zeros", |_| 0.0);
    data.values("zeros of both signs", |random| random.one_of(&[0.0, -0.0]));
    data.values("half of them zeros", |random| random.normal().max(0.0));
    data.values("all negative", |random| -random.normal().abs());
    data.values("saturated", |random| -50.0 - 50.0 * random.uniform());
    data.values("[−0.03, 0]", |random| -0.03 * random.uniform());
    data.values("tiny", |random| of_size(random, normal, -f64::from(T::DIGITS)));
    data.values("tiny, negative", |random| -of_size(random, normal, -f64::from(T::DIGITS)).abs());
    data.values("subnormal", |random| of_size(random, lowest, normal));
    data.values("huge", |random| of_size(random, infinity / 2.0, infinity));
    data.values("around every threshold", |random| {
        random.one_of(&THRESHOLDS) * (1.0 + 2f64.powi(-20) * random.normal())
    });
    data.values("around the steps of the tables", |random| {
        let step = (random.below(512) as f64 + 0.5) * -core::f64::consts::LN_2 / 64.0;
        step * (1.0 + 2f64.powi(-40) * random.normal())
    });
    data.values("±∞", |random| random.one_of(&[f64::INFINITY, f64::NEG_INFINITY]));
    data.values("NaN", |_| f64::NAN);
    let mut random = data.random.clone();
    let bits = std::iter::repeat_with(move || (T::of_bits(random.bits()), T::one()));
    data.push("all bits random", Forward, bits);
    data.kinds
}

fn gradients<T: Number>(function: Function<T>) -> Vec<Kind<T>> {
    let Limits { lowest, normal, infinity } = Limits::of::<T>();
    let mut data = Data::new(function);
    data.gradients(NORMAL, |random| (random.normal(), random.normal()));
    for kind in values(function) {
        if kind.name != NORMAL {
            let mut random = data.random.clone();
            let pairs = kind.x.iter().map(move |&x| (x, T::number(random.normal())));
            data.push(kind.name, Backward, pairs);
        }
    }
    data.gradients("grad: zeros", |random| (random.normal(), random.one_of(&[0.0, -0.0])));
    data.gradients("grad: half of them zeros", |random| {
        (random.normal(), random.normal().max(0.0))
    });
    data.gradients("grad: 1 and −0.5", |random| (random.normal(), random.one_of(&[1.0, -0.5])));
    data.gradients("grad: tiny", |random| {
        (random.normal(), of_size(random, normal + 30.0, normal + 60.0))
    });
    data.gradients("grad: smallest normal numbers", |random| {
        (random.normal(), of_size(random, normal, normal + 30.0))
    });
    data.gradients("grad: subnormal", |random| (random.normal(), of_size(random, lowest, normal)));
    data.gradients("grad: large", |random| {
        (random.normal(), of_size(random, infinity / 2.0, infinity - 30.0))
    });
    data.gradients("grad: next to overflow", |random| {
        (random.normal(), of_size(random, infinity - 30.0, infinity))
    });
    data.gradients("grad: ±∞", |random| {
        (random.normal(), random.one_of(&[f64::INFINITY, f64::NEG_INFINITY]))
    });
    data.gradients("grad: NaN", |random| (random.normal(), f64::NAN));
    data.gradients("x in [−745, −707]", |random| {
        (-707.0 - 38.0 * random.uniform(), random.normal())
    });
    data.gradients("x in [−1500, −745]", |random| {
        (-745.0 - 755.0 * random.uniform(), random.normal())
    });
    data.gradients("x in [−3000, −1500]", |random| {
        (-1500.0 - 1500.0 * random.uniform(), random.normal())
    });
    // e^x·grad is 2^result, for a grad that is a normal number below 2^64.
    data.gradients("results subnormal", move |random| {
        let result = lowest + (normal - lowest) * random.uniform();
        let grad =
            normal.max(result) + (64.0_f64.min(infinity) - normal.max(result)) * random.uniform();
        ((result - grad) * core::f64::consts::LN_2, of_size(random, grad, grad))
    });
    data.gradients("x far below 0, results not small", move |random| {
        let grad = infinity * random.uniform();
        (-grad * core::f64::consts::LN_2 * random.uniform(), of_size(random, grad, grad))
    });
    let mut random = data.random.clone();
    let bits = std::iter::repeat_with(move || {
        let [x, grad] = [random.bits(), random.bits()];
        (T::of_bits(x), T::of_bits(grad))
    });
    data.push("all bits random", Backward, bits);
    data.kinds
}

/// The gradients from y = f(x), for the same x.
fn from_output<T: Number>(function: Function<T>) -> Vec<Kind<T>> {
    let kinds = gradients(function).into_iter();
    let of_output = |kind: Kind<T>| {
        let x = kind.x.iter().map(|&x| function.value(x)).collect();
        Kind { x, pass: FromOutput, ..kind }
    };
    kinds.map(of_output).collect()
}

/// The hard cases of a function: each alone, in the order of the files.
fn hard_cases<T: Number>(function: Function<T>, pass: Pass) -> Option<Kind<T>> {
    let HardCases { selu, elu: _, selu_backward, elu_backward } = T::HARD?;
    let (function, bytes) = match (function, pass) {
        (Selu, Forward) => (Selu, selu),
        (Selu, Backward) => (Selu, selu_backward),
        (Elu(_), Backward) => (elu(1.0, 1.0), elu_backward),
        // Each case of an ELU has an alpha of its own, and a slice has but one.
        (Elu(_), Forward) | (_, FromOutput) => return None,
    };
    let cases = pairs(bytes, T::BYTES, T::of_bits);
    (!cases.is_empty()).then(|| {
        let mut data = Data::new(function);
        data.push("hard cases", pass, cases.iter().copied().cycle());
        data.kinds.remove(0)
    })
}

/// The constants of an ELU, over N(0, 1), and over what is hard with them.
fn constants<T: Number>() -> Vec<Kind<T>> {
    let Limits { lowest, normal, infinity } = Limits::of::<T>();
    let power = f64::exp2;
    let tiny = 1.7 * power(normal / 2.0 + 2.0);
    let smallest = 1.7 * power(normal);
    let subnormal = 3.0 * power(lowest);
    let huge = 1.7 * power(infinity - 4.0);
    // The product has one digit too many, so it is a midpoint.
    let half = T::DIGITS / 2;
    let midpoint = elu(1.0 + power(-f64::from(half)), 1.0 + power(-f64::from(T::DIGITS - half)));
    let onnx = ScaledElu::<T>::onnx();
    let mut kinds = Vec::new();
    for (name, function) in [
        (NORMAL, elu(0.7, 1.0)),
        ("1 and 1", elu(1.0, 1.0)),
        ("1.5 and 1.5", elu(1.5, 1.5)),
        ("0.75 and 3", elu(0.75, 3.0)),
        ("1.3 and 0.9", elu(1.3, 0.9)),
        ("ONNX's", Elu(onnx)),
        ("product a midpoint", midpoint),
        ("alpha 0", elu(0.0, 1.0)),
        ("alpha ∞", elu(f64::INFINITY, 1.0)),
        ("alpha NaN", elu(f64::NAN, 1.0)),
        ("alpha tiny", elu(tiny, 1.0)),
        ("alpha the smallest normal number", elu(smallest, 1.0)),
        ("alpha subnormal", elu(subnormal, 1.0)),
        ("alpha huge", elu(huge, 1.0)),
        ("scale 0", elu(0.7, 0.0)),
        ("scale subnormal", elu(0.7, subnormal)),
        ("scale huge", elu(0.7, huge)),
        ("alpha and scale tiny", elu(tiny, tiny)),
        ("alpha huge, scale tiny", elu(huge, tiny)),
    ] {
        let mut data = Data::new(function);
        data.values(name, Random::normal);
        data.gradients(name, |random| (random.normal(), random.normal()));
        kinds.extend(data.kinds);
    }
    let few_digits = |name: [&'static str; 2], function| {
        let mut data = Data::new(function);
        data.values(name[0], |random| -of_size(random, normal, -f64::from(T::DIGITS)).abs());
        data.values(name[1], |random| -50.0 - 50.0 * random.uniform());
        data.kinds
    };
    kinds.extend(few_digits(
        ["1.5 and 1.5, x tiny and negative", "1.5 and 1.5, x saturated"],
        elu(1.5, 1.5),
    ));
    kinds.extend(few_digits(
        ["product a midpoint, x tiny and negative", "product a midpoint, x saturated"],
        midpoint,
    ));
    kinds
}

/// A row: for each kind, in the order in which it is met first, its ratios.
#[derive(Default)]
struct Table {
    columns: Vec<String>,
    rows: Vec<(&'static str, Vec<Option<f64>>)>,
}

impl Table {
    fn add(&mut self, column: &str, ratios: &[(&'static str, f64)]) {
        let index = self.columns.iter().position(|name| name == column).unwrap_or_else(|| {
            self.columns.push(column.into());
            self.columns.len() - 1
        });
        for &(name, ratio) in ratios {
            let row = match self.rows.iter().position(|(row, _)| *row == name) {
                Some(row) => row,
                None => {
                    self.rows.push((name, Vec::new()));
                    self.rows.len() - 1
                }
            };
            let cells = &mut self.rows[row].1;
            cells.resize(cells.len().max(index + 1), None);
            cells[index] = Some(ratio);
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| | {} |", self.columns.join(" | "))?;
        writeln!(f, "| --- |{}", " --: |".repeat(self.columns.len()))?;
        for (name, cells) in &self.rows {
            write!(f, "| {name} |")?;
            for i in 0..self.columns.len() {
                match cells.get(i).copied().flatten() {
                    Some(ratio @ ..9.95) => write!(f, " {ratio:.1} |")?,
                    Some(ratio) => write!(f, " {ratio:.0} |")?,
                    None => write!(f, " – |")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// The ratio of each kind to the first, and the nanoseconds of the first.
fn ratios<T: Number>(set: InstructionSet, kinds: &[&Kind<T>]) -> (Vec<(&'static str, f64)>, f64) {
    let mut y = vec![T::zero(); COUNT];
    let mut times = vec![f64::INFINITY; kinds.len()];
    for _ in 0..REPETITIONS {
        for (time, kind) in times.iter_mut().zip(kinds) {
            *time = time.min(kind.time(set, &mut y));
        }
    }
    let ratios = kinds.iter().zip(&times).map(|(kind, time)| (kind.name, time / times[0]));
    (ratios.skip(1).collect(), times[0])
}

#[derive(Default)]
struct Report {
    /// Of each pass.
    of_data: [Table; 3],
    of_constants: Table,
    /// For each function and type: its worst ratio, and its slowest value.
    worst: Vec<String>,
    slowest: Vec<(f64, String)>,
}

impl Report {
    fn measure<T: Number>(&mut self, set: InstructionSet) {
        let name = T::NAME;
        let constants = constants::<T>();
        for (function_name, function) in [("selu", Selu), ("elu", elu(0.7, 1.0))] {
            for pass in [Forward, Backward, FromOutput] {
                let mut kinds = match pass {
                    Forward => values(function),
                    Backward => gradients(function),
                    FromOutput => from_output(function),
                };
                kinds.extend(hard_cases(function, pass));
                let mut kinds: Vec<_> = kinds.iter().collect();
                let own = kinds.len();
                if function_name == "elu" {
                    let others = constants.iter().filter(|kind| kind.pass == pass);
                    kinds.extend(others.skip(1));
                }
                let (ratios, normal) = ratios(set, &kinds);
                let (of_data, of_constants) = ratios.split_at(own - 1);
                self.of_data[pass as usize].add(&format!("`{name}` {function_name}"), of_data);
                let pass = ["forward", "backward", "from y"][pass as usize];
                if !of_constants.is_empty() {
                    self.of_constants.add(&format!("`{name}` {pass}"), of_constants);
                }
                let worst = ratios.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
                let slowest = kinds.iter().map(|kind| kind.slowest());
                let (time, value) = slowest.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
                self.worst.push(format!(
                    "| `{name}` {function_name} {pass} | {normal:.2} | {:.0} | {} | {time:.0} | {value} |",
                    worst.1, worst.0
                ));
                self.slowest.push((time, format!("`{name}` {function_name} {pass}")));
            }
        }
    }
}

fn main() {
    let name = std::env::args().nth(1);
    let is_named = |set: &InstructionSet| name.as_ref().is_none_or(|n| *n == format!("{set:?}"));
    let Some(set) = InstructionSet::available().find(is_named) else {
        let names: Vec<_> = InstructionSet::available().map(|set| format!("{set:?}")).collect();
        eprintln!("this CPU has the instruction sets {}", names.join(", "));
        std::process::exit(2);
    };
    let mut report = Report::default();
    report.measure::<f32>(set);
    report.measure::<f64>(set);
    report.measure::<f16>(set);
    report.measure::<bf16>(set);
    let Report { of_data: [forward, backward, from_output], of_constants, worst, mut slowest } =
        report;
    println!("Values, forward, on {set:?}:\n\n{forward}");
    println!("Values and gradients, backward:\n\n{backward}");
    println!("The same values and gradients, backward from y = f(x):\n\n{from_output}");
    println!("Constants alpha and scale, over N(0, 1) unless x is given:\n\n{of_constants}");
    println!("Of each function and type:\n");
    println!("| | N(0, 1), ns | worst ratio | of | slowest single value, ns | which is |");
    println!("| --- | --: | --: | --- | --: | --- |\n{}\n", worst.join("\n"));
    slowest.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("The slowest single value of all took {:.0} ns ({}).", slowest[0].0, slowest[0].1);
}
