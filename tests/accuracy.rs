//! The error of every function in true units of the last place, over all binades and around every
//! threshold of the kernels. `tests/exhaustive.rs` tries all `f32`.

mod reference;

use rayon::prelude::*;
use reference::{Exact, Format, Worst, ulp_error};
use selu::on_instruction_set::{self, InstructionSet};
use selu::{elu, selu, selu_backward, selu_grad};
use std::f64::consts::LN_2;

/// A uniformly distributed number in [0, 1) from each of the numbers below `count`.
fn uniform(count: u64) -> impl ParallelIterator<Item = (u64, f64)> + Clone {
    (0..count).into_par_iter().map(|i| {
        // SplitMix64.
        let mut z = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (i, ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64)
    })
}

/// `count` values of either sign, spread over all binades of `f64`, subnormals included.
fn all_binades(count: u64) -> impl ParallelIterator<Item = f64> + Clone {
    uniform(count).map(|(i, u)| {
        let exponent = (i / 2) % 2047;
        let mantissa = (u * (1_u64 << 52) as f64) as u64;
        f64::from_bits((i % 2) << 63 | exponent << 52 | mantissa)
    })
}

/// `count` values between `low` and `high`.
fn between(low: f64, high: f64, count: u64) -> impl ParallelIterator<Item = f64> + Clone {
    uniform(count).map(move |(_, u)| low + (high - low) * u)
}

/// The `f64` around everything at which the kernels do something else: the multiples of ½·ln 2,
/// where k changes, saturation, the edges of the scaling for tiny values, 0 and the binades.
fn around_thresholds() -> impl ParallelIterator<Item = f64> + Clone {
    let mut centres: Vec<f64> = (0..=2160).map(|n| -0.5 * LN_2 * f64::from(n)).collect();
    centres.extend((-1074..1024).flat_map(|e| [2f64.powi(e), -(2f64.powi(e))]));
    centres.extend([-18.0, -36.7, -37.43, -40.0, -708.4, -745.13, -745.2, -750.0]);
    centres.into_par_iter().flat_map_iter(|centre: f64| {
        (-20_i64..=20).map(move |step| f64::from_bits(centre.to_bits().wrapping_add_signed(step)))
    })
}

/// The largest error of `computed` against `exact` where the exact result is normal, and where it
/// is subnormal. A result may be infinite where the exact one is beyond the largest number.
fn worst<T: Format>(
    inputs: impl ParallelIterator<Item = f64>,
    computed: impl Fn(f64) -> T + Sync,
    exact: impl Fn(f64) -> Exact + Sync,
) -> (Worst, Worst) {
    let smallest_normal = Exact::from_parts(1.into(), T::MIN_EXPONENT);
    let ones = (1_u64 << T::DIGITS) - 1;
    let largest = Exact::from_parts(ones.into(), 2 - T::MIN_EXPONENT - T::DIGITS);
    inputs
        .filter(|&x| x.is_finite() && x != 0.0)
        .filter_map(|x| {
            let y = computed(x);
            let exact = exact(x);
            let magnitude = if exact < Exact::ZERO { -exact.clone() } else { exact.clone() };
            if y.into().is_infinite() {
                assert!(magnitude > largest, "infinite at {x:e}");
                return None;
            }
            let worst = Worst { error: ulp_error(y, &exact), x };
            Some(if magnitude >= smallest_normal {
                (worst, Worst::NONE)
            } else {
                (Worst::NONE, worst)
            })
        })
        .reduce(|| (Worst::NONE, Worst::NONE), |a, b| (a.0.or(b.0), a.1.or(b.1)))
}

/// Checks a function against its bounds for normal and for subnormal results.
fn assert_within<T: Format>(
    name: &str,
    (normal_bound, subnormal_bound): (f64, f64),
    inputs: impl ParallelIterator<Item = f64>,
    computed: impl Fn(f64) -> T + Sync,
    exact: impl Fn(f64) -> Exact + Sync,
) {
    let (normal, subnormal) = worst(inputs, computed, exact);
    println!(
        "{name}: {:.4} ULP at {:e}; subnormal {:.4} ULP at {:e}",
        normal.error, normal.x, subnormal.error, subnormal.x
    );
    assert!(
        normal.error <= normal_bound,
        "{name}: {} ULP at {:e} ({:#018x})",
        normal.error,
        normal.x,
        normal.x.to_bits()
    );
    assert!(
        subnormal.error < subnormal_bound,
        "{name}: {} ULP at {:e} ({:#018x})",
        subnormal.error,
        subnormal.x,
        subnormal.x.to_bits()
    );
}

