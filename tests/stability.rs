//! One value, one result, on every CPU.
//!
//! The results of all functions for a fixed set of arguments are committed: in full under
//! `tests/data`, so that a failure can show the first result that differs, and as digests in this
//! file. They must come out the same wherever this test runs; `.ci/instruction-sets` runs it on
//! several CPUs and prints the digests of each.
//!
//! A result that was meant to change is committed by
//!
//! ```sh
//! cargo test --features half --test stability -- --ignored --nocapture regenerate
//! ```
//!
//! which writes `tests/data` and prints the digests to put below.

#[path = "reference/format.rs"]
mod format;
#[path = "reference/function.rs"]
mod function;
#[path = "reference/hard.rs"]
mod hard;
#[path = "reference/inputs.rs"]
mod inputs;
#[path = "reference/random.rs"]
mod random;

use format::Format;
use function::Function::{self, Elu, Selu};
use function::supported;
#[cfg(feature = "half")]
use half::{bf16, f16};
use hard::HardCases;
use inputs::{Input, Inputs, inputs};
use selu::ScaledElu;
use selu::on_instruction_set::InstructionSet;
use std::path::Path;

/// What the columns of the committed results are.
const FUNCTIONS: [&str; 7] =
    ["selu", "selu_grad", "elu", "selu_backward", "elu_grad", "elu_backward", "ScaledElu"];

type Digests = [u64; FUNCTIONS.len()];

/// The results that every CPU must give.
struct Committed {
    /// For each input one result of each of `FUNCTIONS`, as little-endian bits.
    results: &'static [u8],
    /// The digests of the inputs' own bits, and of the results of each of `FUNCTIONS`.
    inputs: u64,
    digests: Digests,
}

trait Number: Inputs {
    const COMMITTED: Committed;
}

impl Number for f32 {
    const COMMITTED: Committed = Committed {
        results: include_bytes!("data/stability-f32.bin"),
        inputs: 0xdb2214638c80e3b6,
        digests: [
            0xa3902333dd7900ba, // selu
            0xbc061c7adc66d7b6, // selu_grad
            0x3152a8c79b2cb177, // elu
            0x452a00a50fa7ab6f, // selu_backward
            0x7842e47b4fa486a7, // elu_grad
            0xd148c043314cabfd, // elu_backward
            0xd5e9106c0ad982d5, // ScaledElu
        ],
    };
}

impl Number for f64 {
    const COMMITTED: Committed = Committed {
        results: include_bytes!("data/stability-f64.bin"),
        inputs: 0x8ec7452b612bac6a,
        digests: [
            0x3080b8025b75c01e, // selu
            0x96bc8e469db0972f, // selu_grad
            0x94c2d857deb81517, // elu
            0x4f0afa331b3bbbb5, // selu_backward
            0xfdc0a876dba0b7a9, // elu_grad
            0x13d4767481842a23, // elu_backward
            0x7add89b782ceb469, // ScaledElu
        ],
    };
}

#[cfg(feature = "half")]
impl Number for f16 {
    const COMMITTED: Committed = Committed {
        results: include_bytes!("data/stability-f16.bin"),
        inputs: 0xb3d7b37fd8a53a79,
        digests: [
            0xa36991269101bc32, // selu
            0x484667d8475d6422, // selu_grad
            0x80991c332631959a, // elu
            0x16f10fb03bf73a16, // selu_backward
            0xaae3754c823334f8, // elu_grad
            0x944f4f40f50ed46d, // elu_backward
            0xdf2cb40689247a97, // ScaledElu
        ],
    };
}

#[cfg(feature = "half")]
impl Number for bf16 {
    const COMMITTED: Committed = Committed {
        results: include_bytes!("data/stability-bf16.bin"),
        inputs: 0xe9d306d71c2cfcb4,
        digests: [
            0x84a413ae4ce3557c, // selu
            0x5ce1537067de8c36, // selu_grad
            0x9d4bedc1cd78476c, // elu
            0xcedf3cf98419cd3f, // selu_backward
            0x362a4d217a3056c2, // elu_grad
            0x506c84d3dfd12ea4, // elu_backward
            0x4ad318b3c4c4bc89, // ScaledElu
        ],
    };
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

/// FNV-1a, 64 bits.
fn digest(words: impl Iterator<Item = u64>) -> u64 {
    words.flat_map(u64::to_le_bytes).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn digest_of_inputs<T: Format>(inputs: &[Input<T>]) -> u64 {
    let words = inputs.iter().flat_map(|i| [i.x, i.alpha, i.grad]);
    digest(words.map(T::pattern))
}

fn digests_of_results<T: Format>(results: &[[T; FUNCTIONS.len()]]) -> Digests {
    std::array::from_fn(|function| digest(results.iter().map(|row| row[function].pattern())))
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
    let Committed { results: committed, inputs: inputs_digest, digests } = T::COMMITTED;
    let inputs = inputs::<T>();
    assert_eq!(
        digest_of_inputs(&inputs),
        inputs_digest,
        "the inputs are not those of the committed results"
    );
    assert_eq!(committed.len(), inputs.len() * FUNCTIONS.len() * T::BYTES);

    let results: Vec<_> = inputs.iter().map(|&input| results(input)).collect();
    let rows = committed.chunks(FUNCTIONS.len() * T::BYTES);
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
    for ((function, actual), committed) in
        FUNCTIONS.iter().zip(digests_of_results(&results)).zip(digests)
    {
        println!("digest: {} {function} {actual:#018x}", T::NAME);
        assert_eq!(
            actual, committed,
            "the committed digest of {function} is not that of the committed results"
        );
    }
}

/// The digests of the results for hard arguments, on `set`, in the order of `HardCases`.
fn digests_of_hard_cases<T: Format>(cases: &HardCases, set: InstructionSet) -> [u64; 4] {
    let pairs = |bytes| hard::pairs(bytes, T::BYTES, T::from_pattern);
    let digest_of = |results: Vec<T>| digest(results.into_iter().map(T::pattern));
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
    [0xcbf29ce484222325, 0x7c5bade5bcbb446e, 0xeb4158dda9cba0d6, 0x15b2251d1e36698a],
    [0xe4fa58cc3fa58afe, 0xede6f5cf49cbb38d, 0xec275902851ca7cd, 0xc7ca823e3e09212c],
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
    println!("digest: hard cases {:016x}", digest(HARD_CASES.into_iter().flatten()));
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
        println!("        inputs: {:#018x},", digest_of_inputs(&inputs));
        println!("        digests: [");
        for (function, digest) in FUNCTIONS.iter().zip(digests_of_results(&results)) {
            println!("            {digest:#018x}, // {function}");
        }
        println!("        ],");
    }
    regenerate::<f32>();
    regenerate::<f64>();
    #[cfg(feature = "half")]
    {
        regenerate::<f16>();
        regenerate::<bf16>();
    }
    let [f32, f64] = [
        digests_of_hard_cases::<f32>(&hard::F32, InstructionSet::Baseline),
        digests_of_hard_cases::<f64>(&hard::F64, InstructionSet::Baseline),
    ];
    println!("const HARD_CASES: [[u64; 4]; 2] = [{f32:#018x?}, {f64:#018x?}];");
}
