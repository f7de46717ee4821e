//! SELU and its derivative at the numbers of a format, from `f64` where that decides, from 160 bits
//! where it does not.

use crate::format::Format;
use dashu_float::{DBig, FBig, round::mode::HalfEven};
use std::sync::LazyLock;

const SCALE: f64 = 1.050700987355480493419334985294605;
const SCALE_ALPHA: f64 = 1.758099340847376859940217520812280;

/// More than the relative error of the values in `f64` (the standard library's `exp` and `exp_m1`
/// are good to about 2⁻⁵² wherever they come from).
const ERROR: f64 = 1.0 / (1_u64 << 48) as f64;
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Selu,
    Derivative,
}

impl Function {
    pub const ALL: [Self; 2] = [Self::Selu, Self::Derivative];

    /// The value at a finite x that is not 0, to a relative error of `ERROR`.
    pub fn value(self, x: f32) -> f64 {
        let x = f64::from(x);
        match self {
            Self::Selu if x > 0.0 => SCALE * x,
            Self::Selu => SCALE_ALPHA * x.exp_m1(),
            Self::Derivative if x >= 0.0 => SCALE,
            Self::Derivative => SCALE_ALPHA * x.exp(),
        }
    }

    fn exact(self, x: f32) -> Exact {
        let wide = Exact::try_from(x).expect("a finite x").with_precision(PRECISION).value();
        match self {
            Self::Selu if x > 0.0 => &*EXACT_SCALE * wide,
            Self::Selu => &*EXACT_SCALE_ALPHA * wide.exp_m1(),
            Self::Derivative if x >= 0.0 => EXACT_SCALE.clone(),
            Self::Derivative => &*EXACT_SCALE_ALPHA * wide.exp(),
        }
    }

    /// The correctly rounded result at every argument; one pattern for all NaN.
    pub fn correctly_rounded(self, format: Format) -> Vec<u16> {
        (0..=u16::MAX).map(|bits| self.rounded_at(format, bits)).collect()
    }

    fn rounded_at(self, format: Format, bits: u16) -> u16 {
        let x = format.value(bits);
        if x.is_nan() {
            return format.quiet_nan();
        }
        match self {
            Self::Selu if x == 0.0 || x == f32::INFINITY => return bits,
            Self::Selu if x.is_infinite() => return format.nearest(-SCALE_ALPHA),
            Self::Derivative if x == 0.0 || x == f32::INFINITY => return format.nearest(SCALE),
            Self::Derivative if x.is_infinite() => return 0,
            _ => {}
        }
        let value = self.value(x);
        let nearest = format.nearest(value);
        let alternatives = [1.0 - ERROR, 1.0 + ERROR].map(|factor| format.nearest(value * factor));
        if alternatives == [nearest; 2] {
            return nearest;
        }
        let [low, high] = alternatives;
        let middle = Exact::try_from(format.middle_above(low.min(high))).expect("finite");
        let exact = self.exact(x);
        let magnitude = if value < 0.0 { -exact } else { exact };
        if magnitude > middle { low.max(high) } else { low.min(high) }
    }
}
