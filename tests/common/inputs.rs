//! The arguments of `stability.rs`.
//!
//! No argument depends on floating-point arithmetic that could itself differ: they come from bit
//! patterns, and from sums, products and quotients that IEEE 754 defines to the last bit.

use crate::format::Format;
use crate::random::Random;
use std::f64::consts::LN_2;

pub trait Inputs: Format {
    /// Values of x for which some function's exact result lies next to the middle between two
    /// neighbours, so that the last bit of a coefficient shows.
    const HARD: &'static [u64] = &[];
}

impl Inputs for f32 {
    /// Within 2⁻⁴⁸ of the middle: for `selu`, for `elu` with alpha = 1 and with alpha = α, for
    /// `selu_grad`; found by trying all.
    const HARD: &'static [u64] = &[
        0xbeedece2, 0xb089b67d, 0xb1fc09b9, 0xbebf7704, 0xb1be9910, 0xb862a8a6, 0xbc43d719,
        0xc0116531, 0xc068e50e, 0xba4dd2c1, 0xc00d8909, 0xb86f29fd, 0xb924945e, 0xaf6a54f8,
        0xbf51404c, 0xbe1a90fb, 0xb37b1e3d, 0xb4db878f, 0xb4d267bc, 0xba355044, 0xb453ac83,
        0xc0f5db43, 0xb2076777, 0xb9b20eb1, 0xb65affea, 0xaeb249fa, 0xb13ecdbd, 0xb675cbfc,
        0xbb7b3b6c, 0xb3800000, 0xc169ee19, 0xbcde0d30, 0xbdb4065d, 0xc0d7e8ee, 0xbcd475d0,
        0xb577def8, 0xb3b504f3, 0xbb64aec5, 0xbc6ca2b1, 0xbce43ec3, 0xbb101e67, 0xb45db3d8,
        0xc049440b, 0xbfb01d63, 0xbb743764, 0xb3f1cb65, 0xb8e39b29, 0xb9f9e668, 0xb7faf80b,
        0xb8aca462, 0xb08810fe, 0xb0c31acc, 0xbbf3b766, 0xaf2678bd, 0xb1144514, 0xbca5c9e8,
        0xb4dfa177, 0xb5c5b264, 0xc16c09e2, 0xaf579d58, 0xb209d7cf, 0xb5f2dc8b, 0xbb8bf5ae,
        0xaebd7e63, 0xb89243d8, 0xbc3f3dd6, 0xbf170390, 0xb61de08e, 0xbabceb9c, 0xc20dae0c,
        0xb5d7a562, 0xb770d325, 0xb972cfb0, 0xbe9923b4, 0xb34a8657, 0xb71020db, 0xbd44b8b4,
        0xb51e4507, 0xb9fc06c2, 0xbcfbb83b, 0xc2000703, 0xb3f6dfcb, 0xbd4b1f2d, 0xb554dfc5,
        0xb6a7abcd, 0xb34a8656, 0xbd92bb84, 0xc2175753,
    ];
}

// `hard.rs` has those of `f64`, and all arguments of the 16-bit types are tried by `exact/half.rs`.
impl Inputs for f64 {}
#[cfg(feature = "half")]
impl Inputs for half::f16 {}
#[cfg(feature = "half")]
impl Inputs for half::bf16 {}

/// The arguments of one evaluation of each function.
#[derive(Clone, Copy)]
pub struct Input<T> {
    pub x: T,
    pub alpha: T,
    pub grad: T,
}

