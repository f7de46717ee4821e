//! One value, one result, on every CPU and in every form.
//!
//! The results of all functions for a fixed set of inputs are committed: in full under `tests/data`,
//! so that a failure can show the first result that differs, and as digests in this file. They must
//! come out the same wherever this test runs; `.ci/instruction-sets` runs it on several CPUs and
//! prints the digests of each.
//!
//! A result that was meant to change is committed by
//!
//! ```sh
//! cargo test --features half --test stability -- --ignored --nocapture regenerate
//! ```
//!
//! which writes `tests/data` and prints the digests to put below.
//!
//! No input depends on floating-point arithmetic that could itself differ: they come from bit
//! patterns, and from sums, products and quotients that IEEE 754 defines to the last bit.

#[cfg(feature = "half")]
use half::{bf16, f16};
use hexfloat2::HexFloat64;
use num_traits::Float;
use selu::on_instruction_set::{self, InstructionSet};
use std::f64::consts::LN_2;
use std::ops::Range;
use std::path::Path;

/// What the columns of the committed results are.
const FUNCTIONS: [&str; 4] = ["selu", "selu_grad", "elu", "selu_backward"];

/// The results that every CPU must give.
struct Committed {
    /// For each input one result of each of `FUNCTIONS`, as little-endian bits.
    results: &'static [u8],
    /// The digests of the inputs' own bits, and of the results of each of `FUNCTIONS`.
    inputs: u64,
    digests: [u64; FUNCTIONS.len()],
}

/// A type with kernels.
trait Number: Float {
    const NAME: &'static str;
    const BYTES: usize;
    const MANTISSA_BITS: u32;
    const COMMITTED: Committed;
    /// Values of x for which some function's exact result lies next to the middle between two
    /// neighbours, so that the last bit of a coefficient shows.
    const HARD: &'static [u64];
    /// The same for the product of (grad, derivative at x), as (x, grad).
    const HARD_PRODUCTS: &'static [(u64, u64)];

    const SIGN: u64 = 1 << (8 * Self::BYTES - 1);
    const EXPONENT_BITS: u32 = 8 * Self::BYTES as u32 - 1 - Self::MANTISSA_BITS;
    const BIAS: i64 = (1 << (Self::EXPONENT_BITS - 1)) - 1;
    const INFINITY_BITS: u64 = ((1 << Self::EXPONENT_BITS) - 1) << Self::MANTISSA_BITS;
    const NAN_BITS: u64 = Self::INFINITY_BITS | 1 << (Self::MANTISSA_BITS - 1);

    fn of(bits: u64) -> Self;

    /// The bits, with one pattern for all NaN.
    fn bits(self) -> u64;

    /// Exact.
    fn widened(self) -> f64 {
        self.to_f64().unwrap()
    }

    /// The value next to `x` toward 0, where `x` is a normal `Self`.
    fn truncated(x: f64) -> Option<Self> {
        let exponent = (x.to_bits() >> 52 & 0x7ff) as i64 - 1023 + Self::BIAS;
        let mantissa = x.to_bits() << 12 >> (64 - Self::MANTISSA_BITS);
        let sign = x.to_bits() >> 63 << (8 * Self::BYTES - 1);
        let normal = 0 < exponent && exponent < Self::BIAS * 2 + 1;
        normal.then(|| Self::of(sign | (exponent as u64) << Self::MANTISSA_BITS | mantissa))
    }
}

macro_rules! number {
    (
        $T:ident: $Bits:ident, $mantissa_bits:expr, $results:literal,
        inputs: $inputs:literal, digests: $digests:expr,
        hard: $hard:expr, $hard_products:expr $(,)?
    ) => {
        impl Number for $T {
            const NAME: &'static str = stringify!($T);
            const BYTES: usize = size_of::<$T>();
            const MANTISSA_BITS: u32 = $mantissa_bits;
            const COMMITTED: Committed =
                Committed { results: include_bytes!($results), inputs: $inputs, digests: $digests };
            const HARD: &'static [u64] = $hard;
            const HARD_PRODUCTS: &'static [(u64, u64)] = $hard_products;

            fn of(bits: u64) -> Self {
                <$T>::from_bits($Bits::try_from(bits).unwrap())
            }

            fn bits(self) -> u64 {
                if self.is_nan() {
                    return Self::NAN_BITS;
                }
                self.to_bits().into()
            }
        }
    };
}

