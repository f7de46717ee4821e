//! Finds coefficients with which SELU is correctly rounded for every argument.
//!
//! 1. For each argument the magnitudes that round to the right result are an interval. Arguments
//!    below `low`, where SELU has reached its limit, need no other result than `low` itself.
//! 2. Start, in real numbers: both polynomials by least squares, from (eˣᐟⁿ − 1)·n inside and what is
//!    left outside; then their largest distance from the middles of the intervals, in units of the
//!    intervals' widths, is made small by Gauss-Newton steps for an ever higher power of it.
//! 3. Search, on `f32`: the coefficients are rounded, after the inner polynomial has been multiplied
//!    by a random factor that the outer one makes up for, and changed at random. The fewer results
//!    are wrong, fused and unfused, the better (simulated annealing), until none is.
//!
//! Every attempt starts from its own fixed seed, and the attempt with the lowest number wins, so the
//! result is always the same.

use crate::exact;
use crate::format::{Bf16, Coefficients, F16, Format};
use crate::kernel::{Fused, Unfused};
use rayon::prelude::*;

/// Attempts before giving up.
const ATTEMPTS: u32 = 400;
/// Changes in a row that bring nothing before an attempt ends.
const PATIENCE: u32 = 6000;

/// Searches for both types, prints what it finds, and returns whether it found it.
pub fn search() -> bool {
    let verdicts = [search_format::<F16>(), search_format::<Bf16>()];
    verdicts == [true; 2]
}

fn search_format<F: Format>() -> bool {
    let start = std::time::Instant::now();
    let task = Task::new::<F>();
    println!("{:4} low {}", F::NAME, task.low);
    let initial = task.initial(F::SHAPE);
    println!("     at the start {:.3} of the width off", task.largest_residual(F::SHAPE, &initial));
    let found = (0..ATTEMPTS)
        .into_par_iter()
        .by_uniform_blocks(rayon::current_num_threads())
        .find_map_first(|attempt| Some((attempt, task.attempt::<F>(attempt, &initial)?)));
    let seconds = start.elapsed().as_secs();
    let Some((attempt, coefficients)) = found else {
        println!("     nothing found ({seconds} s)");
        return false;
    };
    let [inner, outer] = F::SHAPE;
    println!("     inner {:?}", &coefficients[..inner]);
    println!("     outer {:?}", &coefficients[inner..inner + outer]);
    println!("     by attempt {attempt} ({seconds} s)");
    true
}

/// What is wanted: for each negative argument the magnitudes that round to the right result.
struct Task {
    low: f32,
    x: Vec<f32>,
    /// The first and the last magnitude as an `f32`, by its bits.
    first: Vec<u32>,
    last: Vec<u32>,
}

impl Task {
    fn new<F: Format>() -> Self {
        let results = exact::rounded_selu::<F>();
        let result = |bits: u16| results[usize::from(bits)];
        let limit = result(F::INFINITY | 0x8000);
        // From the first argument whose result is the limit, on to a number that is short.
        let reached = (0x8001..F::INFINITY | 0x8000).find(|&bits| result(bits) == limit);
        let low = (F::value(reached.expect("the limit is reached")) * 16.0).floor() / 16.0;
        let mut task = Self { low, x: vec![], first: vec![], last: vec![] };
        for bits in (0x8001..F::INFINITY | 0x8000).filter(|&bits| F::value(bits) >= low) {
            let (low, high) = F::interval(result(bits));
            task.x.push(F::value(bits));
            // The ends are exact as `f32`; they are ties, and excluded.
            task.first.push((low as f32).to_bits() + 1);
            task.last.push((high as f32).to_bits() - 1);
        }
        task
    }

    /// How far a result is from the middle of its interval, where 1 is its end.
    fn residual(&self, i: usize, magnitude: f64) -> f64 {
        let [first, last] = [self.first[i], self.last[i]].map(|end| f64::from(f32::from_bits(end)));
        (magnitude - 0.5 * (first + last)) / (0.5 * (last - first).max(f64::MIN_POSITIVE))
    }

    fn largest_residual(&self, shape: [usize; 2], coefficients: &[f64]) -> f64 {
        let residual = |i| {
            self.residual(i, -nested(shape, coefficients, self.x[i].into()).value).abs()
        };
        (0..self.x.len()).map(residual).fold(0.0, f64::max)
    }

    /// Coefficients in real numbers that nearly do, from several starts.
    fn initial(&self, shape: [usize; 2]) -> Vec<f64> {
        let starts = [2.0, 4.0, 8.0, 16.0].map(|n| self.start(shape, n));
        let refined = starts.map(|start| self.refined(shape, start));
        let largest = |coefficients: &Vec<f64>| self.largest_residual(shape, coefficients);
        refined.into_iter().min_by(|a, b| largest(a).total_cmp(&largest(b))).expect("starts")
    }

