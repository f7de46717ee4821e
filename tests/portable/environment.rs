//! What the CPU's modes do to the results. The table of `docs/environment.md` is what is found
//! here.
//!
//! Frameworks have the CPU flush subnormal numbers to zero: results (FTZ) or arguments (DAZ), or on
//! Arm both at once (FZ). Whatever the function, nothing may come of that but a zero in place of a
//! subnormal number, and with its sign. The other rounding modes are refused by a debug assertion.

use crate::format::Format;
use crate::function::Function::{self, FastElu, FastSelu, Selu};
use crate::function::supported;
use crate::inputs::{Inputs, inputs};
use crate::modes::{self, with_bits};
#[cfg(debug_assertions)]
use crate::panics::refusal;
#[cfg(feature = "half")]
use half::{bf16, f16};
use selu::on_instruction_set::InstructionSet;
use selu::{ScaledElu, consts};
use std::collections::BTreeSet;
use std::hint::black_box;

const PAGE: &str = include_str!("../../docs/environment.md");

/// Whether nothing may change at all, as the page says.
fn is_untouched<T: Format>() -> bool {
    PAGE.contains(&format!("| `{}` | all | same | same | same |", T::NAME))
}

/// Asks no arithmetic, which may take it for 0.
fn is_subnormal_by_bits<T: Format>(x: T) -> bool {
    let magnitude = x.pattern() & !T::SIGN_PATTERN;
    0 < magnitude && magnitude < 1 << (T::DIGITS - 1)
}

/// All values of 16 bits. Of wider types those of `stability.rs`, which are of all sizes, and more
/// from where the derivative is 0 to where it is subnormal and on to where it is normal.
fn values<T: Inputs>() -> Vec<T> {
    if T::BYTES == 2 {
        return (0..1 << 16).map(T::from_pattern).collect();
    }
    let lowest = if T::BYTES == 4 { -104.0 } else { -750.0 };
    let decaying = (0..2000).map(|i| T::from(lowest * f64::from(i) / 2000.0).unwrap());
    inputs::<T>().into_iter().map(|input| input.x).chain(decaying).collect()
}

/// A normal number of which all places are set: parts of it are subnormal.
fn small_and_long<T: Format>() -> T {
    T::from_pattern(T::min_positive_value().pattern() * 2 - 1)
}

/// Gradients, and the constants of an ELU: subnormal, ordinary and special.
fn factors<T: Format>() -> Vec<T> {
    let smallest_normal = T::min_positive_value();
    let largest_subnormal = T::from_pattern(smallest_normal.pattern() - 1);
    let ordinary = [1.0, 0.3, -1.673_263_242_354_377_2, 1.050_700_987_355_480_5, -40.0, 3e-5];
    let special = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    let mut factors: Vec<T> =
        ordinary.iter().chain(&special).map(|&x| T::from(x).unwrap()).collect();
    factors.extend([
        smallest_normal,
        small_and_long(),
        largest_subnormal,
        -T::from_pattern(1),
        T::from_pattern(3),
        T::max_value(),
    ]);
    factors
}

/// One result of a function.
struct Outcome<T> {
    function: &'static str,
    /// The instruction set of a slice, or none for a value alone.
    set: Option<InstructionSet>,
    /// x, a gradient, alpha, scale; 1 where a function takes none.
    arguments: [T; 4],
    result: T,
}