number!(
    f32: u32, 23, "data/stability-f32.bin",
    inputs: 0xdb2214638c80e3b6,
    digests: [
        0xa3902333dd7900ba, // selu
        0xbc061c7adc66d7b6, // selu_grad
        0xf74b3fd2be4aa564, // elu
        0x452a00a50fa7ab6f, // selu_backward
    ],
    // Within 2⁻⁴⁸ of the middle: for `selu`, for `elu` with alpha = 1 and with alpha = α, for
    // `selu_grad`; found by trying all.
    hard: &[
        0xbeedece2, 0xb089b67d, 0xb1fc09b9, 0xbebf7704, 0xb1be9910, 0xb862a8a6, 0xbc43d719,
        0xc0116531, 0xc068e50e, 0xba4dd2c1, 0xc00d8909, 0xb86f29fd, 0xb924945e, 0xaf6a54f8,
        0xbf51404c, 0xbe1a90fb, 0xb37b1e3d, 0xb4db878f, 0xb4d267bc, 0xba355044, 0xb453ac83,
        0xc0f5db43, 0xb2076777, 0xb9b20eb1, 0xb65affea, 0xaeb249fa, 0xb13ecdbd,
        0xb675cbfc, 0xbb7b3b6c, 0xb3800000, 0xc169ee19, 0xbcde0d30, 0xbdb4065d, 0xc0d7e8ee,
        0xbcd475d0, 0xb577def8, 0xb3b504f3, 0xbb64aec5, 0xbc6ca2b1, 0xbce43ec3, 0xbb101e67,
        0xb45db3d8, 0xc049440b,
        0xbfb01d63, 0xbb743764, 0xb3f1cb65, 0xb8e39b29, 0xb9f9e668, 0xb7faf80b, 0xb8aca462,
        0xb08810fe, 0xb0c31acc, 0xbbf3b766, 0xaf2678bd, 0xb1144514, 0xbca5c9e8, 0xb4dfa177,
        0xb5c5b264, 0xc16c09e2, 0xaf579d58, 0xb209d7cf, 0xb5f2dc8b, 0xbb8bf5ae, 0xaebd7e63,
        0xb89243d8,
        0xbc3f3dd6, 0xbf170390, 0xb61de08e, 0xbabceb9c, 0xc20dae0c, 0xb5d7a562, 0xb770d325,
        0xb972cfb0, 0xbe9923b4, 0xb34a8657, 0xb71020db, 0xbd44b8b4, 0xb51e4507, 0xb9fc06c2,
        0xbcfbb83b, 0xc2000703, 0xb3f6dfcb, 0xbd4b1f2d, 0xb554dfc5, 0xb6a7abcd, 0xb34a8656,
        0xbd92bb84, 0xc2175753,
    ],
    // Within 2⁻⁴⁸ of the middle, where `selu_backward` cannot trust its first result.
    &[
        (0xc016791b, 0x3fc337ec), (0xbf4d9e5d, 0x3fcd483d), (0xc17aeb88, 0x3fdcf368),
        (0xbff773d0, 0x3fc57b59), (0xc0db0b94, 0x3fb24232), (0xbfc2caaf, 0x3ff17cbe),
        (0xc1edcb07, 0x3ff11acc), (0xc1f5ed30, 0x3f83d973), (0xbe95f462, 0x3fb0911c),
        (0xc020600b, 0x3fcf48f4), (0xc1b687f7, 0x3f843b67), (0xbf0162fd, 0x3fd23d3b),
    ],
);

