//! The correctly rounded functions at every `f32`, fast enough to try all 2³² of them.

use crate::reference::{Exact, Worst, selu, selu_grad, ulp_error};
use rayon::prelude::*;
use selu::consts::f64::{SCALE, SCALE_ALPHA};
use std::sync::atomic::{AtomicU32, Ordering};

/// Values per unit of work.
const CHUNK: u32 = 1 << 18;

/// The exact value of a function at an `f32`, as good as it is needed.
#[derive(Clone, Copy)]
pub struct Expected {
    /// To a relative error below [`Self::ERROR`].
    pub approximate: f64,
    /// The `f32` nearest to the exact value.
    pub rounded: f32,
}

impl Expected {
    /// The `exp_m1` and `exp` of an `f64` in the standard library are good to about 2⁻⁵² wherever
    /// they come from; this trusts them to 2⁻⁴⁵ only.
    const ERROR: f64 = 1.0 / (1_u64 << 45) as f64;

    fn exactly(x: f32) -> Self {
        Self { approximate: x.into(), rounded: x }
    }

    /// Where all that the approximation may stand for rounds to one `f32`, it is that one. Where
    /// not (once in a million values), 160 bits decide.
    fn new(approximate: f64, exact: impl FnOnce() -> Exact) -> Self {
        let low = (approximate * (1.0 - Self::ERROR)) as f32;
        let high = (approximate * (1.0 + Self::ERROR)) as f32;
        let low_is_nearest = low == high || {
            let exact = exact();
            ulp_error(low, &exact) < ulp_error(high, &exact)
        };
        Self { approximate, rounded: if low_is_nearest { low } else { high } }
    }

    pub fn selu(x: f32) -> Self {
        let wide = f64::from(x);
        if x == 0.0 || x == f32::INFINITY || x.is_nan() {
            Self::exactly(x)
        } else if x > 0.0 {
            Self::new(SCALE * wide, || selu(wide))
        } else {
            Self::new(SCALE_ALPHA * wide.exp_m1(), || selu(wide))
        }
    }

    pub fn selu_grad(x: f32) -> Self {
        let wide = f64::from(x);
        if x.is_nan() {
            Self::exactly(x)
        } else if x >= 0.0 {
            Self::new(SCALE, || selu_grad(0.0))
        } else {
            Self::new(SCALE_ALPHA * wide.exp(), || selu_grad(wide))
        }
    }

    /// |computed − exact| in units of the last place of `f32` at the exact value.
    fn ulp_error(self, computed: f32) -> f64 {
        if computed == self.rounded && (computed.is_infinite() || computed == 0.0) {
            return 0.0;
        }
        // Where a result overflows that should not, infinity stands for the next power of two.
        let computed = f64::from(computed).clamp(-(2f64.powi(128)), 2f64.powi(128));
        let smallest_normal = f64::from(f32::MIN_POSITIVE);
        let exponent_of = self.approximate.abs().max(smallest_normal).to_bits() >> 52;
        let last_place = f64::from_bits((exponent_of - 23) << 52);
        (computed - self.approximate).abs() / last_place
    }
}

/// What came of trying a function on all `f32`.
pub struct Tally {
    /// How many results are not correctly rounded.
    pub wrong: u64,
    /// The largest error.
    pub worst: Worst,
    /// One of the wrong results: x, the result, and the correctly rounded one.
    pub example: Option<(f32, f32, f32)>,
}

impl Tally {
    const NOTHING: Self = Self { wrong: 0, worst: Worst::NONE, example: None };

    fn add(mut self, x: f32, y: f32, expected: Expected) -> Self {
        if y.is_nan() && expected.rounded.is_nan() {
            return self;
        }
        if y.to_bits() != expected.rounded.to_bits() {
            self.wrong += 1;
            self.example = Some((x, y, expected.rounded));
        }
        self.worst = self.worst.or(Worst { error: expected.ulp_error(y), x: x.into() });
        self
    }

    fn and(self, other: Self) -> Self {
        Self {
            wrong: self.wrong + other.wrong,
            worst: self.worst.or(other.worst),
            example: self.example.or(other.example),
        }
    }
}

/// Tries `function`, which maps a slice to a slice, on all 2³² values.
pub fn try_all(
    name: &str,
    function: impl Fn(&[f32], &mut [f32]) + Sync,
    expected: impl Fn(f32) -> Expected + Sync,
) -> Tally {
    let chunks = u32::MAX / CHUNK + 1;
    let started = AtomicU32::new(0);
    (0..chunks)
        .into_par_iter()
        .map(|chunk| {
            let before = started.fetch_add(1, Ordering::Relaxed);
            if before.is_multiple_of(chunks / 10) {
                eprintln!("{name}: {} % done", u64::from(before) * 100 / u64::from(chunks));
            }
            let first = chunk * CHUNK;
            let x: Vec<f32> = (first..=first + (CHUNK - 1)).map(f32::from_bits).collect();
            let mut y = vec![0.0; x.len()];
            function(&x, &mut y);
            x.into_iter().zip(y).fold(Tally::NOTHING, |tally, (x, y)| tally.add(x, y, expected(x)))
        })
        .reduce(|| Tally::NOTHING, Tally::and)
}