/// All results of all functions in all forms, handed to `take` in a fixed order.
fn each_outcome<T: Inputs>(mut take: impl FnMut(Outcome<T>)) {
    let xs = values::<T>();
    let ones = vec![T::one(); xs.len()];
    let factors = factors::<T>();
    // Of the 65,536 values each meets a few of the factors.
    let step = if T::BYTES == 2 { 3 } else { 1 };
    for (i, &alpha) in factors.iter().enumerate().step_by(step) {
        let grads: Vec<T> = (0..xs.len()).map(|j| factors[(i + j) % factors.len()]).collect();
        let other_scale = if alpha == small_and_long() {
            // Their product is an ordinary number.
            T::max_value()
        } else {
            factors[(i * 7 + 3) % factors.len()]
        };
        let elu = |scale| (Function::ScaledElu(ScaledElu { alpha, scale }), [alpha, scale]);
        for (function, [alpha, scale]) in [(Selu, [T::one(); 2]), elu(T::one()), elu(other_scale)] {
            let [value, grad, backward] = match function {
                Selu => ["selu", "selu_grad", "selu_backward"],
                _ => ["elu", "elu_grad", "elu_backward"],
            };
            let mut take_all = |function, set, grads: &[T], ys: Vec<T>| {
                for ((&x, &grad), result) in xs.iter().zip(grads).zip(ys) {
                    take(Outcome { function, set, arguments: [x, grad, alpha, scale], result });
                }
            };
            let alone = |f: &dyn Fn(T, T) -> T| {
                xs.iter().zip(&grads).map(|(&x, &grad)| f(x, grad)).collect::<Vec<T>>()
            };
            take_all(value, None, &ones, alone(&|x, _| function.value(x)));
            take_all(grad, None, &ones, alone(&|x, _| function.grad(x)));
            take_all(backward, None, &grads, alone(&|x, grad| function.gradient(x, grad)));
            for set in supported() {
                let mut ys = xs.clone();
                function.slice_on(set, &mut ys);
                take_all(value, Some(set), &ones, ys);
                let mut ys = grads.clone();
                function.backward_on(set, &xs, &mut ys);
                take_all(backward, Some(set), &grads, ys);
            }
        }
    }
}

fn results<T: Inputs>() -> Vec<T> {
    let mut results = Vec::new();
    each_outcome(|outcome| results.push(outcome.result));
    results
}

/// The result before it is rounded to `T`, to some 50 bits, for a narrower `T`.
fn unrounded<T: Format>(outcome: &Outcome<T>) -> f64 {
    let [x, grad, alpha, scale] = outcome.arguments.map(Into::<f64>::into);
    let (alpha, scale) = if outcome.function.starts_with("selu") {
        (consts::f64::ALPHA, consts::f64::SCALE)
    } else {
        (alpha, scale)
    };
    let is_value = ["selu", "elu"].contains(&outcome.function);
    match (is_value, x < 0.0) {
        (true, true) => scale * alpha * x.exp_m1(),
        (true, false) => scale * x,
        (false, true) => grad * scale * alpha * x.exp(),
        (false, false) => grad * scale,
    }
}

/// Whether `actual` may be what a mode makes of the outcome: a zero of its sign, where a number that
/// was flushed is to blame.
fn is_flushed<T: Format>(outcome: &Outcome<T>, actual: T) -> bool {
    let &Outcome { function, arguments, result, .. } = outcome;
    let [x, grad, alpha, scale] = arguments;
    // Alpha has a part in the result only for x < 0.
    let factors = [x, grad, scale, if x.is_sign_negative() { alpha } else { T::one() }];
    let has_subnormal = factors.iter().any(|&factor| is_subnormal_by_bits(factor));
    if actual.is_nan() {
        // 0·∞.
        return has_subnormal && factors.iter().any(|factor| factor.is_infinite());
    }
    let smallest_normal: f64 = T::min_positive_value().into();
    let lost = has_subnormal || unrounded(outcome).abs() < smallest_normal * (1.0 + 1e-12);
    // Taken for −0, x is on the straight line, which has the sign of the scale.
    let line = x.is_sign_negative() != scale.is_sign_negative();
    let is_on_line = function == "elu" && is_subnormal_by_bits(x);
    let sign = actual.is_sign_negative();
    let has_sign = sign == result.is_sign_negative() || is_on_line && sign == line;
    lost && actual == T::zero() && has_sign
}