number!(
    f64: u64, 52, "data/stability-f64.bin",
    inputs: 0x8ec7452b612bac6a,
    digests: [
        0xa071612767fd15ca, // selu
        0x331752a93b8b2466, // selu_grad
        0xc429c4144d71286e, // elu
        0x8d17dc5960aa9c40, // selu_backward
    ],
    // The last bit of the first coefficient shows in many values, that of the next four in these; of
    // the others, in none of 3·10⁷.
    hard: &[
        0xbfd482354efde4dd, 0xbfeae5488a8eaae8, 0xbfd7420115e5ed66, 0xbfea57a06269c494,
        0xbfed1c880be7344e, 0xbfd7a9dfa4ee2de9, 0xbfd4f8d8fd75ed22, 0xbfd2e2207f6b348e,
        0xbfd246088aa28201, 0xbfeeeb36e46c8977, 0xbff07707c5666849, 0xbfd5806881806998,
        0xbfd402dafa726167, 0xbfd9f4ae2fb0dfe3, 0xbfd0c94c7a10b243, 0xbfda2e512699c829,
        0xbff0755ef6161854, 0xbff0f7c163ef70c6, 0xbfd7b62b6467e733,
    ],
    &[],
);

// All inputs of the 16-bit types are tried by `tests/half.rs`, so they need no hard ones here.
#[cfg(feature = "half")]
number!(
    f16: u16, 10, "data/stability-f16.bin",
    inputs: 0xb3d7b37fd8a53a79,
    digests: [
        0xa36991269101bc32, // selu
        0x484667d8475d6422, // selu_grad
        0x80991c332631959a, // elu
        0x16f10fb03bf73a16, // selu_backward
    ],
    hard: &[], &[],
);

#[cfg(feature = "half")]
number!(
    bf16: u16, 7, "data/stability-bf16.bin",
    inputs: 0xe9d306d71c2cfcb4,
    digests: [
        0x84a413ae4ce3557c, // selu
        0x5ce1537067de8c36, // selu_grad
        0x30a611ff40ae7268, // elu
        0xcedf3cf98419cd3f, // selu_backward
    ],
    hard: &[], &[],
);

/// The arguments of one evaluation of each function.
#[derive(Clone, Copy)]
struct Input<T> {
    x: T,
    alpha: T,
    grad: T,
}

impl<T: Number> Input<T> {
    /// One value at a time.
    fn results(self) -> [T; FUNCTIONS.len()] {
        let mut grad = [self.grad];
        selu::selu_backward(&[self.x], &mut grad);
        [selu::selu(self.x), selu::selu_grad(self.x), selu::elu(self.x, self.alpha), grad[0]]
    }
}

/// Marsaglia's xorshift64.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[(self.bits() >> 32) as usize % choices.len()]
    }

    /// The sum of twelve uniform numbers, less its mean: variance 1, all but normal.
    fn normal(&mut self) -> f64 {
        let sum: u64 = (0..12).map(|_| self.bits() >> 12).sum();
        (sum as i64 - (6 << 52)) as f64 / (1_u64 << 52) as f64
    }
}

fn inputs<T: Number>() -> Vec<Input<T>> {
    let random = &mut Random(0x5e1f_0a11_2e57_ab1e);
    let one = T::one();
    let paper = T::truncated(selu::consts::f64::ALPHA).unwrap();
    let smallest = T::of(1);
    let alphas = [
        one,
        paper,
        T::truncated(0.3).unwrap(),
        T::truncated(-2.5).unwrap(),
        T::max_value(),
        smallest,
        T::infinity(),
        T::zero(),
        T::nan(),
    ];

    let mut inputs: Vec<_> = values(random)
        .into_iter()
        .map(|x| Input {
            x,
            // Half of them the two alphas that are in use.
            alpha: match random.bits() >> 62 {
                0 => one,
                1 => paper,
                _ => random.one_of(&alphas),
            },
            // Most of them of the size that gradients have.
            grad: match random.bits() >> 60 {
                0 => T::of(random.bits() >> (64 - 8 * T::BYTES)),
                1 => random.one_of(&alphas),
                2 => one,
                _ => T::truncated(random.normal()).unwrap(),
            },
        })
        .collect();
    for alpha in [one, paper] {
        inputs.extend(T::HARD.iter().map(|&bits| Input { x: T::of(bits), alpha, grad: one }));
    }
    inputs.extend(T::HARD_PRODUCTS.iter().map(|&(x, grad)| Input {
        x: T::of(x),
        alpha: one,
        grad: T::of(grad),
    }));
    inputs
}

