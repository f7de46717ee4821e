//! The constants against their closed form, evaluated with 200 bits.

use crate::reference::{ALPHA, SCALE, SCALE_ALPHA, closed_form, ulp_error};
use hexfloat2::HexFloat64;
use selu::consts;

const BITS: usize = 200;

#[test]
fn constants_solve_the_fixed_point_equations() {
    let (alpha, scale) = closed_form(BITS);
    let scale_alpha = &alpha * &scale;
    for (exact, digits) in [(&alpha, &*ALPHA), (&scale, &*SCALE), (&scale_alpha, &*SCALE_ALPHA)] {
        let difference = (exact - digits).to_f64().value().abs();
        assert!(difference < 1e-44, "{digits} is {difference:e} from the closed form");
    }
}

#[test]
fn constants_are_correctly_rounded() {
    let (alpha, scale) = closed_form(BITS);
    let scale_alpha = &alpha * &scale;
    assert!(ulp_error(consts::f64::ALPHA, &alpha) <= 0.5);
    assert!(ulp_error(consts::f64::SCALE, &scale) <= 0.5);
    assert!(ulp_error(consts::f64::SCALE_ALPHA, &scale_alpha) <= 0.5);
    assert!(ulp_error(consts::f32::ALPHA, &alpha) <= 0.5);
    assert!(ulp_error(consts::f32::SCALE, &scale) <= 0.5);
    assert!(ulp_error(consts::f32::SCALE_ALPHA, &scale_alpha) <= 0.5);
}

#[test]
fn scale_alpha_is_not_the_product_of_the_rounded_constants() {
    const { assert!(consts::f64::SCALE * consts::f64::ALPHA < consts::f64::SCALE_ALPHA) };
}

/// A coefficient's last bits show in few results, and those of the last coefficients in none that a
/// test can find. They are written down twice instead.
#[test]
fn every_constant_is_the_hexadecimal_beside_it() {
    let sources = [
        (include_str!("../../src/consts.rs"), 8),
        (include_str!("../../src/kernel/arithmetic.rs"), 1),
        (include_str!("../../src/snn/lecun_normal.rs"), 1),
    ];
    for (source, count) in sources {
        let constants: Vec<_> =
            (source.lines()).filter_map(|line| line.split_once(" // 0x")).collect();
        assert_eq!(constants.len(), count, "constants of {source}");
        for (code, hexadecimal) in constants {
            let decimal = code.trim_end().trim_end_matches([';', ',']);
            let decimal = decimal.rsplit(' ').next().unwrap().replace('_', "");
            let hexadecimal: HexFloat64 = format!("0x{hexadecimal}").parse().unwrap();
            let hexadecimal = f64::from(hexadecimal);
            let is_f32 = code.contains(": f32");
            let value: f64 = if is_f32 {
                decimal.parse::<f32>().unwrap().into()
            } else {
                decimal.parse().unwrap()
            };
            assert_eq!(value.to_bits(), hexadecimal.to_bits(), "{code}");
        }
    }
}
