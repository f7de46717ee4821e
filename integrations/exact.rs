//! Derivatives of SELU in arithmetic of 160 bits: the reference of the tests of burn and candle.

use dashu_float::{DBig, FBig, round::mode::HalfEven};

type Exact = FBig<HalfEven, 2>;

const BITS: usize = 160;
const SCALE: &str = "1.05070098735548049341933498529460635195898120";
const SCALE_ALPHA: &str = "1.75809934084737685994021752081227957732350684";

fn decimal(digits: &str) -> Exact {
    let decimal: DBig = digits.parse().expect("a decimal");
    decimal.with_base_and_precision::<2>(BITS).value().with_rounding()
}

fn exact(x: f64) -> Exact {
    Exact::try_from(x).expect("a finite number").with_precision(BITS).value()
}

/// selu, selu′ and selu″, for a finite x other than 0.
fn derivatives(x: f64) -> [Exact; 3] {
    if x > 0.0 {
        [decimal(SCALE) * exact(x), decimal(SCALE), Exact::ZERO]
    } else {
        let slope = decimal(SCALE_ALPHA) * exact(x).exp();
        [decimal(SCALE_ALPHA) * exact(x).exp_m1(), slope.clone(), slope]
    }
}

/// selu″(x).
pub fn selu_second(x: f64) -> f64 {
    derivatives(x)[2].to_f64().value()
}

/// The derivative by w of the gradient penalty (d(selu(w)·w)/dw)².
pub fn penalty_gradient(w: f64) -> f64 {
    let [value, first, second] = derivatives(w);
    let w = exact(w);
    let gradient = value + &w * &first;
    let product = exact(2.0) * gradient * (exact(2.0) * first + w * second);
    product.to_f64().value()
}
