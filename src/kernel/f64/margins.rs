//! Where the exact value lies between its bounds.

use super::{ELU, Interval, SELU, Tables, exp, exp_m1};
use crate::instruction_set::Features;
use crate::kernel::margins::{Extremes, Fused, Unfused, in_steps, near_0};
use crate::reference::rounded::Real;

/// Enough values: far more of them come no closer to a bound.
const COUNT: u32 = 100_000;

/// From 0 at the lower bound to 1 at the upper one.
fn position(Interval { head, lower, upper }: Interval, exact_value: Real) -> f64 {
    (exact_value.above(head) - lower) / (upper - lower)
}

/// The positions of A·(eˣ − 1).
fn of_exp_m1<I: Features>(
    isa: I,
    tables: Tables,
    a: Real,
    values: impl Iterator<Item = f64>,
) -> Extremes {
    let position = |x| position(exp_m1(isa, tables, &[x]).at(0), a.times(Real::exp_m1(x)));
    Extremes::of(values.map(position))
}

/// The positions of A·eˣ.
fn of_exp<I: Features>(
    isa: I,
    tables: Tables,
    a: Real,
    values: impl Iterator<Item = f64>,
) -> Extremes {
    let position = |x| position(exp(isa, tables, &[x]).at(0), a.times(Real::exp(x)));
    Extremes::of(values.map(position))
}

/// What must be left between the exact value and the bounds.
struct Rooms {
    /// In the steps of the table, where E is what counts, for selu, elu, selu' and elu'.
    steps: [f64; 4],
    /// Near 0, where ε is what counts.
    near_0: [f64; 4],
}

const FUSED: Rooms = Rooms { steps: [0.22, 0.26, 0.35, 0.35], near_0: [0.34, 0.34, 0.34, 0.34] };
const UNFUSED: Rooms = Rooms { steps: [0.21, 0.3, 0.3, 0.3], near_0: [0.16, 0.3, 0.3, 0.3] };

impl Rooms {
    fn assert<I: Features>(self, isa: I, count: u32) {
        let functions = [("selu", SELU, Real::scale_alpha()), ("elu", ELU, Real::of(1.0))];
        for (i, (name, tables, a)) in functions.into_iter().enumerate() {
            let steps = |lowest| in_steps(count, if I::FUSED { 16 } else { 64 }, lowest..=-1e-18);
            let derivative = format!("{name}'");
            of_exp_m1(isa, tables, a, steps(-39.0)).assert_within(name, self.steps[i]);
            of_exp(isa, tables, a, steps(-600.0)).assert_within(&derivative, self.steps[2 + i]);
            let (name, derivative) = (format!("{name} near 0"), format!("{derivative} near 0"));
            of_exp_m1(isa, tables, a, near_0(count)).assert_within(&name, self.near_0[i]);
            of_exp(isa, tables, a, near_0(count)).assert_within(&derivative, self.near_0[2 + i]);
        }
    }
}

#[test]
fn fused_bounds_hold_with_room() {
    FUSED.assert(Fused, COUNT);
}

#[test]
fn unfused_bounds_hold_with_room() {
    UNFUSED.assert(Unfused, COUNT);
}

#[test]
#[ignore = "tries a million values of each bound"]
fn bounds_hold_with_room_a_million_times() {
    FUSED.assert(Fused, 10 * COUNT);
    UNFUSED.assert(Unfused, 10 * COUNT);
}
