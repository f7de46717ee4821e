//! Tries every pair of an argument and a gradient.

use crate::exact;
use crate::format::{Bf16, F16, Format};
use crate::kernel::{Fused, Unfused};
use crate::simd::Isa;
use rayon::prelude::*;
use std::ops::Add;

/// Gradients tried at once.
const BLOCK: usize = 64;

/// The error that the library bounds its products in `f64` by.
const PRODUCT_ERROR: f64 = 1.0 / (1_u64 << 47) as f64;

/// What came of all pairs.
#[derive(Clone, Copy, Default)]
struct Tally {
    /// Pairs that the bounds decide, and not for the correctly rounded product.
    wrong: u64,
    /// Pairs that the bounds in `f32` leave open.
    open: u64,
    /// Pairs that a product in `f64` leaves open as well.
    open_in_f64: u64,
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            wrong: self.wrong + other.wrong,
            open: self.open + other.open,
            open_in_f64: self.open_in_f64 + other.open_in_f64,
        }
    }
}

/// Prints what came of all pairs of each type, and returns whether none is wrong.
pub fn try_all() -> bool {
    let verdicts = [
        try_format::<F16, Fused>("fused"),
        try_format::<F16, Unfused>("unfused"),
        try_format::<Bf16, Fused>("fused"),
        try_format::<Bf16, Unfused>("unfused"),
    ];
    verdicts == [true; 4]
}

fn try_format<F: Format, I: Isa>(arithmetic: &str) -> bool {
    let start = std::time::Instant::now();
    let tally = (0..=u16::MAX)
        .into_par_iter()
        .map(|x| try_argument::<F, I>(x))
        .reduce(Tally::default, Tally::add);
    println!(
        "{:4} gradients, {arithmetic}: {} wrong of 4,294,967,296, {} open, {} of them in f64 ({} s)",
        F::NAME,
        tally.wrong,
        tally.open,
        tally.open_in_f64,
        start.elapsed().as_secs(),
    );
    tally.wrong == 0
}

/// All gradients with one argument.
fn try_argument<F: Format, I: Isa>(x: u16) -> Tally {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
        #[target_feature(enable = "avx2,fma")]
        fn with_avx2<F: Format, I: Isa>(x: u16) -> Tally {
            try_blocks::<F, I>(x)
        }
        // SAFETY: the CPU has what the function is compiled for.
        return unsafe { with_avx2::<F, I>(x) };
    }
    try_blocks::<F, I>(x)
}

#[inline(always)]
fn try_blocks<F: Format, I: Isa>(x: u16) -> Tally {
    let mut tally = Tally::default();
    let value = F::value(x);
    let wide = F::widen(x);
    let derivative = exact::derivative(value);
    for first in (0..=u16::MAX).step_by(BLOCK) {
        let mut differ = [false; BLOCK];
        let (mut lower, mut upper) = ([0.0; BLOCK], [0.0; BLOCK]);
        let mut expected = [0.0; BLOCK];
        for (i, grad) in (first..=first + (BLOCK as u16 - 1)).enumerate() {
            let grad = F::widen(grad);
            [lower[i], upper[i]] = F::gradient_bounds::<I>(wide, grad);
            let product = f64::from(grad) * derivative;
            let below = rounded::<F>(product * (1.0 - PRODUCT_ERROR));
            expected[i] = rounded::<F>(product * (1.0 + PRODUCT_ERROR));
            differ[i] = below != expected[i] && !product.is_nan();
        }
        let (lower, upper) = (F::narrow(&lower), F::narrow(&upper));
        for i in 0..BLOCK {
            let bits = first + i as u16;
            let is_open = lower[i] != upper[i];
            tally.open += u64::from(is_open);
            tally.open_in_f64 += u64::from(is_open && differ[i]);
            let is_right = if differ[i] {
                upper[i] == exact::rounded_gradient::<F>(value, F::value(bits))
            } else if expected[i].is_nan() {
                upper[i] == F::NAN
            } else {
                // A product that overflows is the next power of two here.
                let bits = upper[i];
                let is_infinite = bits & 0x7fff == F::INFINITY;
                let largest = f64::from(F::value(F::INFINITY - 1));
                let same = if is_infinite {
                    expected[i].abs() > largest
                } else {
                    f64::from(F::value(bits)) == expected[i]
                };
                same && expected[i].is_sign_negative() == (bits & 0x8000 != 0)
            };
            tally.wrong += u64::from(!is_open && !is_right);
        }
    }
    tally
}

/// `x` rounded to the format, but for overflow.
#[inline(always)]
fn rounded<F: Format>(x: f64) -> f64 {
    let smallest_normal = f64::from_bits(((1023 + F::LOWEST) as u64) << 52);
    let magnitude = x.abs();
    let leading = if magnitude < smallest_normal { smallest_normal } else { magnitude };
    let leading = leading.to_bits() & f64::INFINITY.to_bits();
    // A power of two whose last place is that of the result: adding it rounds.
    let shift = f64::from_bits(leading + (((53 - F::DIGITS) as u64) << 52));
    ((magnitude + shift) - shift).copysign(x)
}