/// A row of the table for each function of `T`, or one for all of them if they are the same.
fn rows<T: Inputs>() -> Vec<[String; 5]> {
    const FUNCTIONS: [&str; 6] =
        ["selu", "selu_grad", "selu_backward", "elu", "elu_grad", "elu_backward"];
    let mut flushed = [BTreeSet::new(), BTreeSet::new(), BTreeSet::new()];
    let mut results = modes::FLUSHING.map(|(_, bits)| with_bits(bits, results::<T>).into_iter());
    each_outcome::<T>(|outcome| {
        for (results, (column, bits)) in results.iter_mut().zip(modes::FLUSHING) {
            let actual = results.next().expect("as many results as in the usual mode");
            if actual.pattern() == outcome.result.pattern() {
                continue;
            }
            assert!(
                is_flushed(&outcome, actual) && !is_untouched::<T>(),
                "{} {}, {:?}, of {:?}: {} instead of {} with {bits:#x} set",
                T::NAME,
                outcome.function,
                outcome.set,
                outcome.arguments.map(T::show),
                actual.show(),
                outcome.result.show(),
            );
            flushed[column].insert(outcome.function);
        }
    });

    let row = |name: &str, function: &str| {
        let cell = |column: usize| {
            if flushed[column].contains(function) { "flushed" } else { "same" }.to_owned()
        };
        [format!("`{}`", T::NAME), name.to_owned(), cell(0), cell(1), cell(2)]
    };
    if flushed.iter().all(BTreeSet::is_empty) {
        return vec![row("all", "all")];
    }
    FUNCTIONS.iter().map(|function| row(&format!("`{function}`"), function)).collect()
}

/// Compares with the committed table the columns of this architecture's modes.
fn assert_documented<T: Inputs>() {
    let documented: Vec<Vec<&str>> = PAGE
        .lines()
        .filter(|line| line.starts_with(&format!("| `{}` |", T::NAME)))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let rows = rows::<T>();
    for row in &rows {
        println!("| {} |", row.join(" | "));
    }
    assert_eq!(documented.len(), rows.len(), "rows of {}", T::NAME);
    for (documented, row) in documented.iter().zip(&rows) {
        assert_eq!(documented.len(), row.len(), "columns of {row:?}");
        let columns = modes::FLUSHING.map(|(column, _)| 2 + column);
        for column in [0, 1].into_iter().chain(columns) {
            assert_eq!(documented[column], row[column], "in {row:?}");
        }
    }
}

#[test]
fn flushing_to_zero_does_to_f32_what_the_page_says() {
    assert_documented::<f32>();
}

/// The fast functions of `f32`: a tiny result may also be the number next to it, and a product be
/// off by what was flushed.
#[test]
fn flushing_to_zero_does_to_the_fast_functions_what_the_page_says() {
    let xs = values::<f32>();
    let factors = factors::<f32>();
    let functions =
        [(FastSelu, ["selu", "selu_backward"]), (FastElu(0.7), ["elu", "elu_backward"])];
    for (set, i) in supported().flat_map(|set| (0..8).map(move |i| (set, i))) {
        let grads: Vec<f32> = (0..xs.len()).map(|j| factors[(i + j) % factors.len()]).collect();
        for ((fast, names), is_product) in
            functions.into_iter().flat_map(|f| [(f, false), (f, true)])
        {
            let function = names[usize::from(is_product)];
            let results = || {
                let mut ys = if is_product { grads.clone() } else { xs.clone() };
                if is_product {
                    fast.backward_on(set, &xs, &mut ys);
                } else {
                    fast.slice_on(set, &mut ys);
                }
                ys
            };
            let usual = results();
            for (_, bits) in modes::FLUSHING {
                let flushed = with_bits(bits, results);
                for (j, (&usual, &flushed)) in usual.iter().zip(&flushed).enumerate() {
                    let grad = if is_product { grads[j] } else { 1.0 };
                    let arguments = [xs[j], grad, 0.7, 1.0];
                    let outcome = Outcome { function, set: Some(set), arguments, result: usual };
                    let distance = usual.pattern().abs_diff(flushed.pattern());
                    let is_near = usual.abs() < 1e-27 && distance <= 1
                        || is_product && (usual - flushed).abs() <= 2.0 * f32::MIN_POSITIVE;
                    assert!(
                        distance == 0 || is_flushed(&outcome, flushed) || is_near,
                        "{function}, {set:?}, of {arguments:?}: {flushed:e} instead of {usual:e}"
                    );
                }
            }
        }
    }
}

#[test]
fn flushing_to_zero_does_to_f64_what_the_page_says() {
    assert_documented::<f64>();
}

#[cfg(feature = "half")]
#[test]
fn flushing_to_zero_does_to_f16_what_the_page_says() {
    assert_documented::<f16>();
}

