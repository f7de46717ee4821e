//! One value, one result, on every CPU.
//!
//! The results of all functions for a fixed set of arguments are committed under `tests/data`. They
//! must come out the same wherever this test runs; `.ci/instruction-sets` runs it on several CPUs and
//! prints the digests of each.
//!
//! A result that was meant to change is committed by
//!
//! ```sh
//! cargo test --features half --test portable -- --ignored --nocapture regenerate
//! ```
//!
//! which writes `tests/data` and prints the digests of the hard cases to put below.

use crate::digest::of_words;
use crate::format::Format;
use crate::function::Function::{self, Elu, Selu};
use crate::function::supported;
use crate::hard::{self, HardCases};
use crate::inputs::{Input, Inputs, inputs};
#[cfg(feature = "half")]
use half::{bf16, f16};
use selu::ScaledElu;
use selu::on_instruction_set::InstructionSet;
use std::path::Path;

/// What the columns of the committed results are.
const FUNCTIONS: [&str; 7] =
    ["selu", "selu_grad", "elu", "selu_backward", "elu_grad", "elu_backward", "ScaledElu"];

trait Number: Inputs {
    /// For each input one result of each of `FUNCTIONS`, as little-endian bits.
    const COMMITTED: &'static [u8];
}

impl Number for f32 {
    const COMMITTED: &'static [u8] = include_bytes!("../data/stability-f32.bin");
}

impl Number for f64 {
    const COMMITTED: &'static [u8] = include_bytes!("../data/stability-f64.bin");
}

#[cfg(feature = "half")]
impl Number for f16 {
    const COMMITTED: &'static [u8] = include_bytes!("../data/stability-f16.bin");
}

#[cfg(feature = "half")]
impl Number for bf16 {
    const COMMITTED: &'static [u8] = include_bytes!("../data/stability-bf16.bin");
}

/// One value at a time.
fn results<T: Format>(Input { x, alpha, grad }: Input<T>) -> [T; FUNCTIONS.len()] {
    let scale = T::truncated(-1.7).unwrap();
    [
        Selu.value(x),
        Selu.grad(x),
        Elu(alpha).value(x),
        Selu.gradient(x, grad),
        Elu(alpha).grad(x),
        Elu(alpha).gradient(x, grad),
        Function::ScaledElu(ScaledElu { alpha, scale }).value(x),
    ]
}

/// What differs, in what, for a message.
fn difference<T: Format>(function: &str, input: Input<T>, actual: T, expected: T) -> String {
    format!(
        "{}: {function} differs at\n  \
         x        {}\n  alpha    {}\n  grad     {}\n  expected {}\n  actual   {}",
        T::NAME,
        input.x.show(),
        input.alpha.show(),
        input.grad.show(),
        expected.show(),
        actual.show(),
    )
}

fn assert_committed<T: Number>() {
    let inputs = inputs::<T>();
    assert_eq!(T::COMMITTED.len(), inputs.len() * FUNCTIONS.len() * T::BYTES);
    let results: Vec<_> = inputs.iter().map(|&input| results(input)).collect();
    let rows = T::COMMITTED.chunks(FUNCTIONS.len() * T::BYTES);
    for ((&input, row), committed) in inputs.iter().zip(&results).zip(rows) {
        let columns = FUNCTIONS.iter().zip(row).zip(committed.chunks(T::BYTES));
        for ((function, &actual), bytes) in columns {
            let mut expected = [0; 8];
            expected[..T::BYTES].copy_from_slice(bytes);
            let expected = T::from_pattern(u64::from_le_bytes(expected));
            assert!(
                actual.pattern() == expected.pattern(),
                "{}",
                difference(function, input, actual, expected)
            );
        }
    }
    for (i, function) in FUNCTIONS.iter().enumerate() {
        let digest = of_words(results.iter().map(|row| row[i].pattern()));
        println!("digest: {} {function} {digest:#018x}", T::NAME);
    }
}

/// The digests of the results for hard arguments, on `set`, in the order of `HardCases`.
fn digests_of_hard_cases<T: Format>(cases: &HardCases, set: InstructionSet) -> [u64; 4] {
    let pairs = |bytes| hard::pairs(bytes, T::BYTES, T::from_pattern);
    let digest_of = |results: Vec<T>| of_words(results.into_iter().map(T::pattern));
    let gradients = |function: Function<T>, bytes| {
        let (x, mut grad): (Vec<T>, Vec<T>) = pairs(bytes).into_iter().unzip();
        function.backward_on(set, &x, &mut grad);
        digest_of(grad)
    };
    let (mut values, _): (Vec<T>, Vec<T>) = pairs(cases.selu).into_iter().unzip();
    Selu.slice_on(set, &mut values);
    let elu = pairs(cases.elu).into_iter().map(|(x, alpha)| {
        let mut value = [x];
        Elu(alpha).slice_on(set, &mut value);
        value[0]
    });
    [
        digest_of(values),
        digest_of(elu.collect()),
        gradients(Selu, cases.selu_backward),
        gradients(Elu(T::one()), cases.elu_backward),
    ]
}

/// The digests for `hard::F32` and `hard::F64`.
const HARD_CASES: [[u64; 4]; 2] = [
    [0, 0x832a48f707134bda, 0xd67633c1d0d10809, 0x9a1c70df1c793075],
    [0xcd7cf75b4aa473ac, 0xbe971937330c1356, 0x95ddf4d59439d135, 0x06c59cef0b155298],
];

#[test]
fn results_for_hard_arguments_are_the_committed_ones() {
    for set in supported() {
        assert_eq!(
            [
                digests_of_hard_cases::<f32>(&hard::F32, set),
                digests_of_hard_cases::<f64>(&hard::F64, set)
            ],
            HARD_CASES,
            "{set:?}"
        );
    }
    println!("digest: hard-cases all {:#018x}", of_words(HARD_CASES.into_iter().flatten()));
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
    assert_eq!(sets.last(), Some(&InstructionSet::BASELINE));
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
#[ignore = "writes the committed results anew"]
fn regenerate() {
    fn regenerate<T: Number>() {
        let inputs = inputs::<T>();
        let results: Vec<_> = inputs.iter().map(|&input| results(input)).collect();
        let bytes: Vec<u8> = results
            .iter()
            .flatten()
            .flat_map(|x| x.pattern().to_le_bytes().into_iter().take(T::BYTES))
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
    }
    regenerate::<f32>();
    regenerate::<f64>();
    #[cfg(feature = "half")]
    {
        regenerate::<f16>();
        regenerate::<bf16>();
    }
    let [f32, f64] = [
        digests_of_hard_cases::<f32>(&hard::F32, InstructionSet::BASELINE),
        digests_of_hard_cases::<f64>(&hard::F64, InstructionSet::BASELINE),
    ];
    println!("const HARD_CASES: [[u64; 4]; 2] = [{f32:#018x?}, {f64:#018x?}];");
}