    fn start(&self, [inner, outer]: [usize; 2], n: f64) -> Vec<f64> {
        let x: Vec<f64> = self.x.iter().copied().map(f64::from).collect();
        let s: Vec<f64> = x.iter().map(|x| n * (x / n).exp_m1()).collect();
        let weights = vec![1.0; x.len()];
        let ratio = |a: &[f64], b: &[f64]| -> Vec<f64> {
            a.iter().zip(b).map(|(a, b)| a / b).collect()
        };
        let selu: Vec<f64> = self.x.iter().map(|&x| exact::selu(x)).collect();
        // Relative to s and to selu, so that both are good near 0.
        let rows = |base: &[f64], of: &[f64], count: usize| -> Vec<Vec<f64>> {
            let row = |(&base, &of): (&f64, &f64)| {
                (1..=count as i32).map(|power| base.powi(power) / of).collect()
            };
            base.iter().zip(of).map(row).collect()
        };
        let mut coefficients = least_squares(&rows(&x, &s, inner), &ratio(&s, &s), &weights, 0.0);
        let s: Vec<f64> = x
            .iter()
            .map(|&x| x * coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c))
            .collect();
        let weights = vec![1.0; x.len()];
        coefficients.extend(least_squares(
            &rows(&s, &selu, outer),
            &ratio(&selu, &selu),
            &weights,
            0.0,
        ));
        coefficients
    }

    /// Lowers the largest residual.
    fn refined(&self, shape: [usize; 2], mut coefficients: Vec<f64>) -> Vec<f64> {
        let mut best = coefficients.clone();
        let mut smallest = self.largest_residual(shape, &best);
        for step in 0..300 {
            // The power rises from 2 to 60.
            let power = 2.0 + f64::from(step).min(200.0) * 0.29;
            let scale = self.largest_residual(shape, &coefficients);
            let mut rows = Vec::with_capacity(self.x.len());
            let (mut wanted, mut weights) = (vec![], vec![]);
            for (i, &x) in self.x.iter().enumerate() {
                let nested = nested(shape, &coefficients, x.into());
                let residual = self.residual(i, -nested.value);
                let per_value = self.residual(i, 1.0) - self.residual(i, 0.0);
                rows.push(nested.gradient.iter().map(|g| -g * per_value).collect());
                wanted.push(-residual);
                weights.push((residual.abs() / scale).powf(power - 2.0).max(1e-30));
            }
            let change = least_squares(&rows, &wanted, &weights, 1e-12);
            let mut length = 1.0 / (power - 1.0).sqrt();
            for _ in 0..6 {
                let changed: Vec<f64> =
                    coefficients.iter().zip(&change).map(|(c, d)| c + length * d).collect();
                let largest = self.largest_residual(shape, &changed);
                if largest < scale * 1.02 {
                    coefficients = changed;
                    if largest < smallest {
                        (smallest, best) = (largest, coefficients.clone());
                    }
                    break;
                }
                length *= 0.4;
            }
        }
        best
    }

    /// One attempt to find coefficients with which nothing is wrong.
    fn attempt<F: Format>(&self, attempt: u32, initial: &[f64]) -> Option<Coefficients> {
        let [inner, outer] = F::SHAPE;
        let mut random = Random::new(attempt);
        // Multiplying s by a factor changes all roundings, and nothing else.
        let factor = (random.fraction() - 0.5).exp2();
        let mut coefficients = [0.0; _];
        for i in 0..inner {
            coefficients[i] = (initial[i] * factor) as f32;
        }
        for i in 0..outer {
            coefficients[inner + i] =
                (initial[inner + i] / factor.powi(i as i32 + 1)) as f32;
        }
        let mut badness = self.badness::<F>(&coefficients);
        let mut stale = 0;
        let mut temperature = 3.0_f64;
        while stale < PATIENCE {
            if badness == 0 {
                return Some(coefficients);
            }
            let mut changed = coefficients;
            for _ in 0..=random.below(3) {
                let i = random.below((inner + outer) as u64) as usize;
                let degree = if i < inner { i } else { i - inner };
                // The higher the degree, the less a last place counts.
                let places = 1 << random.below((3 + 2 * degree as u64).min(14));
                let change = random.below(2 * places + 1) as i32 - places as i32;
                changed[i] = f32::from_bits(changed[i].to_bits().wrapping_add_signed(change));
            }
            let changed_badness = self.badness::<F>(&changed);
            stale = if changed_badness < badness { 0 } else { stale + 1 };
            let rise = changed_badness as f64 - badness as f64;
            if rise <= 0.0 || random.fraction() < (-rise / temperature).exp() {
                (coefficients, badness) = (changed, changed_badness);
            }
            temperature = (temperature * 0.9995).max(0.3);
        }
        None
    }

    /// 0 if no result is wrong; the more of them and the farther off, the larger.
    fn badness<F: Format>(&self, coefficients: &Coefficients) -> u64 {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
            #[target_feature(enable = "avx2,fma")]
            fn with_avx2<F: Format>(task: &Task, coefficients: &Coefficients) -> u64 {
                task.badness_here::<F>(coefficients)
            }
            // SAFETY: the CPU has what the function is compiled for.
            return unsafe { with_avx2::<F>(self, coefficients) };
        }
        self.badness_here::<F>(coefficients)
    }

    #[inline(always)]
    fn badness_here<F: Format>(&self, coefficients: &Coefficients) -> u64 {
        const FAR: u32 = 1 << 12;
        let (mut wrong, mut distance) = (0, 0);
        for ((&x, &first), &last) in self.x.iter().zip(&self.first).zip(&self.last) {
            for value in [
                F::negative::<Fused>(coefficients, x),
                F::negative::<Unfused>(coefficients, x),
            ] {
                let magnitude = (-value).to_bits();
                let off = first.saturating_sub(magnitude).max(magnitude.saturating_sub(last));
                wrong += u32::from(off != 0);
                distance += off.min(FAR);
            }
        }
        4 * u64::from(wrong) + u64::from(distance)
    }
}

