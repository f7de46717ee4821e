//! SELU and its derivative, from `f64` where that decides a rounding, from 160 bits where not.

use crate::format::Format;
use dashu_float::{DBig, FBig, round::mode::HalfEven};
use std::sync::LazyLock;

const SCALE: f64 = 1.050_700_987_355_480_5;
const SCALE_ALPHA: f64 = 1.758_099_340_847_376_8;

/// More than the relative error of the values in `f64`: the standard library's `exp` and `exp_m1`
/// are good to about 2⁻⁵² wherever they come from.
pub const ERROR: f64 = 1.0 / (1_u64 << 49) as f64;
const PRECISION: usize = 160;

type Exact = FBig<HalfEven, 2>;

fn decimal(digits: &str) -> Exact {
    let decimal: DBig = digits.parse().expect("digits");
    decimal.with_base_and_precision(PRECISION).value().with_rounding()
}

static EXACT_SCALE: LazyLock<Exact> =
    LazyLock::new(|| decimal("1.05070098735548049341933498529460635195898120"));
static EXACT_SCALE_ALPHA: LazyLock<Exact> =
    LazyLock::new(|| decimal("1.75809934084737685994021752081227957732350684"));

/// Any precision that `f64` numbers fit.
fn exact(x: f64) -> Exact {
    Exact::try_from(x).expect("a finite number").with_precision(PRECISION).value()
}

/// selu(x) to a relative error of `ERROR`.
pub fn selu(x: f32) -> f64 {
    let x = f64::from(x);
    if x < 0.0 { SCALE_ALPHA * x.exp_m1() } else { SCALE * x }
}

/// selu'(x) to a relative error of `ERROR`, but above 0 even at −∞.
pub fn derivative(x: f32) -> f64 {
    let x = f64::from(x);
    if x < 0.0 {
        SCALE_ALPHA * x.max(-500.0).exp()
    } else if x >= 0.0 {
        SCALE
    } else {
        x
    }
}

/// The correctly rounded selu at every argument.
pub fn rounded_selu<F: Format>() -> Vec<u16> {
    let round = |bits| {
        let x = F::value(bits);
        if x == 0.0 { bits } else { nearest::<F>(selu(x), || exact_selu(x)) }
    };
    (0..=u16::MAX).map(round).collect()
}

fn exact_selu(x: f32) -> Exact {
    let wide = exact(x.into());
    if x < 0.0 { &*EXACT_SCALE_ALPHA * wide.exp_m1() } else { &*EXACT_SCALE * wide }
}

/// The correctly rounded grad·selu'(x).
pub fn rounded_gradient<F: Format>(x: f32, grad: f32) -> u16 {
    nearest::<F>(f64::from(grad) * derivative(x), || {
        let wide = exact(x.max(-500.0).into());
        let derivative =
            if x < 0.0 { &*EXACT_SCALE_ALPHA * wide.exp() } else { EXACT_SCALE.clone() };
        derivative * exact(grad.into())
    })
}

/// `approximate` rounded, with the help of `exact` where its error matters.
fn nearest<F: Format>(approximate: f64, exact_value: impl FnOnce() -> Exact) -> u16 {
    let low = F::nearest(approximate * (1.0 - ERROR));
    let high = F::nearest(approximate * (1.0 + ERROR));
    if low == high {
        return low;
    }
    let exact_value = exact_value();
    let magnitude = if approximate < 0.0 { -exact_value } else { exact_value };
    if magnitude > exact(F::middle_above(low)) { high } else { low }
}