#[cfg(feature = "half")]
#[test]
fn flushing_to_zero_does_to_bf16_what_the_page_says() {
    assert_documented::<bf16>();
}

/// Asserts that the modes do no more to back-propagation from the output than to `_backward`, which
/// stands for it in the table.
fn assert_from_output<T: Inputs>() {
    let (ys, factors) = (values::<T>(), factors::<T>());
    // With few digits products are exact.
    let constants: Vec<T> = [T::from(1.5).unwrap()]
        .into_iter()
        .chain(factors.iter().copied())
        .filter(|x| x.is_finite() && !x.is_sign_negative() && x.pattern() != 0)
        .step_by(if T::BYTES == 2 { 3 } else { 1 })
        .collect();
    let scales = constants.iter().cycle().skip(3);
    let scaled = constants.iter().zip(scales).map(|(&alpha, &scale)| ScaledElu { alpha, scale });
    let elu = constants.iter().map(|&alpha| ScaledElu { alpha, scale: T::one() });
    for function in elu.chain(scaled).map(Some).chain([None]) {
        let f = function.map_or(Selu, Function::ScaledElu);
        let [alpha, scale] = function.map_or([T::one(); 2], |f| [f.alpha, f.scale]);
        let next_to_1 = T::from_pattern(T::one().pattern() + 1);
        let grads: Vec<T> = (0..ys.len())
            .map(|i| if i % 2 == 0 { next_to_1 } else { factors[i / 2 % factors.len()] })
            .collect();
        let results = || {
            let mut alone = grads.clone();
            for (y, grad) in ys.chunks(1).zip(alone.chunks_mut(1)) {
                f.backward_from_output(y, grad);
            }
            let on = |set| {
                let mut results = grads.clone();
                f.backward_from_output_on(set, &ys, &mut results);
                results
            };
            alone.into_iter().chain(supported().flat_map(on)).collect::<Vec<T>>()
        };
        let usual = results();
        for (_, bits) in modes::FLUSHING {
            for (i, (&usual, &flushed)) in usual.iter().zip(&with_bits(bits, results)).enumerate() {
                let (y, grad) = (ys[i % ys.len()], grads[i % ys.len()]);
                let has_subnormal = [grad, alpha, scale].into_iter().any(is_subnormal_by_bits);
                let smallest_normal: f64 = T::min_positive_value().into();
                let is_tiny = Into::<f64>::into(usual).abs() < smallest_normal * (1.0 + 1e-12);
                let is_zero =
                    flushed == T::zero() && flushed.is_sign_negative() == grad.is_sign_negative();
                let is_flushed = (has_subnormal || is_tiny) && is_zero
                    || has_subnormal && grad.is_infinite() && flushed.is_nan();
                let is_near = is_subnormal_by_bits(y) && alpha.into() * scale.into() < 1e-23;
                assert!(
                    flushed.pattern() == usual.pattern()
                        || !is_untouched::<T>() && (is_flushed || is_near),
                    "{function:?} from {}, gradient {}: {} instead of {} with {bits:#x} set",
                    y.show(),
                    grad.show(),
                    flushed.show(),
                    usual.show()
                );
            }
        }
    }
}

#[test]
fn flushing_to_zero_does_from_the_output_what_the_page_says() {
    assert_from_output::<f32>();
    assert_from_output::<f64>();
    #[cfg(feature = "half")]
    {
        assert_from_output::<f16>();
        assert_from_output::<bf16>();
    }
}

/// Compares what the modes do to the results of a companion with its row of the page. `is_flushed`
/// tells whether another result may take the place of the one at a position.
#[cfg(feature = "rand")]
fn assert_companion<T: Format>(
    name: &str,
    results: impl Fn() -> Vec<T>,
    is_flushed: impl Fn(usize, T) -> bool,
) {
    let of_type = |row: &&str| row.contains("| all |") || row.contains(&format!("`{}`", T::NAME));
    let row = PAGE.lines().filter(|line| line.starts_with(&format!("| {name} |"))).find(of_type);
    let cells: Vec<&str> = row.expect("a row").trim_matches('|').split('|').collect();
    let expected = results();
    for (column, bits) in modes::FLUSHING {
        let mut cell = "same";
        for (i, (actual, expected)) in with_bits(bits, &results).iter().zip(&expected).enumerate() {
            if actual.pattern() != expected.pattern() {
                cell = "flushed";
                assert!(
                    is_flushed(i, *actual),
                    "{name} in {}, result {i}: {} instead of {} with {bits:#x} set",
                    T::NAME,
                    actual.show(),
                    expected.show()
                );
            }
        }
        assert_eq!(cells[2 + column].trim(), cell, "{name} in {}, {bits:#x} set", T::NAME);
    }
}