/// Where the error before the last rounding is largest: the polynomial's share of the result is, and
/// the result is just below a power of two.
fn hardest() -> impl ParallelIterator<Item = f64> + Clone {
    // The worst that directed searches found in earlier versions of the kernel.
    const FOUND: [f64; 5] = [
        -0.3313579865311098,
        -0.3339116353374616,
        -0.3313981723387654,
        -0.3308326697733131,
        -0.33383284064571833,
    ];
    between(-0.3347, -0.3295, 40_000).chain(FOUND.into_par_iter())
}

/// What the documentation says of `f64`.
const F64_BOUNDS: (f64, f64) = (0.57, 0.8);

#[test]
fn selu_f64_is_within_its_bound() {
    let inputs = all_binades(400_000)
        .chain(between(-LN_2, 0.0, 200_000))
        .chain(between(-5.0, 0.0, 100_000))
        .chain(between(-42.0, 0.0, 100_000))
        .chain(hardest())
        .chain(around_thresholds());
    assert_within("selu", F64_BOUNDS, inputs, selu::<f64>, reference::selu);
}

#[test]
fn selu_grad_f64_is_within_its_bound() {
    let inputs = between(-746.0, 0.0, 100_000)
        .chain(between(-2.0, 0.0, 50_000))
        .chain(between(-746.0, -708.0, 50_000))
        .chain(around_thresholds())
        // Beyond, the derivative is 0.
        .filter(|&x| x > -745.8);
    assert_within("selu_grad", F64_BOUNDS, inputs, selu_grad::<f64>, reference::selu_grad);
}

#[test]
fn elu_f64_is_within_its_bound_for_every_alpha() {
    let alphas = [1.0, 1.6732632423543772, 1.7599939936540374, 1.7743202625651322, 0.1, -3.7]
        .into_iter()
        .chain([1e300, f64::MAX, 1e-300, f64::MIN_POSITIVE, 5e-324]);
    for alpha in alphas {
        let inputs = all_binades(8_000)
            .chain(between(-40.0, 0.0, 4_000))
            .chain(hardest().filter(|_| (1.6..2.0).contains(&alpha)))
            .filter(|&x| x < 0.0);
        assert_within(
            &format!("elu with alpha {alpha:e}"),
            F64_BOUNDS,
            inputs,
            |x| elu(x, alpha),
            |x| reference::elu(x, alpha),
        );
    }
}

