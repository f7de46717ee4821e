//! Results so close to the middle between two numbers that a bound which is too small, or a last
//! step which is not wide enough, rounds them to the wrong side.
//!
//! The cases under `tests/data` are found by
//!
//! ```sh
//! cargo test --release --test exact -- --ignored --nocapture hard_cases::find
//! ```

use crate::check::{Tally, try_gradients, try_values};
use crate::function::Function::{self, Elu, Selu};
use crate::hard::{self, HardCases, pairs};
use crate::reference::Format;
use crate::reference::random::Random;
use crate::reference::rounded::Real;
use rayon::prelude::*;
use std::path::Path;

trait Hard: Format {
    const CASES: HardCases;
    /// The hardest cases: no more than so many bits are searched for.
    const BITS: u32;

    fn cases(bytes: &[u8]) -> Vec<(Self, Self)> {
        pairs(bytes, Self::BYTES, Self::from_pattern)
    }
}

impl Hard for f32 {
    const CASES: HardCases = hard::F32;
    const BITS: u32 = 36;
}

impl Hard for f64 {
    const CASES: HardCases = hard::F64;
    const BITS: u32 = 40;
}

/// The cases by themselves, and each as one of sixteen that are easy, at all places.
fn alone_and_among_others<T: Hard>(cases: &[(T, T)]) -> [(Vec<T>, Vec<T>); 2] {
    let easy = (T::from(1.5).unwrap(), T::from(-0.25).unwrap());
    let spread = cases.iter().flat_map(|&case| {
        let mut block = [easy; 17];
        block[0] = case;
        block
    });
    [cases.iter().copied().unzip(), spread.unzip()]
}

fn try_hard_gradients<T: Hard>(function: Function<T>, cases: &[(T, T)]) -> Tally {
    let [(x, grads), (among_x, among_grads)] = alone_and_among_others(cases);
    let mut tally = try_gradients(function, &among_x, &among_grads);
    // A power of two more leaves a case as hard as it is, until the product is subnormal.
    let exponents = [0_i32, 1, 40, -100, 900, -900, -1021];
    for exponent in exponents.into_iter().filter(|e| e.abs() < -T::MIN_EXPONENT) {
        let factor = T::from(2f64.powi(exponent)).unwrap();
        let grads: Vec<T> = grads.iter().map(|&grad| -grad * factor).collect();
        tally = tally.and(try_gradients(function, &x, &grads));
    }
    tally
}

/// Alpha is one for a whole slice, so each case is a slice.
fn try_hard_alphas<T: Hard>(cases: &[(T, T)], try_one: impl Fn(T, &[T]) -> Tally + Sync) -> Tally {
    let cases = cases.par_iter().enumerate();
    let tallies = cases.map(|(i, &(x, alpha))| {
        let mut xs = [T::from(-0.25).unwrap(); 33];
        xs[i % 33] = x;
        try_one(alpha, &xs)
    });
    tallies.reduce(Tally::default, Tally::and)
}

fn hard_cases_are_correctly_rounded<T: Hard>() {
    let cases = T::cases(T::CASES.selu);
    for (x, _) in alone_and_among_others(&cases) {
        try_values(Selu, &x).report("selu");
    }
    try_hard_gradients(Selu, &T::cases(T::CASES.selu_backward)).report("selu_backward");

    let cases = T::cases(T::CASES.elu);
    try_hard_alphas(&cases, |alpha, xs| try_values(Elu(alpha), xs)).report("elu");

    let cases = T::cases(T::CASES.elu_backward);
    try_hard_gradients(Elu(T::one()), &cases).report("elu_backward, alpha = 1");
    let grad = |alpha, xs: &[T]| try_gradients(Elu(alpha), xs, &[T::one(); 33]);
    try_hard_alphas(&cases, grad).report("elu_grad");
}

#[test]
fn hard_cases_in_f32_are_correctly_rounded() {
    hard_cases_are_correctly_rounded::<f32>();
}

#[test]
fn hard_cases_in_f64_are_correctly_rounded() {
    hard_cases_are_correctly_rounded::<f64>();
}

