//! Tries the conversions and the bounds of the gradients on every argument. That the results are
//! correctly rounded, `tests/exact/half.rs` shows.

use crate::exact;
use crate::format::{Bf16, F16, Format};
use crate::kernel::{Fused, Unfused, lanes};
use crate::simd::Isa;

/// Prints the verdict on each claim, and returns whether all hold.
pub fn judge() -> bool {
    let verdicts = [judge_format::<F16>(), judge_format::<Bf16>()];
    verdicts == [true; 2]
}

fn judge_format<F: Format>() -> bool {
    let verdicts = [
        conversions_are_right::<F>(),
        gradient_bounds_enclose::<F, Fused>("fused"),
        gradient_bounds_enclose::<F, Unfused>("unfused"),
    ];
    verdicts == [true; 3]
}

fn verdict<F: Format>(claim: &str, wrong: usize) -> bool {
    println!("{:4} {claim}: {wrong} wrong of 65,536", F::NAME);
    wrong == 0
}

/// Every number widens to its value and comes back. The `f32` next to a middle between two numbers,
/// and therefore all others, narrow to the nearer one.
fn conversions_are_right<F: Format>() -> bool {
    let is_right = |&bits: &u16| {
        let (wide, value) = (F::widen(bits), F::value(bits));
        if value.is_nan() {
            return wide.is_nan() && F::narrow(&[value]) == [F::NAN];
        }
        let sign = bits & 0x8000;
        let signed = |magnitude: f32| if sign == 0 { magnitude } else { -magnitude };
        let narrows = |x: f32, expected: u16| F::narrow(&[signed(x)]) == [expected];
        let neighbours_are_right = value.is_infinite() || {
            let middle = F::middle_above(bits) as f32;
            narrows(middle.next_down(), bits) && narrows(middle.next_up(), bits + 1)
        };
        wide.to_bits() == value.to_bits()
            && narrows(value.abs(), bits)
            && narrows(f32::MAX, sign | F::INFINITY)
            && neighbours_are_right
    };
    verdict::<F>("conversions", (0..=u16::MAX).filter(|bits| !is_right(bits)).count())
}

/// The inequality that the gradient's bounds rest on, for every argument: with a gradient of 1 they
/// lie on both sides of the derivative, so far off that the roundings of products with another
/// gradient change nothing.
fn gradient_bounds_enclose<F: Format, I: Isa>(arithmetic: &str) -> bool {
    const ROUNDING: f64 = (1.0 + 1e-6) / (1_u64 << 24) as f64;
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    let mut wrong = 0;
    for x in (0..=u16::MAX).map(F::value) {
        let [lower, upper] = F::gradient_bounds::<I>(x, 1.0);
        if x.is_nan() {
            wrong += usize::from(!lower.is_nan() || !upper.is_nan());
            continue;
        }
        let rho = f64::from(upper) / exact::derivative(x) - 1.0;
        let is_enclosed = if x < F::gradient_low() {
            // What is decided with the largest gradient is 0 with every one.
            let [lower, upper] = F::gradient_bounds::<I>(x, F::value(F::INFINITY - 1));
            lower == 0.0 || F::narrow(&[upper]) == [0]
        } else {
            (least, most) = (least.min(rho), most.max(rho));
            // Two roundings more must leave the lower bound below.
            lower != 0.0 && rho + f64::from(lanes::TO_LOWER - 1.0) < -2.0 * ROUNDING
        };
        wrong += usize::from(!(rho > ROUNDING && is_enclosed));
    }
    let unit = (1_u64 << 24) as f64;
    println!("     rho from {:.2} to {:.2} times 2^-24", least * unit, most * unit);
    verdict::<F>(&format!("bounds of gradients, {arithmetic}"), wrong)
}