fn values<T: Number>(random: &mut Random) -> Vec<T> {
    let mut values = Vec::new();
    let mut both_signs = |bits: u64| values.extend([T::of(bits), T::of(bits | T::SIGN)]);

    both_signs(0);
    both_signs(T::INFINITY_BITS);
    both_signs(T::NAN_BITS);
    both_signs(T::INFINITY_BITS - 1);

    // The subnormals: each of one bit, and its lower neighbour.
    for bit in 0..=T::MANTISSA_BITS {
        both_signs(1 << bit);
        both_signs((1 << bit) - 1);
    }

    // Every binade: its first two and its last value, its middle, one more. For the sake of the
    // size of `tests/data` only one of them in the binades of `f64` where the function is a straight
    // line or a constant.
    for exponent in 1..T::BIAS * 2 + 1 {
        let mantissas = [
            0,
            1,
            (1 << T::MANTISSA_BITS) - 1,
            1 << (T::MANTISSA_BITS - 1),
            random.bits() >> (64 - T::MANTISSA_BITS),
        ];
        let curved = (-60..=11).contains(&(exponent - T::BIAS));
        for (i, mantissa) in (0..).zip(mantissas) {
            if curved || T::BYTES < 8 || i == exponent % 5 {
                both_signs((exponent as u64) << T::MANTISSA_BITS | mantissa);
            }
        }
    }

    let mut around = |x: f64, neighbours: u64| {
        if let Some(x) = T::truncated(x) {
            for bits in x.bits() - neighbours..=x.bits() + neighbours {
                both_signs(bits);
            }
        }
    };

    // Multiples of ½·ln 2, where the reduced argument is 0 or jumps: all of them down to −40, where
    // SELU is constant, and an odd number in 19 further down, where the derivative still changes.
    for multiple in (1..116).chain((116..2170).step_by(19)) {
        around(f64::from(multiple) * LN_2 / 2.0, 1);
    }

    // Where something ends: SELU becomes a straight line or −λα, the derivative subnormal or 0, a
    // kernel clamps or scales its argument, λ·x overflows.
    let saturations = [
        5.5, 6.2, 7.6, 8.3, 9.0, 9.7, 10.4, 16.6, 17.3, 17.4, 36.7, 37.0, 38.0, 39.0, 40.0, 87.3,
        87.9, 92.2, 92.8, 103.9, 104.0, 104.6, 200.0, 708.4, 709.0, 744.4, 745.1, 745.7, 750.0,
    ];
    for x in saturations {
        around(x, 2);
    }
    for exponent in [-900, -772, -700, -600, -200, -54, -53, -25, -24, -11, -8] {
        around(2_f64.powi(exponent), 2);
    }
    around(T::max_value().widened() / selu::consts::f64::SCALE, 2);

    values.extend((0..1000).filter_map(|_| T::truncated(random.normal())));
    values
}