#[cfg(feature = "rand")]
fn assert_companions<T: Inputs>()
where
    selu::LecunNormal: rand::distr::Distribution<T>,
{
    use crate::sampling::seeded;
    use rand::distr::Distribution;
    use selu::{AlphaDropout, LecunNormal};

    let weights = || {
        let of_fan_in = |fan_in| LecunNormal::new(fan_in).unwrap().sample_iter(seeded(1));
        [1, 64, 1 << 31].into_iter().flat_map(|fan_in| of_fan_in(fan_in).take(10_000)).collect()
    };
    assert_companion::<T>("`LecunNormal`", weights, |_, _| false);

    let xs = values::<T>();
    let forward = || {
        let mut results = Vec::new();
        for rate in [0.0, 5e-324, 1e-300, 1e-9, 0.05, 0.5, 1.0_f64.next_down()] {
            let dropout = AlphaDropout::new(black_box(rate)).unwrap();
            let (mut ys, mut kept) = (xs.clone(), vec![false; xs.len()]);
            dropout.apply_slice_recording(&mut seeded(1), &mut ys, &mut kept);
            results.extend(ys);
            results.extend(kept.into_iter().map(|kept| T::from(u8::from(kept)).unwrap()));
            let mut ys = xs[..xs.len() / 2 * 2].to_vec();
            dropout.apply_groups(&mut seeded(1), &mut ys, 2);
            results.extend(ys);
        }
        results
    };
    assert_companion::<T>("`AlphaDropout`, forward", forward, |_, _| false);

    let backward = || {
        let mut grad = xs.clone();
        AlphaDropout::new(0.1).unwrap().backward(&vec![true; grad.len()], &mut grad);
        grad
    };
    for (_, bits) in modes::FLUSHING {
        let refused = with_bits(bits, || AlphaDropout::new(black_box(-5e-324)).is_err());
        assert!(refused, "a rate of -5e-324 is accepted with {bits:#x} set");
    }
    let is_flushed = |i: usize, actual: T| {
        let grad: f64 = xs[i].into();
        let lost = grad.abs() * 0.92 < T::min_positive_value().into();
        lost && actual == T::zero() && actual.is_sign_negative() == xs[i].is_sign_negative()
    };
    assert_companion::<T>("`AlphaDropout`, backward", backward, is_flushed);
}

#[cfg(feature = "rand")]
#[test]
fn flushing_to_zero_does_to_the_companions_what_the_page_says() {
    assert_companions::<f32>();
    assert_companions::<f64>();
    #[cfg(feature = "half")]
    {
        assert_companions::<f16>();
        assert_companions::<bf16>();
    }
}

#[test]
fn the_derivative_of_a_flushed_negative_number_stays_that_of_a_negative_one() {
    let least = -f32::MIN_POSITIVE / 2.0;
    for (_, bits) in modes::FLUSHING {
        let grad = with_bits(bits, || selu::selu_grad(black_box(least)));
        assert_eq!(grad, selu::consts::f32::SCALE_ALPHA);
    }
}

/// The examples of the page. If one is no longer so, the page may drop it.
#[cfg(target_arch = "x86_64")]
#[test]
fn exceptions_are_raised_where_the_page_says() {
    fn assert_raised<T: Format>(x: f64, exception: u32) {
        let mut xs = [T::from(x).unwrap(); 64];
        let raised = modes::exceptions(|| selu::selu_slice(black_box(&mut xs)));
        assert!(raised & exception != 0, "selu({x:e}) in {} raises {raised:#x}", T::NAME);
    }
    assert_raised::<f32>(f64::NAN, modes::INVALID);
    assert_raised::<f64>(f64::NAN, modes::INVALID);
    assert_raised::<f32>(f64::INFINITY, modes::INVALID);
    assert_raised::<f64>(f64::INFINITY, modes::INVALID);
    #[cfg(feature = "half")]
    {
        assert_raised::<f16>(f64::NAN, modes::INVALID);
        assert_raised::<bf16>(f64::NAN, modes::INVALID);
        assert_raised::<f16>(1e4, modes::OVERFLOW);
    }
}

