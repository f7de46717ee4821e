//! SELU of a few numbers next to the usual formula, and how long it takes.
//!
//! ```text
//! cargo run --release -p quickstart                  a small table
//! cargo run --release -p quickstart -- -1e-8 0.5     numbers of your own
//! cargo run --release -p quickstart -- --help        what else there is
//! ```

use rand::{SeedableRng, rngs::SmallRng};
use rand_distr::{Distribution, StandardNormal};
use selu::num_traits::Float;
use selu::{consts, selu, selu_into};
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs, hint};

const HELP: &str = "\
Prints SELU of numbers in f32 next to the usual formula.
Without arguments the numbers are a built-in table, and
this crate and a loop over std's exp_m1 are timed.

Usage:
  cargo run --release -p quickstart -- [ARGUMENT]...

  NUMBER      such as -1.5, 2e-8 or inf
  FILE        a text file of numbers, separated by white
              space or commas
  -           numbers from standard input, likewise
  -h, --help  this text
";

const TABLE: &str = "
    2 0.5 0 -1e-30 -1e-10 -1e-8 -1e-7 -3e-7 -1e-6 -1e-4 -0.01 -0.1 -0.5 -1 -3 -10 -17 -20 -inf";

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        return finish(io::stdout().write_all(HELP.as_bytes()));
    }
    let mut numbers = Vec::new();
    for argument in &arguments {
        match read(argument) {
            Ok(more) => numbers.extend(more),
            Err(message) => {
                eprintln!("quickstart: {message}");
                return ExitCode::from(2);
            }
        }
    }
    let mut out = io::stdout().lock();
    finish(if arguments.is_empty() {
        let table = parse("the table", TABLE).expect("the table has numbers");
        print_table(&mut out, &table).and_then(|()| print_times(&mut out))
    } else {
        print_table(&mut out, &numbers)
    })
}

/// A reader that closes the pipe has seen enough; any other failure to write is reported.
fn finish(written: io::Result<()>) -> ExitCode {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("quickstart: cannot write: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// The numbers that an argument stands for.
fn read(argument: &std::ffi::OsStr) -> Result<Vec<f32>, String> {
    let shown = argument.display();
    if argument == "-" {
        let text = io::read_to_string(io::stdin().lock());
        return parse(
            "standard input",
            &text.map_err(|error| format!("cannot read standard input: {error}"))?,
        );
    }
    if let Some(Ok(numbers)) = argument.to_str().map(|text| parse("", text)) {
        return Ok(numbers);
    }
    if argument.as_encoded_bytes().starts_with(b"-") {
        return Err(format!("unknown option \"{shown}\" (--help says more)"));
    }
    let mut text = String::new();
    fs::File::open(argument).and_then(|mut file| file.read_to_string(&mut text)).map_err(
        |error| {
            format!(
                "\"{shown}\" is neither a number (such as -1.5, 2e-8 or inf) \
                 nor a file that can be read: {error} (--help says more)"
            )
        },
    )?;
    parse(&shown.to_string(), &text)
}

fn parse(source: &str, text: &str) -> Result<Vec<f32>, String> {
    let separator = |c: char| c.is_whitespace() || c == ',';
    let mut numbers = Vec::new();
    // Some editors begin a file with a byte-order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (line, number) in text.lines().zip(1..) {
        for word in line.split(separator).filter(|word| !word.is_empty()) {
            numbers.push(word.parse().map_err(|_| {
                format!(
                    "{source}, line {number}: {word:?} is not a number \
                     (such as -1.5, 2e-8 or inf)"
                )
            })?);
        }
    }
    if numbers.is_empty() {
        return Err(format!("{source} has no numbers"));
    }
    Ok(numbers)
}

fn print_table(out: &mut impl Write, numbers: &[f32]) -> io::Result<()> {
    use consts::f32::{SCALE, SCALE_ALPHA};
    writeln!(out, "SELU in f32, by this crate and by exp(x) − 1:\n")?;
    let header = ["x", "selu(x)", "by exp(x) − 1", "its error"];
    writeln!(out, "{:>14} {:>14} {:>14} {:>10}", header[0], header[1], header[2], header[3])?;
    for &x in numbers {
        let right = selu(x);
        let usual = if x > 0.0 { SCALE * x } else { SCALE_ALPHA * (x.exp() - 1.0) };
        let percent = ((usual - right) / right).abs() * 100.0;
        let error = match percent {
            0.01.. => format!("{percent:.2} %"),
            0.0 => "-".into(),
            0.0.. => format!("{percent:.0e} %"),
            _ if right == 0.0 && right.to_bits() != usual.to_bits() => "sign".into(),
            _ => "-".into(),
        };
        writeln!(out, "{x:>14?} {right:>14?} {usual:>14?} {error:>10}")?;
    }
    Ok(())
}

/// Values per call, which fit into the cache of a core, as a layer of a network does.
const LENGTH: usize = 16_384;
const CALLS: usize = 256;

fn print_times(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "\nTime per value from N(0, 1), in the cache, on one core:\n\
         the median of {CALLS} calls with {LENGTH} values each.\n\
         Misrounded: std's results that are not the nearest number.\n"
    )?;
    writeln!(out, "{:>5} {:>12} {:>18} {:>14}", "", "selu_into", "std exp_m1 loop", "misrounded")?;
    print_time::<f32>(out, "f32", |x| {
        use consts::f32::{SCALE, SCALE_ALPHA};
        if x > 0.0 { SCALE * x } else { SCALE_ALPHA * x.exp_m1() }
    })?;
    print_time::<f64>(out, "f64", |x| {
        use consts::f64::{SCALE, SCALE_ALPHA};
        if x > 0.0 { SCALE * x } else { SCALE_ALPHA * x.exp_m1() }
    })?;
    let (_, fast) = time(&normal_values::<f32>(), selu::fast::selu_into);
    writeln!(out, "\nf32 by selu::fast (errors below 1 ULP): {fast:.2} ns")
}

