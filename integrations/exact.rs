//! Derivatives of SELU in arithmetic of 160 bits: the reference of the tests of burn and candle.

use dashu_float::{DBig, FBig, round::mode::HalfEven};
use std::sync::LazyLock;

type Exact = FBig<HalfEven, 2>;

const BITS: usize = 160;
static SCALE: LazyLock<Exact> =
    LazyLock::new(|| decimal("1.05070098735548049341933498529460635195898120"));
static SCALE_ALPHA: LazyLock<Exact> =
    LazyLock::new(|| decimal("1.75809934084737685994021752081227957732350684"));

fn decimal(digits: &str) -> Exact {
    let decimal: DBig = digits.parse().expect("a decimal");
    decimal.with_base_and_precision::<2>(BITS).value().with_rounding()
}

fn exact(x: f64) -> Exact {
    Exact::try_from(x).expect("a finite number").with_precision(BITS).value()
}

/// selu″, for a finite x other than 0.
fn second(x: f64) -> Exact {
    if x > 0.0 { Exact::ZERO } else { &*SCALE_ALPHA * exact(x).exp() }
}

/// selu″(x).
pub fn selu_second(x: f64) -> f64 {
    second(x).to_f64().value()
}

/// The derivative by w of the gradient penalty (d(selu(w)·w)/dw)².
pub fn penalty_gradient(w: f64) -> f64 {
    let (value, first) = if w > 0.0 {
        (&*SCALE * exact(w), SCALE.clone())
    } else {
        (&*SCALE_ALPHA * exact(w).exp_m1(), second(w))
    };
    let (second, w) = (second(w), exact(w));
    let gradient = value + &w * &first;
    let product = exact(2.0) * gradient * (exact(2.0) * first + w * second);
    product.to_f64().value()
}

#[test]
fn the_reference_agrees_with_decimals_of_60_digits() {
    let penalties =
        [(-1.0, -2.2741669093525707), (-0.5, -3.9185758528435026), (2.0, 17.663561037276505)];
    for (w, decimal) in penalties {
        assert_eq!(penalty_gradient(w), decimal);
    }
    assert_eq!([-1.0, -0.5, 2.0].map(selu_second), [0.6467686030348141, 1.0663411530445055, 0.0]);
}