/// FNV-1a, 64 bits.
fn digest(words: impl Iterator<Item = u64>) -> u64 {
    words.flat_map(u64::to_le_bytes).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn digest_of_inputs<T: Number>(inputs: &[Input<T>]) -> u64 {
    let words = inputs.iter().flat_map(|i| [i.x, i.alpha, i.grad]);
    digest(words.map(T::bits))
}

fn digest_of_results<T: Number>(results: &[[T; FUNCTIONS.len()]], function: usize) -> u64 {
    digest(results.iter().map(|row| row[function].bits()))
}

/// A value as bits and as a hexadecimal number.
fn show<T: Number>(x: T) -> String {
    format!("{:#0width$x} = {}", x.bits(), HexFloat64::new(x.widened()), width = 2 + 2 * T::BYTES)
}

/// What differs, in what, for a message.
fn difference<T: Number>(function: &str, input: Input<T>, actual: T, expected: T) -> String {
    format!(
        "{}: {function} differs at\n  \
         x        {}\n  alpha    {}\n  grad     {}\n  expected {}\n  actual   {}",
        T::NAME,
        show(input.x),
        show(input.alpha),
        show(input.grad),
        show(expected),
        show(actual),
    )
}

fn assert_committed<T: Number>() {
    let Committed { results: committed, inputs: inputs_digest, digests } = T::COMMITTED;
    let inputs = inputs::<T>();
    assert_eq!(
        digest_of_inputs(&inputs),
        inputs_digest,
        "the inputs are not those of the committed results"
    );
    assert_eq!(committed.len(), inputs.len() * FUNCTIONS.len() * T::BYTES);

    let results: Vec<_> = inputs.iter().map(|input| input.results()).collect();
    let rows = committed.chunks(FUNCTIONS.len() * T::BYTES);
    for ((&input, row), committed) in inputs.iter().zip(&results).zip(rows) {
        let columns = FUNCTIONS.iter().zip(row).zip(committed.chunks(T::BYTES));
        for ((function, &actual), bytes) in columns {
            let mut expected = [0; 8];
            expected[..T::BYTES].copy_from_slice(bytes);
            let expected = T::of(u64::from_le_bytes(expected));
            assert!(
                actual.bits() == expected.bits(),
                "{}",
                difference(function, input, actual, expected)
            );
        }
    }
    for (i, function) in FUNCTIONS.iter().enumerate() {
        let digest = digest_of_results(&results, i);
        println!("digest: {} {function} {digest:#018x}", T::NAME);
        assert_eq!(
            digest, digests[i],
            "the committed digest of {function} is not that of the committed results"
        );
    }
}

/// Compares a form of a function with the scalar results.
struct Forms<T> {
    inputs: Vec<Input<T>>,
    xs: Vec<T>,
    grads: Vec<T>,
    selu: Vec<T>,
    backward: Vec<T>,
}

impl<T: Number> Forms<T> {
    fn new() -> Self {
        let inputs = inputs::<T>();
        Self {
            xs: inputs.iter().map(|input| input.x).collect(),
            grads: inputs.iter().map(|input| input.grad).collect(),
            selu: inputs.iter().map(|input| input.results()[0]).collect(),
            backward: inputs.iter().map(|input| input.results()[3]).collect(),
            inputs,
        }
    }

    fn assert_same(&self, form: &str, actual: &[T], expected: &[T]) {
        assert_eq!(actual.len(), expected.len());
        for ((&input, &actual), &expected) in self.inputs.iter().zip(actual).zip(expected) {
            assert!(
                actual.bits() == expected.bits(),
                "{}",
                difference(form, input, actual, expected)
            );
        }
    }

    /// Each form over all inputs at once, on `set`.
    fn assert_on(&self, set: InstructionSet) {
        let mut in_place = self.xs.clone();
        on_instruction_set::selu_slice(set, &mut in_place);
        self.assert_same(&format!("selu_slice on {set:?}"), &in_place, &self.selu);

        let mut out_of_place = vec![T::zero(); self.xs.len()];
        on_instruction_set::selu_into(set, &self.xs, &mut out_of_place);
        self.assert_same(&format!("selu_into on {set:?}"), &out_of_place, &self.selu);

        let mut grads = self.grads.clone();
        on_instruction_set::selu_backward(set, &self.xs, &mut grads);
        self.assert_same(&format!("selu_backward on {set:?}"), &grads, &self.backward);
    }

    /// Each form over windows of `length`, the first of them at `offset`. Between two windows
    /// stands one that is left alone, and must stay as it was.
    fn assert_in_windows(&self, length: usize, offset: usize) {
        let last = self.xs.len() - length;
        let windows = || (offset..=last).step_by(2 * length).map(|i| i..i + length);
        let name = |form| format!("{form} of {length} values, every {} from {offset}", 2 * length);
        // Ends where its allocation ends, for the tools that see a read beyond it.
        let source = |window: &Range<usize>| self.xs[window.start - offset..window.end].to_vec();
        let expected = |untouched: &[T], results: &[T]| {
            let mut expected = untouched.to_vec();
            for window in windows() {
                expected[window.clone()].copy_from_slice(&results[window]);
            }
            expected
        };

        let mut in_place = self.xs.clone();
        for window in windows() {
            selu::selu_slice(&mut in_place[window]);
        }
        let selu = expected(&self.xs, &self.selu);
        self.assert_same(&name("selu_slice"), &in_place, &selu);

        // The two slices at addresses of different alignment.
        let mut shifted = vec![T::zero(); 1 + self.xs.len()];
        let out_of_place = &mut shifted[1..];
        for window in windows() {
            selu::selu_into(&source(&window)[offset..], &mut out_of_place[window]);
        }
        let selu = expected(&vec![T::zero(); self.xs.len()], &self.selu);
        self.assert_same(&name("selu_into"), out_of_place, &selu);

        let mut grads = self.grads.clone();
        for window in windows() {
            selu::selu_backward(&source(&window)[offset..], &mut grads[window]);
        }
        let backward = expected(&self.grads, &self.backward);
        self.assert_same(&name("selu_backward"), &grads, &backward);
    }
}

fn assert_forms_agree<T: Number>() {
    let forms = Forms::<T>::new();
    for set in supported() {
        forms.assert_on(set);
    }
    for length in 1..=67 {
        for offset in [0, 1, 2, 7] {
            forms.assert_in_windows(length, offset);
        }
    }
}

fn supported() -> impl Iterator<Item = InstructionSet> {
    let all = InstructionSet::ALL.iter().copied();
    all.filter(|set| set.is_supported())
}

#[test]
fn the_portable_form_is_always_among_the_instruction_sets() {
    let sets: Vec<_> = supported().collect();
    println!(
        "platform: {} {sets:?}, baseline {}",
        std::env::consts::ARCH,
        if cfg!(all(feature = "std", any(target_feature = "fma", target_arch = "aarch64"))) {
            "with fused multiply-add"
        } else {
            "without fused multiply-add"
        }
    );
    assert_eq!(sets.last(), Some(&InstructionSet::Baseline));
}

#[test]
fn f32_results_are_the_committed_ones() {
    assert_committed::<f32>();
}

#[test]
fn f64_results_are_the_committed_ones() {
    assert_committed::<f64>();
}

#[cfg(feature = "half")]
#[test]
fn f16_results_are_the_committed_ones() {
    assert_committed::<f16>();
}

#[cfg(feature = "half")]
#[test]
fn bf16_results_are_the_committed_ones() {
    assert_committed::<bf16>();
}

#[test]
fn every_form_gives_the_scalar_f32() {
    assert_forms_agree::<f32>();
}

#[test]
fn every_form_gives_the_scalar_f64() {
    assert_forms_agree::<f64>();
}

#[cfg(feature = "half")]
#[test]
fn every_form_gives_the_scalar_f16() {
    assert_forms_agree::<f16>();
}

#[cfg(feature = "half")]
#[test]
fn every_form_gives_the_scalar_bf16() {
    assert_forms_agree::<bf16>();
}

#[test]
#[ignore = "writes the committed results anew"]
fn regenerate() {
    fn regenerate<T: Number>() {
        let inputs = inputs::<T>();
        let results: Vec<_> = inputs.iter().map(|input| input.results()).collect();
        let bytes: Vec<u8> = results
            .iter()
            .flatten()
            .flat_map(|x| x.bits().to_le_bytes().into_iter().take(T::BYTES))
            .collect();
        // This file may be a test of another package, in a folder below.
        let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .map(|parent| parent.join("tests/data"))
            .find(|directory| directory.is_dir())
            .unwrap();
        let path = directory.join(format!("stability-{}.bin", T::NAME));
        std::fs::write(&path, bytes).unwrap();
        println!("{}: {} inputs", path.display(), inputs.len());
        println!("    inputs: {:#018x},", digest_of_inputs(&inputs));
        println!("    digests: [");
        for (i, function) in FUNCTIONS.iter().enumerate() {
            println!("        {:#018x}, // {function}", digest_of_results(&results, i));
        }
        println!("    ],");
    }
    regenerate::<f32>();
    regenerate::<f64>();
    #[cfg(feature = "half")]
    {
        regenerate::<f16>();
        regenerate::<bf16>();
    }
}