fn normal_values<T: Float>() -> Vec<T>
where
    StandardNormal: Distribution<T>,
{
    StandardNormal.sample_iter(SmallRng::seed_from_u64(1)).take(LENGTH * CALLS).collect()
}

fn print_time<T: Float>(
    out: &mut impl Write,
    type_name: &str,
    formula: impl Fn(T) -> T,
) -> io::Result<()>
where
    StandardNormal: Distribution<T>,
{
    let values = normal_values::<T>();
    let (ours, our_time) = time(&values, selu_into);
    let (theirs, their_time) = time(&values, |src, dst| {
        for (y, &x) in dst.iter_mut().zip(src) {
            *y = formula(x);
        }
    });
    let misrounded = ours.iter().zip(&theirs).filter(|(a, b)| a != b).count();
    let share = 100.0 * misrounded as f64 / values.len() as f64;
    let (ours, theirs) = (format!("{our_time:.2} ns"), format!("{their_time:.2} ns"));
    writeln!(out, "{type_name:>5} {ours:>12} {theirs:>18} {:>14}", format!("{share:.1} %"))
}

/// All results, and the median time of a call in nanoseconds per value. Every call has values that
/// were copied into the cache before the clock starts, and that no branch predictor has seen.
fn time<T: Float>(values: &[T], function: impl Fn(&[T], &mut [T])) -> (Vec<T>, f64) {
    let mut results = Vec::with_capacity(values.len());
    let mut dst = vec![T::zero(); LENGTH];
    let mut times: Vec<Duration> = values
        .chunks_exact(LENGTH)
        .map(|values| {
            let src = hint::black_box(values.to_vec());
            let start = Instant::now();
            function(&src, hint::black_box(&mut dst));
            let time = start.elapsed();
            results.extend_from_slice(&dst);
            time
        })
        .collect();
    times.sort_unstable();
    (results, times[CALLS / 2].as_secs_f64() * 1e9 / LENGTH as f64)
}