#[test]
fn elu_f64_is_within_its_bound_whatever_the_sizes_of_both_arguments() {
    /// For each x another alpha, of either sign and of any size.
    fn alpha(x: f64) -> f64 {
        let bits = x.to_bits().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let bits = (bits ^ bits >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
        let exponent = (bits >> 32) % 2046;
        f64::from_bits(bits << 63 | (exponent + 1) << 52 | bits >> 12)
    }
    let inputs = all_binades(40_000).chain(between(-40.0, 0.0, 20_000)).filter(|&x| x < 0.0);
    assert_within(
        "elu with an alpha for each x",
        F64_BOUNDS,
        inputs,
        |x| elu(x, alpha(x)),
        |x| reference::elu(x, alpha(x)),
    );
}

#[test]
fn elu_f32_is_within_its_bound_for_every_alpha() {
    for alpha in [1.0, 1.6732632, 0.1, -3.7, 1e30, f32::MAX, 1e-30, f32::from_bits(1)] {
        let inputs = all_binades(8_000)
            .chain(between(-40.0, 0.0, 4_000))
            .map(|x| f64::from(x as f32))
            .filter(|&x| x < 0.0);
        assert_within(
            &format!("elu with alpha {alpha:e}"),
            (0.501, 0.501),
            inputs,
            |x| elu(x as f32, alpha),
            |x| reference::elu(x, alpha.into()),
        );
    }
}

/// Arguments next to the middle between two `f32`, where fused arithmetic would round the wrong way.
#[test]
fn elu_f32_is_never_fused() {
    const HARD: [(f32, f32); 14] = [
        (-0.39597157, 1.8500657),
        (-0.10076173, 1.310415),
        (-0.85814697, 1.1447437),
        (-0.10335778, 1.6769705),
        (-0.62996644, 1.6239886),
        (-0.48959014, 1.2208493),
        (-0.63002855, 1.8404636),
        (-0.28127518, 1.8547963),
        (-0.27913216, 1.5732819),
        (-0.27913216, 1.9928237),
        (-0.48210943, 1.1794438),
        (-0.9702028, 1.5529035),
        (-0.7463459, 1.9135025),
        (-0.10101436, 1.5922133),
    ];
    for (x, alpha) in HARD {
        let error = ulp_error(elu(x, alpha), &reference::elu(x.into(), alpha.into()));
        assert!(error <= 0.5, "{x:e} {alpha:e}: {error} ULP");
    }
}

/// Gradients of every size, so that the product is also subnormal, and huge.
#[test]
fn selu_backward_f32_rounds_the_product_once() {
    for grad in [1.0, -0.3, 1.9999999, 1e-30, 1e-40, f32::from_bits(1), 1e30, f32::MAX] {
        let inputs = between(-200.0, 0.0, 20_000)
            .chain(between(-3.0, 1.0, 20_000))
            .chain(all_binades(10_000))
            .map(|x| f64::from(x as f32));
        let backward = |x: f64| {
            let mut grads = [grad];
            selu_backward(&[x as f32], &mut grads);
            grads[0]
        };
        let exact = |x| reference::exact(grad) * reference::selu_grad(x);
        assert_within(
            &format!("selu_backward of {grad:e}"),
            (0.500001, 0.500001),
            inputs,
            backward,
            exact,
        );
    }
}

/// Products so close to the middle between two `f32` that the fast way of the kernel must not trust
/// itself, however small or large the gradient is: its upper bound is on the wrong side at the first
/// eleven, and at the others even the product itself, with fused or with unfused arithmetic. The
/// `f64` kernel is right at all of these.
#[test]
fn selu_backward_f32_rounds_the_hardest_products_at_every_size() {
    const HARD: [(f32, f32); 27] = [
        (-2.3511417, 1.5251441),
        (-0.8031977, 1.603767),
        (-1.9332218, 1.5428268),
        (-6.8451633, 1.3926451),
        (-1.5218104, 1.8866193),
        (-29.724134, 1.8836303),
        (-30.740814, 1.0300735),
        (-0.29288012, 1.3794284),
        (-2.505862, 1.6194139),
        (-22.81639, 1.0330628),
        (-0.5054167, 1.6424936),
        // Fused below, …
        (-0.32444018, 1.5461681),
        (-3.5596685, 1.938972),
        (-0.24488616, 1.9426531),
        (-3.7573967, 1.1151626),
        // fused above, …
        (-1.9413815, 1.3471197),
        (-0.3811966, 1.2393191),
        (-0.30224195, 1.6758413),
        (-1.7055095, 1.9551799),
        // unfused below, …
        (-0.31386393, 1.5457273),
        (-13.4783945, 1.9455382),
        (-0.37996516, 1.4760536),
        (-3.5070398, 1.4754003),
        // unfused above.
        (-0.4868328, 1.7020115),
        (-14.7412, 1.902908),
        (-0.93688405, 1.2091125),
        (-3.6479945, 1.8262025),
    ];
    for (x, grad) in HARD {
        for exponent in [-60, -30, 0, 30, 60, 100] {
            let grad = grad * 2f32.powi(exponent);
            let exact = reference::exact(grad) * reference::selu_grad(x.into());
            for &set in InstructionSet::ALL.iter().filter(|set| set.is_supported()) {
                // A whole block and one more, without an easier or a harder one among them.
                let mut products = [grad; 33];
                on_instruction_set::selu_backward(set, &[x; 33], &mut products);
                for product in products {
                    let error = ulp_error(product, &exact);
                    assert!(error <= 0.5, "{x:e} {grad:e} on {set:?}: {error} ULP");
                    assert!(0.5 - error < 2f64.powi(-24), "{x:e} {grad:e} is not hard");
                }
            }
        }
    }
}
