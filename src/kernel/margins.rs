//! Where the exact value lies between its bounds: a bound that is too small shows here long before
//! a result is wrong. This is what the tests of `f64` and `f32` have in common.

use super::{Element, Kernel, Results, ScaledElu, Selu};
use crate::reference::random::Random;
use crate::simd::Isa;
use core::ops::RangeInclusive;

/// What an instruction set with fused multiply-add computes.
#[derive(Clone, Copy)]
pub(super) struct Fused;

impl Isa for Fused {
    const FUSED: bool = true;
}

/// What one without computes.
#[derive(Clone, Copy)]
pub(super) struct Unfused;

impl Isa for Unfused {
    const FUSED: bool = false;
}

/// Values of x at which errors are large: all over the range, and midway between two steps of the
/// table, with mantissas of all kinds.
pub(super) fn in_steps(
    count: u32,
    steps: u32,
    range: RangeInclusive<f64>,
) -> impl Iterator<Item = f64> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (lowest, highest) = range.into_inner();
    let step = core::f64::consts::LN_2 / f64::from(steps);
    (0..count).map(move |i| {
        let mut uniform = || random.uniform();
        let n = (uniform() * (lowest / step)).abs().floor();
        let x = match i % 3 {
            0 => -step * (n + 0.5 - 1e-9 * uniform()),
            1 => -step * (n + 0.5 + 1e-9 * uniform()),
            _ => -step * (n + uniform()),
        };
        x.clamp(lowest, highest)
    })
}

/// Values at all distances from the steps of the table, on a logarithmic scale; half of them at the
/// first few steps, where A·(eˣ − 1) is small beside what it is the difference of.
pub(super) fn at_steps(
    count: u32,
    steps: u32,
    range: RangeInclusive<f64>,
) -> impl Iterator<Item = f64> {
    let mut random = Random(0xd1b5_4a32_d192_ed03);
    let (lowest, highest) = range.into_inner();
    let step = core::f64::consts::LN_2 / f64::from(steps);
    (0..count).map(move |i| {
        let last = if i % 2 == 0 { 4.0 } else { -lowest / step };
        let n = (random.uniform() * last).round();
        let distance = step / 2.0 * (-55.0 * random.uniform()).exp2();
        let x = if i % 4 < 2 { -step * n - distance } else { -step * n + distance };
        x.clamp(lowest, highest)
    })
}

/// Values of all magnitudes from −1 to −2⁻⁶⁰, where other errors dominate than in the steps.
pub(super) fn near_0(count: u32) -> impl Iterator<Item = f64> {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    (0..count).map(move |_| -(-60.0 * random.uniform()).exp2())
}

/// The lowest and the highest of some positions; a position is 0 at the lower bound and 1 at the
/// upper one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extremes {
    lowest: f64,
    highest: f64,
}

impl Extremes {
    pub(super) fn of(positions: impl Iterator<Item = f64>) -> Self {
        let none = Self { lowest: f64::INFINITY, highest: f64::NEG_INFINITY };
        positions.fold(none, |extremes, position| Self {
            lowest: extremes.lowest.min(position),
            highest: extremes.highest.max(position),
        })
    }

    /// Asserts that the exact value stays at least `room` away from both bounds. `room` is a little
    /// less than it was observed to keep, so that a bound a quarter too small is caught.
    pub(super) fn assert_within(self, name: &str, room: f64) {
        let Self { lowest, highest } = self;
        println!("{name}: from {lowest:.3} to {highest:.3}");
        assert!(room <= lowest && highest <= 1.0 - room, "{name}: {self:?}, room {room}");
        // Nor is the room so small that the check means nothing.
        assert!(lowest.min(1.0 - highest) < room + 0.1, "{name}: {self:?}, room {room}");
    }
}

/// The share of results that are left open, for values in blocks.
pub(super) fn open_share<T: Element, const N: usize>(
    xs: impl Iterator<Item = T>,
    block: impl Fn(&[T; N]) -> Results<T, N>,
) -> f64 {
    let xs: Vec<T> = xs.collect();
    let (blocks, _) = xs.as_chunks::<N>();
    let mut open = 0;
    for x in blocks {
        let results = block(x);
        let open_here = results.open.iter().filter(|&&bits| bits != T::Bits::default()).count();
        assert_eq!(results.are_decided(), open_here == 0);
        open += open_here;
    }
    open as f64 / (blocks.len() * N) as f64
}

/// What a value is drawn from: the columns of the table.
const DATA: [fn(&mut Random) -> f64; 3] = [
    |random| random.normal(),
    |random| -0.03 * random.uniform(),
    // Of few digits, as after quantisation.
    |random| (random.uniform() * 4096.0).floor() / 256.0 - 8.0,
];

/// The rows of a type.
fn rows_of<T: Element, I: Isa>(isa: I, name: &str, number: fn(f64) -> T) -> Vec<String>
where
    Selu: Kernel<T>,
    ScaledElu<T>: Kernel<T>,
{
    const N: usize = 32;
    let [one, other, half, grad] = [1.0, 1.3, 0.5, 0.75].map(number);
    let elu = |alpha| ScaledElu { alpha, scale: one };
    let (elu_1, elu_other) = (elu(one), elu(other));
    let scaled = ScaledElu { alpha: half, scale: grad };
    type Block<'a, T> = &'a dyn Fn(&[T; N]) -> Results<T, N>;
    let functions: [(&str, Block<T>); 8] = [
        ("`selu`", &|x| Selu.values(isa, x)),
        ("`elu`, alpha 1", &|x| elu_1.values(isa, x)),
        ("`elu`, alpha 1.3", &|x| elu_other.values(isa, x)),
        ("`ScaledElu`, 0.5 and 0.75", &|x| scaled.values(isa, x)),
        ("`selu_backward`, 0.75", &|x| Selu.gradients(isa, x, &[grad; N])),
        ("`elu_backward`, alpha 1, 0.75", &|x| elu_1.gradients(isa, x, &[grad; N])),
        ("`selu_backward_from_output`, 0.75", &|x| {
            Selu.gradients_from_output(isa, &x.map(|x| Selu.value(isa, x)), &[grad; N])
        }),
        ("`elu_backward_from_output`, alpha 1, 0.75", &|x| {
            elu_1.gradients_from_output(isa, &x.map(|x| elu_1.value(isa, x)), &[grad; N])
        }),
    ];
    let row = |(function, block): &(&str, Block<T>)| {
        let cells = DATA.map(|draw| {
            let mut random = Random(0x0be1);
            let xs = (0..1 << 17).map(|_| number(draw(&mut random)));
            match open_share::<T, N>(xs, block) {
                0.0 => "none".to_owned(),
                share => format!("1 in {}", (1.0 / share).log2().floor().exp2()),
            }
        });
        format!("| {name} | {function} | {} |", cells.join(" | "))
    };
    functions.iter().map(row).collect()
}

#[test]
fn the_shares_that_are_left_open_are_those_of_the_page() {
    let mut rows = rows_of(Fused, "f64, FMA", |x| x);
    rows.extend(rows_of(Unfused, "f64, no FMA", |x| x));
    rows.extend(rows_of(Fused, "f32", |x| x as f32));
    #[cfg(feature = "half")]
    {
        rows.extend(rows_of(Fused, "f16", ::half::f16::from_f64));
        rows.extend(rows_of(Fused, "bf16", ::half::bf16::from_f64));
    }
    println!("{}", rows.join("\n"));
    let page = include_str!("../../docs/accuracy.md");
    for row in rows {
        assert!(page.contains(&row), "not in docs/accuracy.md: {row}");
    }
}