/// s·P(s) with s = x·Q(x), in real numbers.
struct Nested {
    value: f64,
    /// By each coefficient.
    gradient: [f64; 9],
}

fn nested([inner, outer]: [usize; 2], coefficients: &[f64], x: f64) -> Nested {
    let (q, p) = coefficients.split_at(inner);
    let s = x * q.iter().rev().fold(0.0, |sum, c| sum * x + c);
    let value = s * p.iter().rev().fold(0.0, |sum, c| sum * s + c);
    let terms = p.iter().enumerate().rev();
    let slope = terms.fold(0.0, |sum, (i, c)| sum * s + (i + 1) as f64 * c);
    let mut gradient = [0.0; 9];
    let mut power = x;
    for gradient in &mut gradient[..inner] {
        *gradient = slope * power;
        power *= x;
    }
    let mut power = s;
    for gradient in &mut gradient[inner..inner + outer] {
        *gradient = power;
        power *= s;
    }
    Nested { value, gradient }
}

/// The solution of the weighted normal equations, with columns scaled and a little damping, since
/// one direction (a factor of s) changes nothing.
fn least_squares(rows: &[Vec<f64>], wanted: &[f64], weights: &[f64], damping: f64) -> Vec<f64> {
    let columns = rows[0].iter().filter(|value| **value != 0.0).count();
    let mut matrix = vec![vec![0.0; columns + 1]; columns];
    for ((row, wanted), weight) in rows.iter().zip(wanted).zip(weights) {
        for i in 0..columns {
            for j in 0..columns {
                matrix[i][j] += weight * row[i] * row[j];
            }
            matrix[i][columns] += weight * row[i] * wanted;
        }
    }
    let scales: Vec<f64> = (0..columns).map(|i| matrix[i][i].sqrt()).collect();
    for i in 0..columns {
        for j in 0..columns {
            matrix[i][j] /= scales[i] * scales[j];
        }
        matrix[i][i] += damping;
        matrix[i][columns] /= scales[i];
    }
    // Gauss, with the largest pivot of each column.
    for i in 0..columns {
        let pivot = (i..columns)
            .max_by(|&a, &b| matrix[a][i].abs().total_cmp(&matrix[b][i].abs()))
            .expect("a row");
        matrix.swap(i, pivot);
        for row in i + 1..columns {
            let factor = matrix[row][i] / matrix[i][i];
            for j in i..=columns {
                matrix[row][j] -= factor * matrix[i][j];
            }
        }
    }
    let mut solution = vec![0.0; columns];
    for i in (0..columns).rev() {
        let known: f64 = (i + 1..columns).map(|j| matrix[i][j] * solution[j]).sum();
        solution[i] = (matrix[i][columns] - known) / matrix[i][i];
    }
    solution.iter().zip(scales).map(|(value, scale)| value / scale).collect()
}

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn new(seed: u32) -> Self {
        Self((u64::from(seed) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// An integer from 0 to `end` − 1.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A number from 0 to 1.
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