/// Hard arguments of `selu` and of its derivative.
fn hard_arguments() -> [Vec<(f64, f64)>; 2] {
    [include_str!("../data/f64-hard-selu.txt"), include_str!("../data/f64-hard-grad.txt")].map(
        |lines| {
            let bits = |line| u64::from_str_radix(line, 16).expect("a hexadecimal");
            lines.lines().map(|line| (f64::from_bits(bits(line)), 1.0)).collect()
        },
    )
}

#[test]
fn hard_arguments_of_selu_and_its_derivative_are_correctly_rounded() {
    let [of_selu, of_derivative] = hard_arguments();
    for (x, _) in alone_and_among_others(&of_selu) {
        try_values(Selu, &x).report("selu");
    }
    try_hard_gradients(Selu, &of_derivative).report("selu_backward");
}

/// Of the products of λ and a number of 53 bits, those nearest to the middle between two numbers, as
/// `proofs/linear.py` finds them: some 2^-50 of the last place away.
#[test]
fn the_products_with_lambda_nearest_to_the_middle_are_correctly_rounded() {
    const FACTORS: [f64; 16] = [
        5995044878214915.0,
        8393062829500881.0,
        6446456020738948.0,
        7941651686976848.0,
        6897867163262981.0,
        5543633735690882.0,
        7490240544452815.0,
        7349278305787014.0,
        8999698423954030.0,
        5092222593166849.0,
        7800689448311047.0,
        7038829401928782.0,
        4951260354501048.0,
        8252100590835080.0,
        8534025068166682.0,
        6587418259404749.0,
    ];
    for factor in FACTORS {
        let product = Real::scale().times(Real::of(factor));
        assert!(product.distance_from_middle::<f64>() < 2f64.powi(-48), "{factor}");
    }
    for x in [0.0, -0.0, 1.0, f64::INFINITY] {
        let cases: Vec<(f64, f64)> = FACTORS.iter().map(|&factor| (x, factor)).collect();
        try_hard_gradients(Selu, &cases).report("selu_backward");
    }
    let cases: Vec<(f64, f64)> = FACTORS.iter().map(|&factor| (factor, 1.0)).collect();
    for (x, _) in alone_and_among_others(&cases) {
        try_values(Selu, &x).report("selu");
    }
}

/// All products that are less than 2^-149 from the middle between two subnormal `bf16`. The
/// bounds are `f32`, whose last place is 2^-149 there, and the middles are such numbers.
#[cfg(feature = "half")]
#[test]
fn subnormal_products_in_bf16_next_to_the_middle_are_correctly_rounded() {
    use half::bf16;

    let bits = |x: f64| bf16::from_f64(x).to_bits();
    let (mut xs, mut grads) = (Vec::new(), Vec::new());
    for x in (bits(-2f64.powi(-41))..=bits(-183.0)).map(bf16::from_bits) {
        let derivative = selu::consts::f64::SCALE_ALPHA * f64::from(x).exp();
        let largest = 2f64.powi(-126) / derivative;
        for grad in (bits(largest / 512.0)..bits(largest)).map(bf16::from_bits) {
            let places = f64::from(grad) * derivative * 2f64.powi(133);
            if (places.fract() - 0.5).abs() < 2f64.powi(-16) {
                xs.extend([x, x]);
                grads.extend([grad, -grad]);
            }
        }
    }
    assert!(xs.len() > 20, "{} products", xs.len());
    try_gradients(Selu, &xs, &grads).report("selu_backward");
}

/// What a function multiplies its second argument by, without the sign.
type Magnitude = fn(f64) -> Real;

/// λ, (for x < 0) λα·(1 − eˣ), 1 − eˣ, λα·eˣ and eˣ.
const MAGNITUDES: [Magnitude; 5] = [
    |_| Real::scale(),
    |x| Real::scale_alpha().times(Real::exp_m1(x)),
    Real::exp_m1,
    |x| Real::scale_alpha().times(Real::exp(x)),
    Real::exp,
];

