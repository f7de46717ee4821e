//! SELU of your numbers, beside the formula that most libraries compute.
//!
//! ```text
//! cargo run --release --example quickstart              a small table
//! cargo run --release --example quickstart numbers.txt  the numbers of a file
//! echo "-1e-8, 0.5" | cargo run --release --example quickstart
//! ```
//!
//! Numbers are separated by white space or commas.

use rand::{SeedableRng, rngs::SmallRng};
use rand_distr::{Distribution, StandardNormal};
use selu::consts::f32::{SCALE, SCALE_ALPHA};
use selu::{selu, selu_slice};
use std::io::{IsTerminal, Read};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const TABLE: &str = "
    2 0.5 0 -1e-30 -1e-10 -1e-8 -1e-7 -3e-7 -1e-6 -1e-4 -0.01 -0.1 -0.5 -1 -3 -10 -17 -20 -inf";

fn main() -> ExitCode {
    let numbers = match read_input().and_then(|text| parse(&text)) {
        Ok(numbers) => numbers,
        Err(message) => {
            eprintln!("quickstart: {message}");
            return ExitCode::from(2);
        }
    };
    print_table(&numbers);
    print_timing();
    ExitCode::SUCCESS
}

/// The text of the file that the command line names, or else of standard input, or else the table.
fn read_input() -> Result<String, String> {
    let mut text = String::new();
    if let Some(path) = std::env::args_os().nth(1) {
        text = std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    } else if !std::io::stdin().is_terminal() {
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| format!("cannot read standard input: {error}"))?;
    }
    Ok(if text.trim().is_empty() { TABLE.to_owned() } else { text })
}

fn parse(text: &str) -> Result<Vec<f32>, String> {
    let separator = |c: char| c.is_whitespace() || c == ',';
    let words = (1..).zip(text.lines()).flat_map(|(line, text)| {
        let words = text.split(separator).filter(|word| !word.is_empty());
        words.map(move |word| (line, word))
    });
    words
        .map(|(line, word)| {
            word.parse().map_err(|_| {
                format!("line {line}: {word:?} is not a number (such as -1.5, 2e-8 or inf)")
            })
        })
        .collect()
}

/// What most libraries compute.
fn naive(x: f32) -> f32 {
    if x > 0.0 { SCALE * x } else { SCALE_ALPHA * (x.exp() - 1.0) }
}

fn print_table(numbers: &[f32]) {
    println!("{:>14} {:>16} {:>16} {:>15}", "x", "selu(x)", "exp(x) − 1", "naive is off by");
    for &x in numbers {
        let (ours, theirs) = (selu(x), naive(x));
        let off = ((theirs - ours) / ours).abs() * 100.0;
        let off = match off {
            0.01.. => format!("{off:.2} %"),
            _ if ours != theirs && !off.is_nan() => format!("{off:.0e} %"),
            _ => String::from("-"),
        };
        println!("{x:>14?} {ours:>16?} {theirs:>16?} {off:>15}");
    }
}

fn print_timing() {
    const COUNT: usize = 10_000_000;
    let mut ours: Vec<f32> =
        StandardNormal.sample_iter(SmallRng::seed_from_u64(1)).take(COUNT).collect();
    let mut std = ours.clone();

    let ours_time = time(|| selu_slice(&mut ours));
    let std_time = time(|| {
        for x in &mut std {
            *x = if *x > 0.0 { SCALE * *x } else { SCALE_ALPHA * x.exp_m1() };
        }
    });

    println!("\n{COUNT} values from N(0, 1), one core:");
    let per_value = |time: Duration| time.as_secs_f64() * 1e9 / COUNT as f64;
    println!("  selu_slice       {:6.2} ns per value", per_value(ours_time));
    println!("  std exp_m1 loop  {:6.2} ns per value", per_value(std_time));
    println!("  {:.1} times as fast", std_time.as_secs_f64() / ours_time.as_secs_f64());

    let different = ours.iter().zip(&std).filter(|(a, b)| a != b).count();
    let share = 100.0 * different as f64 / COUNT as f64;
    println!("  std differs from the correctly rounded result in {share:.1} % of the values");
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}