pub fn inputs<T: Inputs>() -> Vec<Input<T>> {
    let random = &mut Random(0x5e1f_0a11_2e57_ab1e);
    let one = T::one();
    let paper = T::truncated(selu::consts::f64::ALPHA).unwrap();
    let smallest = T::from_pattern(1);
    let alphas = [
        one,
        paper,
        T::truncated(0.3).unwrap(),
        T::truncated(-2.5).unwrap(),
        T::max_value(),
        smallest,
        T::infinity(),
        T::zero(),
        T::nan(),
    ];

    let mut inputs: Vec<_> = values(random)
        .into_iter()
        .map(|x| Input {
            x,
            // Half of them the two alphas that are in use.
            alpha: match random.bits() >> 62 {
                0 => one,
                1 => paper,
                _ => random.one_of(&alphas),
            },
            // Most of them of the size that gradients have.
            grad: match random.bits() >> 60 {
                0 => T::from_pattern(random.bits() >> (64 - 8 * T::BYTES)),
                1 => random.one_of(&alphas),
                2 => one,
                _ => T::truncated(random.normal()).unwrap(),
            },
        })
        .collect();
    for alpha in [one, paper] {
        inputs.extend(T::HARD.iter().map(|&bits| Input {
            x: T::from_pattern(bits),
            alpha,
            grad: one,
        }));
    }
    inputs
}

fn values<T: Inputs>(random: &mut Random) -> Vec<T> {
    let fraction_bits = T::DIGITS - 1;
    let bias = i64::from(1 - T::MIN_EXPONENT);
    let mut values = Vec::new();
    let mut both_signs = |bits: u64| {
        values.extend([bits, bits | T::SIGN_PATTERN].map(T::from_pattern));
    };

    both_signs(0);
    both_signs(T::INFINITY_PATTERN);
    both_signs(T::NAN_PATTERN);
    both_signs(T::INFINITY_PATTERN - 1);

    // The subnormals: each of one bit, and its lower neighbour.
    for bit in 0..=fraction_bits {
        both_signs(1 << bit);
        both_signs((1 << bit) - 1);
    }

    // Every binade: its first two and its last value, its middle, one more. For the sake of the
    // size of `tests/data` only one of them in the binades of `f64` where the function is a
    // straight line or a constant.
    for exponent in 1..bias * 2 + 1 {
        let mantissas = [
            0,
            1,
            (1 << fraction_bits) - 1,
            1 << (fraction_bits - 1),
            random.bits() >> (64 - fraction_bits),
        ];
        let curved = (-60..=11).contains(&(exponent - bias));
        for (i, mantissa) in (0..).zip(mantissas) {
            if curved || T::BYTES < 8 || i == exponent % 5 {
                both_signs((exponent as u64) << fraction_bits | mantissa);
            }
        }
    }

    let mut around = |x: f64, neighbours: u64| {
        if let Some(x) = T::truncated(x) {
            for bits in x.pattern() - neighbours..=x.pattern() + neighbours {
                both_signs(bits);
            }
        }
    };

    // Multiples of ½·ln 2, where the reduced argument is 0 or jumps: all of them down to −40, where
    // SELU is constant, and an odd number in 19 further down, where the derivative still changes.
    for multiple in (1..116).chain((116..2170).step_by(19)) {
        around(f64::from(multiple) * LN_2 / 2.0, 1);
    }

    // Where something ends: SELU becomes a straight line or −λα, the derivative subnormal or 0, a
    // kernel clamps or scales its argument, λ·x overflows.
    let saturations = [
        5.5, 6.2, 7.6, 8.3, 9.0, 9.7, 10.4, 16.6, 17.3, 17.4, 36.7, 37.0, 38.0, 39.0, 40.0, 87.3,
        87.9, 92.2, 92.8, 103.9, 104.0, 104.6, 200.0, 708.4, 709.0, 744.4, 745.1, 745.7, 750.0,
    ];
    for x in saturations {
        around(x, 2);
    }
    for exponent in [-900, -772, -700, -600, -200, -54, -53, -25, -24, -11, -8] {
        around(2_f64.powi(exponent), 2);
    }
    let largest: f64 = T::max_value().into();
    around(largest / selu::consts::f64::SCALE, 2);

    values.extend((0..1000).filter_map(|_| T::truncated(random.normal())));
    values
}
