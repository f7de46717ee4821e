//! Where between its bounds the exact value lies, and how much of ε the losses outside of q need.

use super::{
    ELU, Interval, Kernel, LOWEST_OF_DERIVATIVE, SELU, ScaledElu, Selu, Tables, UP, exp_m1, exp_up,
    fused, unfused,
};
use crate::kernel::arithmetic::product;
use crate::kernel::margins::{Extremes, Fused, Unfused, at_steps, in_steps, near_0, open_share};
use crate::reference::random::Random;
use crate::reference::rounded::Real;
use crate::simd::Isa;

/// Enough values: far more of them come no closer to a bound.
const COUNT: u32 = 100_000;

/// From 0 at the lower bound to 1 at the upper one.
fn position((Interval { head, lower, upper }, exact_value): (Interval, Real)) -> f64 {
    (exact_value.above(head) - lower) / (upper - lower)
}

/// The intervals of A·(eˣ − 1), and the exact values.
fn of_exp_m1<I: Isa>(
    isa: I,
    tables: Tables,
    a: Real,
    values: impl Iterator<Item = f64>,
) -> impl Iterator<Item = (Interval, Real)> {
    values.map(move |x| (exp_m1(isa, tables, &[x]).at(0), a.times(Real::exp_m1(x))))
}

/// The intervals of A·eˣ·`UP`, and the exact values.
fn of_exp_up<I: Isa>(
    isa: I,
    tables: Tables,
    a: Real,
    values: impl Iterator<Item = f64>,
) -> impl Iterator<Item = (Interval, Real)> {
    let factor = a.times(Real::of(UP));
    values.map(move |x| (exp_up(isa, tables, &[x]).at(0), factor.times(Real::exp(x))))
}

/// What is left between the exact value and the bounds for `COUNT` values, cut to two digits. A
/// bound that is a sixth smaller leaves less.
struct Rooms {
    /// In the steps of the table, where E is what counts, for selu, elu, selu' and elu'.
    steps: [f64; 4],
    /// Near 0, where ε is what counts.
    near_0: [f64; 4],
    /// In the steps, once the bounds are multiplied further: for elu with any constants, for a
    /// gradient times selu', and for one times elu' with any constants.
    products: [f64; 3],
}

const FUSED: Rooms = Rooms {
    steps: [0.24, 0.28, 0.37, 0.37],
    near_0: [0.36, 0.39, 0.39, 0.39],
    products: [0.27, 0.36, 0.32],
};
const UNFUSED: Rooms = Rooms {
    steps: [0.27, 0.32, 0.31, 0.31],
    near_0: [0.23, 0.32, 0.3, 0.32],
    products: [0.31, 0.27, 0.26],
};

/// Asserts that the exact values keep `room` from both bounds.
fn assert_room(name: &str, room: f64, results: impl Iterator<Item = (Interval, Real)>) {
    Extremes::of(results.map(position)).assert_within(name, room);
}

/// The steps of the table in ln 2.
fn table_steps<I: Isa>() -> u32 {
    if I::FUSED { 16 } else { 64 }
}

impl Rooms {
    /// What is left for many more values than `COUNT`, some of which come nearer to a bound.
    fn of_many(self) -> Self {
        let less = |room: f64| room - 0.07;
        Self {
            steps: self.steps.map(less),
            near_0: self.near_0.map(less),
            products: self.products.map(less),
        }
    }