/// The name of a function, its hard arguments, and its magnitude.
type Cases<T> = (&'static str, Vec<(T, T)>, Magnitude);

fn all_cases<T: Hard>() -> [Cases<T>; 4] {
    let HardCases { selu, elu, selu_backward, elu_backward } = T::CASES;
    let [_, selu_magnitude, elu_magnitude, selu_slope, elu_slope] = MAGNITUDES;
    [
        ("selu", T::cases(selu), selu_magnitude),
        ("elu", T::cases(elu), elu_magnitude),
        ("selu_backward", T::cases(selu_backward), selu_slope),
        ("elu_backward", T::cases(elu_backward), elu_slope),
    ]
}

fn assert_hard<T: Hard>((name, cases, magnitude): Cases<T>, enough: usize) {
    let mut hardest = 0.5_f64;
    for &(x, factor) in &cases {
        let (x, factor) = (x.into(), factor.into());
        let product = if x > 0.0 {
            Real::scale().times(Real::of(x))
        } else {
            magnitude(x).times(Real::of(factor))
        };
        let distance = product.distance_from_middle::<T>();
        assert!(distance < 2f64.powi(-14), "{name}({x:e}, {factor:e}) is not hard");
        hardest = hardest.min(distance);
    }
    println!("{} {name}: {} cases, down to 2^{:.1}", T::NAME, cases.len(), hardest.log2());
    assert!(cases.len() >= enough, "{name}: {} cases", cases.len());
}

fn cases_are_hard<T: Hard>() {
    for cases in all_cases::<T>() {
        // All of `selu` in f32 is tried elsewhere, and 4,500 more in f64 are in a file of their
        // own.
        let enough = if cases.0 == "selu" { 0 } else { 4500 };
        assert_hard(cases, enough);
    }
}

#[test]
fn the_hard_cases_are_hard() {
    cases_are_hard::<f32>();
    cases_are_hard::<f64>();
    let [of_selu, of_derivative] = hard_arguments();
    let [_, selu, _, selu_slope, _] = MAGNITUDES;
    assert_hard(("selu alone", of_selu, selu), 4500);
    assert_hard(("selu_grad", of_derivative, selu_slope), 4500);
    // The middle itself is where it is thought to be.
    let middle = Real::of(1.0 + f64::EPSILON).times(Real::of(1.5));
    assert_eq!(middle.distance_from_middle::<f64>(), 0.0);
    assert_eq!(Real::of(1.5).distance_from_middle::<f64>(), 0.5);
}

/// The smallest t ≥ 0 with low ≤ a·t mod modulus ≤ high, if there is one and no overflow.
fn first_hit(a: u128, modulus: u128, low: u128, high: u128) -> Option<u128> {
    if low == 0 || low > high {
        return Some(0);
    }
    if a == 0 {
        return None;
    }
    let steps = low.div_ceil(a);
    if a * steps <= high {
        return Some(steps);
    }
    // a·t − modulus·turns is within the limits, so −(modulus·turns) mod a is.
    let turns = first_hit(modulus % a, a, (a - high % a) % a, (a - low % a) % a)?;
    Some((low + modulus.checked_mul(turns)?).div_ceil(a))
}

/// A factor that takes `magnitude` to within 2^−bits of a last place from a middle.
fn hard_factor<T: Format>(random: &mut Random, magnitude: Real, bits: u32) -> Option<T> {
    let significand = magnitude.significand();
    // The integers whose product has as many digits as themselves, or one more.
    let (lowest, highest) = (1_u64 << (T::DIGITS - 1), 1_u64 << T::DIGITS);
    let turn = (highest as f64 / (significand as f64 / 2f64.powi(127))) as u64;
    let longer = random.bits() >> 63;
    let (start, end) = if longer == 1 { (turn + 1, highest) } else { (lowest, turn) };
    let start = start + random.below(end.saturating_sub(start).max(1));
    // Fixed-point arithmetic modulo 1, with so many bits behind the point.
    let precision = bits + 44;
    let unit = 127 + longer as u32;
    let modulus = 1 << precision;
    let fixed = |x: u128| (x >> (unit - precision)) & (modulus - 1);
    let slope = fixed(significand);
    let offset = fixed(significand.wrapping_mul(start.into()));
    let width = 1 << (precision - bits);
    let low = (modulus + modulus / 2 - width - offset) % modulus;
    let steps = first_hit(slope, modulus, low, (low + 2 * width) % modulus)?;
    let integer = start.checked_add(u64::try_from(steps).ok()?)?;
    (integer < end).then(|| T::from(integer as f64 / lowest as f64).unwrap())
}

/// A negative number with |x| from 2⁻⁴⁰ to `limit`, of any size.
fn negative(random: &mut Random, limit: f64) -> f64 {
    let binades = limit.log2() + 40.0;
    -(random.uniform() * binades - 40.0).exp2() * (1.0 + random.uniform() * 2f64.powi(-20))
}

/// Pairs of x and a factor, about as many of each hardness.
fn find_pairs<T: Hard>(random: &mut Random, limit: f64, magnitude: Magnitude) -> Vec<(T, T)> {
    const COUNT: usize = 4500;
    let mut found = Vec::new();
    let levels = T::BITS - 14;
    while found.len() < COUNT {
        let bits = 15 + (found.len() as u32 * levels / COUNT as u32).min(levels - 1);
        let x = T::from(negative(random, limit)).unwrap();
        let magnitude = magnitude(x.into());
        let Some(factor) = hard_factor::<T>(random, magnitude, bits) else { continue };
        let distance = magnitude.times(Real::of(factor.into())).distance_from_middle::<T>();
        if distance < 2f64.powi(1 - bits as i32) {
            found.push((x, if random.bits() >> 63 == 0 { factor } else { -factor }));
        }
    }
    found
}

/// Numbers whose `magnitude` is near a middle. Within a few thousand neighbours it is a straight
/// line.
fn find_alone(random: &mut Random, limit: f64, magnitude: Magnitude) -> Vec<(f64, f64)> {
    const BLOCKS: u32 = 1 << 21;
    const NEIGHBOURS: u128 = 1 << 14;
    const PER_LEVEL: usize = 160;
    let mut found: [Vec<(f64, f64)>; 64] = std::array::from_fn(|_| Vec::new());
    for _ in 0..BLOCKS {
        let start = negative(random, limit);
        let after = |steps: u128| f64::from_bits(start.to_bits() - steps as u64);
        let fraction = |steps| magnitude(after(steps)).fraction_of_place::<f64>();
        let offset = fraction(0);
        let slope = fraction(1).wrapping_sub(offset);
        let width = 1_u64 << 49;
        let low = (1_u64 << 63).wrapping_sub(width).wrapping_sub(offset);
        let high = low.wrapping_add(2 * width);
        let Some(steps) = first_hit(slope.into(), 1 << 64, low.into(), high.into()) else {
            continue;
        };
        if steps >= NEIGHBOURS {
            continue;
        }
        let x = after(steps);
        let level = -magnitude(x).distance_from_middle::<f64>().log2();
        if let Some(found) = found.get_mut(level as usize).filter(|found| found.len() < PER_LEVEL)
            && level >= 15.0
        {
            found.push((x, 1.0));
        }
    }
    found.into_iter().flatten().collect()
}

fn write<T: Hard>(name: &str, cases: &[(T, T)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("tests/data/hard-{}-{name}.bin", T::NAME));
    let bytes = cases
        .iter()
        .flat_map(|&(x, factor)| [x, factor])
        .flat_map(|number| number.pattern().to_le_bytes().into_iter().take(T::BYTES));
    std::fs::write(&path, bytes.collect::<Vec<u8>>()).unwrap();
    println!("{}: {} cases", path.display(), cases.len());
}

#[test]
#[ignore = "writes the hard cases anew"]
fn find() {
    let random = &mut Random(0x7a5e_11f0_2c5d_9b13);
    let [scale, selu, elu, selu_slope, elu_slope] = MAGNITUDES;
    write::<f32>("elu", &find_pairs(random, 18.0, elu));
    write::<f32>("selu-backward", &find_pairs(random, 80.0, selu_slope));
    write::<f32>("elu-backward", &find_pairs(random, 80.0, elu_slope));

    let found = |pairs: Vec<_>, alone: Vec<_>| [pairs, alone].concat();
    let linear = find_pairs::<f64>(random, 1.0, scale).into_iter().map(|(_, x)| (x.abs(), 1.0));
    let linear = linear.step_by(3).collect();
    write::<f64>("selu", &found(linear, find_alone(random, 37.0, selu)));
    write::<f64>("elu", &found(find_pairs(random, 37.0, elu), find_alone(random, 37.0, elu)));
    let alone = find_alone(random, 600.0, selu_slope);
    write::<f64>("selu-backward", &found(find_pairs(random, 600.0, selu_slope), alone));
    let alone = find_alone(random, 600.0, elu_slope);
    write::<f64>("elu-backward", &found(find_pairs(random, 600.0, elu_slope), alone));
}
