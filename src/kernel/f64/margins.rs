//! Where between its bounds the exact value lies: a bound that is too small shows here long before a
//! result is wrong.

use super::{ELU, Interval, SELU, Tables, exp, exp_m1};
use crate::instruction_set::Features;
use crate::reference::{self, Exact, exact_to};
use std::ops::RangeInclusive;

/// Bits of the reference here.
const BITS: usize = 200;

/// What an instruction set with fused multiply-add computes.
#[derive(Clone, Copy)]
struct Fused;

impl Features for Fused {
    const FUSED: bool = true;
}

/// What one without computes.
#[derive(Clone, Copy)]
struct Unfused;

impl Features for Unfused {
    const FUSED: bool = false;
}

/// From 0 at the lower bound to 1 at the upper one.
fn position(Interval { head, lower, upper }: Interval, exact_value: &Exact) -> f64 {
    let above_lower = exact_value - exact_to(BITS, head) - exact_to(BITS, lower);
    let width = exact_to(BITS, upper) - exact_to(BITS, lower);
    (above_lower / width).to_f64().value()
}

/// Values of x at which errors are large: all over the range, and at the ends and in the middle of a
/// step of the table, with mantissas of all kinds.
fn values(steps: u32, range: RangeInclusive<f64>) -> impl Iterator<Item = f64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / 2f64.powi(53)
    };
    let (lowest, highest) = range.into_inner();
    (0..COUNT).map(move |i| {
        let step = std::f64::consts::LN_2 / f64::from(steps);
        let n = (random() * (lowest / step)).abs().floor();
        let x = match i % 4 {
            0 => -step * (n + 0.5 - 1e-9 * random()),
            1 => -step * (n + 0.5 + 1e-9 * random()),
            2 => -step * (n + random()),
            _ => -(-60.0 * random()).exp2(),
        };
        x.clamp(lowest, highest)
    })
}

/// Enough to see each bound nearly reached; a reference value takes 10 µs.
const COUNT: u32 = 30_000;

/// The lowest and the highest position over all values.
fn extremes(
    range: RangeInclusive<f64>,
    steps: u32,
    interval: impl Fn(f64) -> Interval,
    exact_value: impl Fn(&Exact) -> Exact,
) -> (f64, f64) {
    values(steps, range).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
        let position = position(interval(x), &exact_value(&exact_to(BITS, x)));
        (low.min(position), high.max(position))
    })
}

/// Asserts that the exact value stays within the bounds, with room for what was not tried, and comes
/// near enough to them that they are no wider than the error needs.
fn assert_within(name: &str, (lowest, highest): (f64, f64), room: f64) {
    println!("{name}: from {lowest:.3} to {highest:.3}");
    assert!(room <= lowest && highest <= 1.0 - room, "{name}: {lowest} to {highest}");
}

fn margins_of_exp_m1<I: Features>(isa: I, steps: u32, tables: Tables, a: &Exact) -> (f64, f64) {
    extremes(-39.0..=-1e-18, steps, |x| exp_m1(isa, tables, &[x]).at(0), |x| a * x.exp_m1())
}

fn margins_of_exp<I: Features>(isa: I, steps: u32, tables: Tables, a: &Exact) -> (f64, f64) {
    extremes(-600.0..=-1e-18, steps, |x| exp(isa, tables, &[x]).at(0), |x| a * x.exp())
}

#[test]
fn fused_bounds_hold_with_room() {
    let (alpha, scale) = reference::closed_form(BITS);
    let (scale_alpha, one) = (alpha * scale, exact_to(BITS, 1.0));
    assert_within("selu", margins_of_exp_m1(Fused, 16, SELU, &scale_alpha), 0.05);
    assert_within("elu", margins_of_exp_m1(Fused, 16, ELU, &one), 0.05);
    assert_within("selu'", margins_of_exp(Fused, 16, SELU, &scale_alpha), 0.05);
    assert_within("elu'", margins_of_exp(Fused, 16, ELU, &one), 0.05);
}

#[test]
fn unfused_bounds_hold_with_room() {
    let (alpha, scale) = reference::closed_form(BITS);
    let (scale_alpha, one) = (alpha * scale, exact_to(BITS, 1.0));
    assert_within("selu", margins_of_exp_m1(Unfused, 64, SELU, &scale_alpha), 0.05);
    assert_within("elu", margins_of_exp_m1(Unfused, 64, ELU, &one), 0.05);
    assert_within("selu'", margins_of_exp(Unfused, 64, SELU, &scale_alpha), 0.05);
    assert_within("elu'", margins_of_exp(Unfused, 64, ELU, &one), 0.05);
}