/// Every function: a value alone, and slices longer than a block and shorter.
#[cfg(debug_assertions)]
fn assert_refused<T: Format>() {
    let x = T::from(-0.75).unwrap();
    let (alpha, function) = (T::one(), ScaledElu { alpha: T::one(), scale: x });
    let entries: [(&str, &dyn Fn()); 21] = [
        ("selu", &|| _ = black_box(selu::selu(x))),
        ("selu_slice", &|| selu::selu_slice(&mut [x; 100])),
        ("selu_into", &|| selu::selu_into(&[x; 3], &mut [x; 3])),
        ("selu_grad", &|| _ = black_box(selu::selu_grad(x))),
        ("selu_backward", &|| selu::selu_backward(&[x; 100], &mut [x; 100])),
        ("selu_backward_into", &|| selu::selu_backward_into(&[x; 20], &[x; 20], &mut [x; 20])),
        ("elu", &|| _ = black_box(selu::elu(x, alpha))),
        ("elu_slice", &|| selu::elu_slice(&mut [x; 20], alpha)),
        ("elu_into", &|| selu::elu_into(&[x; 100], &mut [x; 100], alpha)),
        ("elu_grad", &|| _ = black_box(selu::elu_grad(x, alpha))),
        ("elu_backward", &|| selu::elu_backward(&[x; 3], &mut [x; 3], alpha)),
        ("elu_backward_into", &|| {
            selu::elu_backward_into(&[x; 100], &[x; 100], &mut [x; 100], alpha);
        }),
        ("apply", &|| _ = black_box(function.apply(x))),
        ("apply_slice", &|| function.apply_slice(&mut [x; 3])),
        ("apply_into", &|| function.apply_into(&[x; 20], &mut [x; 20])),
        ("grad", &|| _ = black_box(function.grad(x))),
        ("backward", &|| function.backward(&[x; 100], &mut [x; 100])),
        ("selu_backward_from_output", &|| selu::selu_backward_from_output(&[x; 3], &mut [x; 3])),
        ("elu_backward_from_output", &|| {
            selu::elu_backward_from_output(&[x; 20], &mut [x; 20], alpha);
        }),
        ("backward_from_output", &|| {
            ScaledElu { alpha, scale: alpha }.backward_from_output(&[x; 100], &mut [x; 100]);
        }),
        ("backward_into", &|| function.backward_into(&[x; 3], &[x; 3], &mut [x; 3])),
    ];
    for (name, bits) in modes::DIRECTED {
        for (entry, call) in entries {
            let (message, _) = refusal(|| with_bits(bits, call));
            assert!(
                message.starts_with("selu needs the CPU to round to nearest"),
                "{entry} of {}, rounding {name}: {message}",
                T::NAME
            );
        }
    }
}

#[cfg(debug_assertions)]
#[test]
fn other_rounding_modes_are_refused_by_a_debug_assertion() {
    assert_refused::<f32>();
    assert_refused::<f64>();
    #[cfg(feature = "half")]
    {
        assert_refused::<f16>();
        assert_refused::<bf16>();
    }
}

/// Without debug assertions nothing is promised but that nothing breaks.
#[cfg(not(debug_assertions))]
#[test]
fn other_rounding_modes_break_nothing() {
    fn assert_unbroken<T: Inputs>() {
        let count = results::<T>().len();
        for (_, bits) in modes::DIRECTED {
            assert_eq!(with_bits(bits, results::<T>).len(), count);
        }
    }
    assert_unbroken::<f32>();
    assert_unbroken::<f64>();
    #[cfg(feature = "half")]
    {
        assert_unbroken::<f16>();
        assert_unbroken::<bf16>();
    }
}
