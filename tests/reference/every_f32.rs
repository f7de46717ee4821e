//! The correctly rounded functions at every `f32`, fast enough to try all 2³² of them.

#![allow(dead_code, reason = "each test takes what it needs")]

use crate::reference::{Exact, Worst, elu, selu, selu_grad, ulp_error};
use rayon::prelude::*;
use selu::consts::f64::{SCALE, SCALE_ALPHA};
use std::sync::atomic::{AtomicU32, Ordering};

/// Values per unit of work.
const CHUNK: u32 = 1 << 16;

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

    /// elu(x, 1).
    pub fn elu(x: f32) -> Self {
        let wide = f64::from(x);
        if x.is_nan() || x >= 0.0 {
            Self::exactly(x)
        } else {
            Self::new(wide.exp_m1(), || elu(wide, 1.0))
        }
    }

    /// Whether `computed` is correctly rounded.
    pub fn is_nearest(self, computed: f32) -> bool {
        computed.to_bits() == self.rounded.to_bits() || computed.is_nan() && self.rounded.is_nan()
    }

    /// Whether `computed` is one of the two numbers around the exact value, or that value.
    pub fn is_faithful(self, computed: f32) -> bool {
        let beyond = self.approximate - f64::from(self.rounded);
        let is_exact = beyond.abs() <= Self::ERROR * self.approximate.abs();
        let other = if beyond > 0.0 { self.rounded.next_up() } else { self.rounded.next_down() };
        self.is_nearest(computed) || !is_exact && computed.to_bits() == other.to_bits()
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

/// Whether a result is right: `Expected::is_nearest` or `Expected::is_faithful`.
pub type Promise = fn(Expected, f32) -> bool;

/// What came of trying a function on all `f32`.
pub struct Tally {
    /// How many results are wrong …
    pub wrong: u64,
    /// … and how many are not the nearest number.
    pub misrounded: u64,
    /// The largest error.
    pub worst: Worst,
    /// One of the wrong results: x, the result, and the correctly rounded one.
    pub example: Option<(f32, f32, f32)>,
}

impl Tally {
    const NOTHING: Self = Self { wrong: 0, misrounded: 0, worst: Worst::NONE, example: None };

    fn add(mut self, x: f32, y: f32, expected: Expected, is_right: Promise) -> Self {
        if y.is_nan() && expected.rounded.is_nan() {
            return self;
        }
        self.misrounded += u64::from(!expected.is_nearest(y));
        if !is_right(expected, y) {
            self.wrong += 1;
            self.example = Some((x, y, expected.rounded));
        }
        self.worst = self.worst.or(Worst { error: expected.ulp_error(y), x: x.into() });
        self
    }

    fn and(self, other: Self) -> Self {
        Self {
            wrong: self.wrong + other.wrong,
            misrounded: self.misrounded + other.misrounded,
            worst: self.worst.or(other.worst),
            example: self.example.or(other.example),
        }
    }
}

/// Tries `function`, which maps a slice to a slice, on all 2³² values.
pub fn try_all(
    name: &str,
    is_right: Promise,
    function: impl Fn(&[f32], &mut [f32]) + Sync,
    expected: impl Fn(f32) -> Expected + Sync,
) -> Tally {
    try_some(1, name, is_right, function, expected)
}

/// The same with one chunk of the values in `step`.
pub fn try_some(
    step: u32,
    name: &str,
    is_right: Promise,
    function: impl Fn(&[f32], &mut [f32]) + Sync,
    expected: impl Fn(f32) -> Expected + Sync,
) -> Tally {
    let chunks = u32::MAX / CHUNK / step + 1;
    let started = AtomicU32::new(0);
    (0..chunks)
        .into_par_iter()
        .map(|chunk| {
            let before = started.fetch_add(1, Ordering::Relaxed);
            if before.is_multiple_of(chunks.div_ceil(10)) {
                eprintln!("{name}: {} % done", u64::from(before) * 100 / u64::from(chunks));
            }
            let first = chunk * step * CHUNK;
            let x: Vec<f32> = (first..=first + (CHUNK - 1)).map(f32::from_bits).collect();
            let mut y = vec![0.0; x.len()];
            function(&x, &mut y);
            x.into_iter()
                .zip(y)
                .fold(Tally::NOTHING, |tally, (x, y)| tally.add(x, y, expected(x), is_right))
        })
        .reduce(|| Tally::NOTHING, Tally::and)
}
