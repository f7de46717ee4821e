//! SELU and its derivative at the 65,536 arguments, by `f64`: it decides every rounding.

use crate::format::Format;

const SCALE: f64 = 1.050_700_987_355_480_5;
const SCALE_ALPHA: f64 = 1.758_099_340_847_376_8;

/// More than the relative error of the values in `f64`: the standard library's `exp` and `exp_m1`
/// are good to about 2⁻⁵² wherever they come from.
const ERROR: f64 = 1.0 / (1_u64 << 49) as f64;

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
        let y = selu(F::value(bits));
        let rounded = F::nearest(y * (1.0 - ERROR));
        assert_eq!(rounded, F::nearest(y * (1.0 + ERROR)), "f64 leaves {y:e} open");
        rounded
    };
    (0..=u16::MAX).map(round).collect()
}
