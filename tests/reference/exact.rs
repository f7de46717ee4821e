//! The exact functions, from arbitrary-precision arithmetic, and the error against them.
//!
//! Independent of the crate: the exponential is `dashu-float`'s, and the constants are decimals
//! that `tests/exact/constants.rs` compares with their closed form.

use super::Format;
use dashu_float::{DBig, FBig, round::mode::HalfEven};
use std::sync::LazyLock;

/// A binary number of any precision.
pub type Exact = FBig<HalfEven, 2>;

/// Bits of the reference: three times those of `f64`.
pub const PRECISION: usize = 160;

pub static ALPHA: LazyLock<Exact> =
    LazyLock::new(|| decimal("1.67326324235437728481704299167165203846115535"));
pub static SCALE: LazyLock<Exact> =
    LazyLock::new(|| decimal("1.05070098735548049341933498529460635195898120"));
pub static SCALE_ALPHA: LazyLock<Exact> =
    LazyLock::new(|| decimal("1.75809934084737685994021752081227957732350684"));

/// A decimal as binary.
fn decimal(digits: &str) -> Exact {
    let decimal: DBig = digits.parse().expect("a decimal");
    let binary = decimal.with_base_and_precision::<2>(PRECISION);
    binary.value().with_rounding()
}

/// A finite number, exactly.
pub fn exact(x: impl Into<f64>) -> Exact {
    exact_to(PRECISION, x)
}

/// A finite number, exactly, for arithmetic of another precision.
pub fn exact_to(bits: usize, x: impl Into<f64>) -> Exact {
    let x = Exact::try_from(x.into()).expect("a finite number");
    x.with_precision(bits).value()
}

/// α and λ from the closed form of Klambauer et al. 2017.
pub fn closed_form(bits: usize) -> (Exact, Exact) {
    let number = |n: u32| exact_to(bits, n);
    // erfc(x) = 1 − 2/√π · Σ (−1)ⁿ·x²ⁿ⁺¹ / (n!·(2n + 1)), for small x.
    let erfc = |x: &Exact| {
        let square = x * x;
        let mut power = x.clone();
        let mut sum = x.clone();
        for n in 1..120 {
            power = -power * &square / number(n);
            sum += &power / number(2 * n + 1);
        }
        number(1) - number(2) / Exact::pi(bits).sqrt() * sum
    };
    let one = number(1);
    let two = number(2);
    let pi = Exact::pi(bits);
    let e = one.exp();
    let sqrt_e = e.sqrt();
    let erfc_1 = erfc(&(&one / two.sqrt()));
    let erfc_2 = erfc(&two.sqrt());

    let alpha = -(&two / &pi).sqrt() / (&sqrt_e * &erfc_1 - &one);
    let radicand = &two * &pi
        / (&two + &pi - &two * &sqrt_e * (&two + &pi) * &erfc_1
            + &e * &pi * &erfc_1 * &erfc_1
            + &two * &e * &e * &erfc_2);
    let scale = (&one - &sqrt_e * &erfc_1) * radicand.sqrt();
    (alpha, scale)
}

/// λx or λα(eˣ − 1), for a finite x other than 0.
pub fn selu(x: f64) -> Exact {
    if x > 0.0 { &*SCALE * exact(x) } else { &*SCALE_ALPHA * exact(x).exp_m1() }
}

/// λ or λα·eˣ, for a finite x.
pub fn selu_grad(x: f64) -> Exact {
    if x >= 0.0 { SCALE.clone() } else { &*SCALE_ALPHA * exact(x).exp() }
}

/// x or alpha·(eˣ − 1), for finite arguments.
pub fn elu(x: f64, alpha: f64) -> Exact {
    if x >= 0.0 { exact(x) } else { exact(alpha) * exact(x).exp_m1() }
}

/// |computed − exact| in units of the last place that `T` has at the exact value.
///
/// At most 0.5 if and only if `computed` is correctly rounded.
pub fn ulp_error<T: Format>(computed: T, exact_value: &Exact) -> f64 {
    ulp_error_in(T::DIGITS, T::MIN_EXPONENT, computed.into(), exact_value)
}

/// The same for a format of so many digits, the exponent of whose smallest normal number is given.
pub fn ulp_error_in(digits: u32, min_exponent: i32, computed: f64, exact_value: &Exact) -> f64 {
    // The exact value lies in [2^(e − 1), 2^e).
    let e = exact_value.repr().exponent() + exact_value.repr().digits() as isize;
    let last_place = (e - 1).max(min_exponent as isize) - (digits as isize - 1);
    let difference = exact(computed) - exact_value;
    (difference >> last_place).to_f64().value().abs()
}

/// The largest error that was seen, and where.
#[derive(Clone, Copy, Debug)]
pub struct Worst {
    pub error: f64,
    pub x: f64,
}

impl Worst {
    pub const NONE: Self = Self { error: 0.0, x: 0.0 };

    pub fn or(self, other: Self) -> Self {
        // NaN is the worst error of all.
        if other.error > self.error || other.error.is_nan() { other } else { self }
    }
}