    fn assert<I: Isa>(self, isa: I, count: u32) {
        let steps = |lowest| in_steps(count, table_steps::<I>(), lowest..=-1e-18);
        let values = || steps(-39.0);
        let derivatives = || steps(LOWEST_OF_DERIVATIVE);
        let (scale_alpha, one) = (Real::scale_alpha(), Real::of(1.0));
        for (i, (name, tables, a)) in
            [("selu", SELU, scale_alpha), ("elu", ELU, one)].into_iter().enumerate()
        {
            let derivative = format!("{name}'");
            assert_room(name, self.steps[i], of_exp_m1(isa, tables, a, values()));
            assert_room(&derivative, self.steps[2 + i], of_exp_up(isa, tables, a, derivatives()));
            let (name, derivative) = (format!("{name} near 0"), format!("{derivative} near 0"));
            assert_room(&name, self.near_0[i], of_exp_m1(isa, tables, a, near_0(count)));
            assert_room(&derivative, self.near_0[2 + i], of_exp_up(isa, tables, a, near_0(count)));
        }

        let random = &mut Random(5);
        let mut factor = || (1.0 + random.uniform()) * random.one_of(&[1.0, -1.0]);
        let mut constants = || (factor(), factor());
        let times_constants = |(interval, exact): (Interval, Real), (alpha, scale)| {
            let product = product::<I>(scale, alpha);
            (interval.times_pair::<I>(product), exact.times(Real::of(alpha)).times(Real::of(scale)))
        };
        let times_grad = |(interval, exact): (Interval, Real), grad| {
            (interval.times::<I>(grad), exact.times(Real::of(grad)))
        };
        let [elu, selu_gradient, elu_gradient] = self.products;
        let results = of_exp_m1(isa, ELU, one, values());
        let results = results.map(|result| times_constants(result, constants()));
        assert_room("elu, any constants", elu, results);
        let results = of_exp_up(isa, SELU, scale_alpha, derivatives());
        let results = results.map(|result| times_grad(result, constants().0));
        assert_room("grad·selu'", selu_gradient, results);
        let results = of_exp_up(isa, ELU, one, derivatives());
        let results =
            results.map(|result| times_grad(times_constants(result, constants()), constants().0));
        assert_room("grad·elu', any constants", elu_gradient, results);
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
    FUSED.of_many().assert(Fused, 10 * COUNT);
    UNFUSED.of_many().assert(Unfused, 10 * COUNT);
}

/// The part of ε that is needed at most, seen at the steps of the table, where r is so small that
/// E·r² is nothing.
fn part_of_slack(slack: f64, results: impl Iterator<Item = (Interval, Real)>) -> f64 {
    let part = |(Interval { head, lower, upper }, exact_value): (Interval, Real)| {
        let above = exact_value.above(head);
        1.0 - (above - lower).min(upper - above) / (slack * head.abs())
    };
    results.map(part).fold(0.0, f64::max)
}

/// Asserts that selu, elu, selu' and elu' need `parts` of their ε, give or take a tenth: an ε that
/// is a quarter smaller is found out.
///
/// That they need so little is by design. ε makes up for what `proofs/losses.py` adds up, and that
/// takes each step at its worst, and of q all that Gappa cannot exclude.
fn assert_parts_of_slack<I: Isa>(isa: I, [slack, of_gradient]: [f64; 2], parts: [f64; 4]) {
    let steps = |lowest| at_steps(COUNT, table_steps::<I>(), lowest..=-1e-18);
    let values = || steps(-39.0);
    let derivatives = || steps(LOWEST_OF_DERIVATIVE);
    let (scale_alpha, one) = (Real::scale_alpha(), Real::of(1.0));
    let actual = [
        part_of_slack(slack, of_exp_m1(isa, SELU, scale_alpha, values())),
        part_of_slack(slack, of_exp_m1(isa, ELU, one, values())),
        part_of_slack(of_gradient, of_exp_up(isa, SELU, scale_alpha, derivatives())),
        part_of_slack(of_gradient, of_exp_up(isa, ELU, one, derivatives())),
    ];
    println!("parts of ε: {actual:?}");
    for (actual, part) in actual.into_iter().zip(parts) {
        assert!((0.9..1.1).contains(&(actual / part)), "{actual} instead of {part}");
    }
}

#[test]
fn fused_losses_outside_of_q_are_small_parts_of_slack() {
    let slacks = [fused::SLACK_16, fused::SLACK_GRADIENT];
    assert_parts_of_slack(Fused, slacks, [3.9e-4, 3.64e-4, 1.08e-5, 1.08e-5]);
}

#[test]
fn unfused_losses_outside_of_q_are_parts_of_slack() {
    assert_parts_of_slack(Unfused, [unfused::SLACK_64; 2], [0.114, 0.0233, 0.0043, 0.0021]);
}

/// Asserts that of the results of selu, elu, grad·selu' and grad·elu' near 0 at most these shares
/// are left open, and hardly any elsewhere.
///
/// What is open takes a hundred times as long. Bounds that are too far apart, or a threshold that
/// leaves out too much, show here and nowhere else, since the results are right all the same.
fn assert_few_are_open<I: Isa>(isa: I, limits: [f64; 4]) {
    const N: usize = 16;
    let elu = ScaledElu { alpha: 1.3, scale: 0.9 };
    let grads = [-0.7; N];
    let between = |low: f64, high: f64| {
        let mut random = Random(7);
        (0..1 << 16).map(move |_| low + (high - low) * random.uniform())
    };
    let near_0 = || between(-0.03, 0.0);
    let shares = [
        open_share::<f64, N>(near_0(), |x| Selu.values(isa, x)),
        open_share::<f64, N>(near_0(), |x| elu.values(isa, x)),
        open_share::<f64, N>(near_0(), |x| Selu.gradients(isa, x, &grads)),
        open_share::<f64, N>(near_0(), |x| elu.gradients(isa, x, &grads)),
    ];
    println!("open near 0: {shares:?}");
    for (share, limit) in shares.into_iter().zip(limits) {
        assert!(share <= limit, "{share} are left open, more than {limit}");
    }

    let zero = ScaledElu { alpha: -0.0, scale: 1.0 };
    let zeros = || [0.0, -0.0].into_iter().cycle().take(N);
    let rare = [
        open_share::<f64, N>(zeros(), |x| Selu.values(isa, x)),
        open_share::<f64, N>(zeros(), |x| elu.values(isa, x)),
        open_share::<f64, N>(zeros(), |x| Selu.gradients(isa, x, &grads)),
        open_share::<f64, N>(near_0(), |x| Selu.gradients(isa, x, &[0.0; N])),
        open_share::<f64, N>(between(0.0, 1e9), |x| Selu.values(isa, x)),
        open_share::<f64, N>(between(-1e9, -40.0), |x| Selu.values(isa, x)),
        open_share::<f64, N>(between(-706.0, -40.0), |x| Selu.gradients(isa, x, &grads)),
        // Without fused operations a gradient so small is left open.
        if I::FUSED {
            open_share::<f64, N>(between(-5.0, 5.0), |x| Selu.gradients(isa, x, &[1e-300; N]))
        } else {
            0.0
        },
        open_share::<f64, N>(between(-5.0, 5.0), |x| zero.values(isa, x)),
        open_share::<f64, N>(between(-5.0, 5.0), |x| zero.gradients(isa, x, &grads)),
        // Without fused operations these are left open.
        if I::FUSED {
            open_share::<f64, N>(between(-1e9, -1501.0), |x| Selu.gradients(isa, x, &grads))
        } else {
            0.0
        },
    ];
    println!("open elsewhere: {rare:?}");
    assert!(rare.iter().all(|&share| share < 2e-4), "{rare:?} are left open");
}

#[test]
fn few_results_are_left_open() {
    assert_few_are_open(Fused, [9e-4, 1.2e-3, 1e-5, 2e-5]);
    assert_few_are_open(Unfused, [0.01, 0.0145, 1.5e-4, 3e-4]);
}
