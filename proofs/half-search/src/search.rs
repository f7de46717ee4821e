//! Finds coefficients with which SELU is correctly rounded for every argument.
//!
//! 1. For each argument the magnitudes that round to the right result are an interval. Arguments
//!    below `low`, where SELU has reached its limit, need no other result than `low` itself.
//! 2. Start, in real numbers: both polynomials by least squares, from n·(eˣᐟⁿ − 1) inside and what
//!    is left outside. Then the largest distance from the middle of an interval, in units of half
//!    its width, is made as small as it can be: a sequence of linear problems, each solved by
//!    exchange.
//! 3. Search, on `f32`: the coefficients are rounded, after the inner polynomial has been
//!    multiplied by a random factor that the outer one makes up for, and changed at random. The
//!    fewer results are wrong, fused and unfused, the better (simulated annealing), until none is.
//!
//! Every attempt starts from its own fixed seed, and the attempt with the lowest number wins, so
//! the result is always the same.

use crate::exact;
use crate::format::{Bf16, Coefficients, F16, Format};
use crate::kernel::{Fused, Unfused};
use rayon::prelude::*;

/// Values of n in the start.
const STARTS: [f64; 5] = [2.0, 4.0, 6.0, 8.0, 16.0];
/// Linear problems before the start is taken as it is.
const STEPS: u32 = 200;
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
    println!("{:4} low {}, {} arguments", F::NAME, task.low, task.x.len());
    let initial = task.initial(F::SHAPE);
    println!(
        "     at the start {:.6} of half an interval off",
        task.largest_residual(F::SHAPE, &initial)
    );
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
        let residual =
            |i| self.residual(i, -nested(shape, coefficients, self.x[i].into()).value).abs();
        let residuals = (0..self.x.len()).map(residual);
        // NaN counts as the largest.
        residuals
            .fold(0.0, |largest, residual| if residual <= largest { largest } else { residual })
    }

    /// The best coefficients in real numbers, from several starts.
    fn initial(&self, shape: [usize; 2]) -> Vec<f64> {
        let refined = STARTS.map(|n| self.refined(shape, self.start(shape, n)));
        let largest = |coefficients: &Vec<f64>| self.largest_residual(shape, coefficients);
        refined.into_iter().min_by(|a, b| largest(a).total_cmp(&largest(b))).expect("starts")
    }

    /// s near n·(eˣᐟⁿ − 1), and the outer polynomial what is left to do.
    fn start(&self, [inner, outer]: [usize; 2], n: f64) -> Vec<f64> {
        // Coefficients of base, base², … whose sum is near `wanted`, relative to `wanted`.
        let fit = |base: &[f64], wanted: &[f64], count: usize| {
            let powers = 1..=count as i32;
            let row = |(base, wanted): (&f64, &f64)| {
                powers.clone().map(|power| base.powi(power) / wanted).collect()
            };
            let rows: Vec<Vec<f64>> = base.iter().zip(wanted).map(row).collect();
            least_squares(&rows, &vec![1.0; base.len()])
        };
        let x: Vec<f64> = self.x.iter().copied().map(f64::from).collect();
        let s: Vec<f64> = x.iter().map(|x| n * (x / n).exp_m1()).collect();
        let selu: Vec<f64> = self.x.iter().copied().map(exact::selu).collect();
        let mut coefficients = fit(&x, &s, inner);
        let polynomial = |x: &f64| x * coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c);
        let s: Vec<f64> = x.iter().map(polynomial).collect();
        coefficients.extend(fit(&s, &selu, outer));
        coefficients
    }

    /// Lowers the largest residual as far as it goes: a linear problem in each step.
    fn refined(&self, shape: [usize; 2], mut coefficients: Vec<f64>) -> Vec<f64> {
        let mut largest = self.largest_residual(shape, &coefficients);
        for _ in 0..STEPS {
            let rows: Vec<Row> = (self.x.iter().enumerate())
                .map(|(i, &x)| {
                    let nested = nested(shape, &coefficients, x.into());
                    let per_value = self.residual(i, 1.0) - self.residual(i, 0.0);
                    // The last coefficient stays, since a factor of s changes nothing.
                    let gradient = &nested.gradient[..coefficients.len() - 1];
                    Row {
                        residual: self.residual(i, -nested.value),
                        gradient: gradient.iter().map(|g| -g * per_value).collect(),
                    }
                })
                .collect();
            let change = minimax(&rows, self.spread(coefficients.len()));
            let shorter = (0..12).map(|halvings| 0.5_f64.powi(halvings));
            let improved = shorter.into_iter().find_map(|length| {
                let changed = coefficients.iter().zip(change.iter().chain([&0.0]));
                let changed: Vec<f64> = changed.map(|(c, d)| c + length * d).collect();
                let residual = self.largest_residual(shape, &changed);
                (residual < largest).then_some((residual, changed))
            });
            let Some(improved) = improved else { break };
            let before = largest;
            (largest, coefficients) = improved;
            if before - largest < 1e-9 {
                break;
            }
        }
        coefficients
    }

    /// As many arguments from all over the range.
    fn spread(&self, count: usize) -> Vec<usize> {
        let beyond = |x: f32| self.x.partition_point(|&other| other > x);
        (1..=count).map(|i| beyond(self.low * (i as f32 - 0.5) / count as f32)).collect()
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
            coefficients[inner + i] = (initial[inner + i] / factor.powi(i as i32 + 1)) as f32;
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
            for value in
                [F::negative::<Fused>(coefficients, x), F::negative::<Unfused>(coefficients, x)]
            {
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

/// A residual, and how it changes with each coefficient.
struct Row {
    residual: f64,
    gradient: Vec<f64>,
}

impl Row {
    fn after(&self, change: &[f64]) -> f64 {
        self.residual + self.gradient.iter().zip(change).map(|(g, d)| g * d).sum::<f64>()
    }
}

/// The change of the coefficients that makes the largest |residual| smallest, by exchange: as many
/// rows as there are unknowns, and one, have residuals of one size, the largest that any change can
/// leave them; the row that is worst then takes the place of one of them.
fn minimax(rows: &[Row], first: Vec<usize>) -> Vec<f64> {
    let unknowns = rows[0].gradient.len();
    // A column for each row of the basis: ±gradient and 1.
    let column = |&(row, sign): &(usize, f64)| -> Vec<f64> {
        let gradient = rows[row].gradient.iter().map(|g| sign * g);
        gradient.chain([1.0]).collect()
    };
    let mut basis: Vec<(usize, f64)> = first.into_iter().map(|row| (row, 1.0)).collect();
    let mut unit = vec![0.0; unknowns + 1];
    unit[unknowns] = 1.0;
    // The weights of a combination of the gradients that is 0, made positive by the signs.
    let weights = solve(&transposed(basis.iter().map(column).collect()), &unit);
    for ((_, sign), weight) in basis.iter_mut().zip(&weights) {
        *sign = weight.signum();
    }
    loop {
        let columns: Vec<Vec<f64>> = basis.iter().map(column).collect();
        // sign·(residual + gradient·change) = size for each row of the basis.
        let wanted: Vec<f64> =
            basis.iter().map(|&(row, sign)| -sign * rows[row].residual).collect();
        let mut change = solve(&columns, &wanted);
        let size = -change.pop().expect("the size comes last");
        let worst = rows.iter().map(|row| row.after(&change)).enumerate();
        let (row, residual) =
            worst.max_by(|(_, a), (_, b)| a.abs().total_cmp(&b.abs())).expect("a row");
        if residual.abs() <= size + 1e-9 {
            return change;
        }
        let entering = (row, residual.signum());
        let columns = transposed(columns);
        let weights = solve(&columns, &unit);
        let shares = solve(&columns, &column(&entering));
        let leaving = (0..=unknowns)
            .filter(|&i| shares[i] > 1e-12)
            .min_by(|&a, &b| (weights[a] / shares[a]).total_cmp(&(weights[b] / shares[b])));
        let Some(leaving) = leaving else { return change };
        basis[leaving] = entering;
    }
}

fn transposed(matrix: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    (0..matrix.len()).map(|i| matrix.iter().map(|row| row[i]).collect()).collect()
}

/// The solution of the normal equations.
fn least_squares(rows: &[Vec<f64>], wanted: &[f64]) -> Vec<f64> {
    let columns = rows[0].len();
    let mut matrix = vec![vec![0.0; columns]; columns];
    let mut right = vec![0.0; columns];
    for (row, wanted) in rows.iter().zip(wanted) {
        for i in 0..columns {
            for j in 0..columns {
                matrix[i][j] += row[i] * row[j];
            }
            right[i] += row[i] * wanted;
        }
    }
    solve(&matrix, &right)
}

/// The solution of matrix·solution = right, by Gauss's elimination.
fn solve(matrix: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let size = right.len();
    let mut matrix = matrix.to_vec();
    let mut right = right.to_vec();
    // Of a row only the proportions matter for the choice of a pivot.
    for (row, right) in matrix.iter_mut().zip(&mut right) {
        let largest = row.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        row.iter_mut().for_each(|value| *value /= largest);
        *right /= largest;
    }
    for i in 0..size {
        let by_size = |&a: &usize, &b: &usize| matrix[a][i].abs().total_cmp(&matrix[b][i].abs());
        let pivot = (i..size).max_by(by_size).expect("a row");
        matrix.swap(i, pivot);
        right.swap(i, pivot);
        let (pivots, below) = matrix.split_at_mut(i + 1);
        let pivot = &pivots[i];
        for (row, known) in below.iter_mut().zip(i + 1..) {
            let factor = row[i] / pivot[i];
            row.iter_mut().zip(pivot).skip(i).for_each(|(value, pivot)| *value -= factor * pivot);
            right[known] -= factor * right[i];
        }
    }
    for i in (0..size).rev() {
        let known: f64 = (i + 1..size).map(|j| matrix[i][j] * right[j]).sum();
        right[i] = (right[i] - known) / matrix[i][i];
    }
    right
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
