//! Back-propagation from the output: grad·(y + scale·alpha), rounded once, in every form and on every
//! instruction set.
//!
//! By default a moderate number of pairs of each kind is tried. Ten million of each kind:
//!
//! ```sh
//! cargo test --release --all-features --test exact -- from_output:: --ignored --nocapture
//! ```

use crate::panics::refusal;
use crate::reference::rounded::Real;
use crate::reference::{self, Exact, Format, exact, exact_to, random::Random};
use selu::on_instruction_set::{self, InstructionSet};
use selu::{ScaledElu, elu_backward_from_output, selu_backward_from_output};

/// SELU, or a function with the caller's constants.
type Function<T> = Option<ScaledElu<T>>;

/// scale and scale·alpha.
fn constants<T: Format>(function: Function<T>) -> (Exact, Exact) {
    match function {
        None => (reference::SCALE.clone(), reference::SCALE_ALPHA.clone()),
        Some(ScaledElu { alpha, scale }) => {
            let scale = exact(scale.into());
            let scale_alpha = &scale * exact(alpha.into());
            (scale, scale_alpha)
        }
    }
}

/// What the result must be, for finite y and grad.
fn expected<T: Format>((scale, scale_alpha): &(Exact, Exact), y: T, grad: T) -> T {
    // So many bits that a sum with the smallest number is exact.
    let derivative =
        if y < T::zero() { scale_alpha + exact_to(3200, y.into()) } else { scale.clone() };
    if grad.is_zero() || derivative <= Exact::ZERO {
        return T::zero().copysign(grad);
    }
    Real::of_exact(&(derivative * exact(grad.into()))).nearest()
}

/// Asserts that all forms give what they must.
fn assert_right<T: Format>(function: Function<T>, ys: &[T], grads: &[T]) {
    let constants = constants(function);
    let expected: Vec<T> =
        ys.iter().zip(grads).map(|(&y, &grad)| expected(&constants, y, grad)).collect();
    let check = |form: &str, actual: &[T]| {
        for (i, (actual, expected)) in actual.iter().zip(&expected).enumerate() {
            assert!(
                actual.pattern() == expected.pattern(),
                "{form} of {function:?} in {}:\n  y        {}\n  grad     {}\n  expected {}\n  \
                 actual   {}",
                T::NAME,
                ys[i].show(),
                grads[i].show(),
                expected.show(),
                actual.show()
            );
        }
    };
    for set in InstructionSet::available() {
        let mut actual = grads.to_vec();
        match function {
            None => on_instruction_set::selu_backward_from_output(set, ys, &mut actual),
            Some(f) => {
                on_instruction_set::scaled_elu_backward_from_output(set, f, ys, &mut actual);
            }
        }
        check(&format!("{set:?}"), &actual);
    }
    let mut actual = grads.to_vec();
    for (y, grad) in ys.chunks(1).zip(actual.chunks_mut(1)) {
        match function {
            None => selu_backward_from_output(y, grad),
            Some(f) => f.backward_from_output(y, grad),
        }
    }
    check("one value", &actual);
}

/// What outputs are like.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Between the limit and 0, as they come out of a network.
    Ordinary,
    /// Within a few places of the limit, on either side.
    Saturated,
    /// Of any size and sign.
    Binades,
}

fn number<T: Format>(x: f64) -> T {
    T::from(x).unwrap()
}

/// A finite number of any size.
fn any<T: Format>(random: &mut Random) -> T {
    loop {
        let x = T::from_pattern(random.bits() >> (64 - 8 * T::BYTES));
        if x.is_finite() {
            return x;
        }
    }
}

fn output<T: Format>(kind: Kind, limit: f64, random: &mut Random) -> T {
    match kind {
        Kind::Ordinary => number(-limit * random.uniform().powi(2)),
        Kind::Saturated => {
            let nearest = number::<T>(limit).pattern();
            T::from_pattern((nearest + 8 - random.bits() % 17) | T::SIGN_PATTERN)
        }
        Kind::Binades => any(random),
    }
}

/// Tries `count` pairs of each kind.
fn try_kinds<T: Format>(count: usize) {
    let random = &mut Random(0x0f_0a7b);
    let constants = |alpha: f64, scale: f64| {
        Some(ScaledElu { alpha: number::<T>(alpha), scale: number(scale) })
    };
    let (small, large) = (T::min_positive_value().into() * 48.0, T::max_value().into() / 6.0);
    let functions = [
        None,
        constants(1.0, 1.0),
        constants(0.7, 1.0),
        constants(1.3, 0.9),
        constants(1.5, 1.5),
        constants(small, 1.0),
        constants(small.sqrt(), 1.3),
        constants(large, 0.9),
    ];
    for function in functions {
        let limit = function.map_or(1.7580993408473766, |f| f.alpha.into() * f.scale.into());
        for kind in [Kind::Ordinary, Kind::Saturated, Kind::Binades] {
            let count = count / functions.len();
            let ys: Vec<T> = (0..count).map(|_| output(kind, limit, random)).collect();
            let grads: Vec<T> = (0..count)
                .map(|i| match i % 3 {
                    0 => any(random),
                    1 => number(random.normal()),
                    // Of few digits: exact products are midpoints.
                    _ => number((random.bits() % 16) as f64 / 8.0),
                })
                .collect();
            assert_right(function, &ys, &grads);
        }
    }
}

const COUNT: usize = 15_000;

#[test]
fn from_the_output_in_f32() {
    try_kinds::<f32>(COUNT);
}

#[test]
fn from_the_output_in_f64() {
    try_kinds::<f64>(COUNT);
}

#[cfg(feature = "half")]
#[test]
fn from_the_output_in_f16_and_bf16() {
    fn every_output<T: Format>() {
        let random = &mut Random(0x16);
        let ys: Vec<T> = (0..=u16::MAX)
            .map(|bits| T::from_pattern(bits.into()))
            .filter(|y| y.is_finite())
            .collect();
        for _ in 0..2 {
            let grads: Vec<T> = ys.iter().map(|_| any(random)).collect();
            assert_right(None, &ys, &grads);
            let onnx = ScaledElu::onnx();
            assert_right(Some(onnx), &ys, &grads);
        }
        try_kinds::<T>(COUNT);
    }
    every_output::<half::f16>();
    every_output::<half::bf16>();
}

/// Subnormal products so near to a midpoint of `bf16` that they are one as an `f32`.
#[cfg(feature = "half")]
#[test]
fn subnormal_products_next_to_a_midpoint_of_bf16() {
    use half::bf16;
    let assert_right = |function, y, grad| {
        for grad in [grad, grad | 0x8000] {
            let [y, grad] = [y, grad].map(bf16::from_bits);
            assert_right(function, &[y; 40], &[grad; 40]);
        }
    };
    // All six of SELU.
    for (y, grad) in
        [(0xb812, 31), (0xb812, 93), (0xb813, 31), (0xbc7c, 103), (0xbcf6, 57), (0xbdab, 63)]
    {
        assert_right(None, y, grad);
    }
    let (one, other) = (bf16::from_f32(1.0), bf16::from_f32(1.5));
    for y in [0xa180, 0xb180, 0x8080] {
        assert_right(Some(ScaledElu { alpha: other, scale: one }), y, 1);
        assert_right(Some(ScaledElu { alpha: one, scale: other }), y, 1);
    }
}

#[test]
#[ignore = "ten million pairs of each kind and type; minutes in release mode"]
fn from_the_output_ten_million_times() {
    try_kinds::<f32>(10_000_000);
    try_kinds::<f64>(10_000_000);
    #[cfg(feature = "half")]
    try_kinds::<half::f16>(10_000_000);
    #[cfg(feature = "half")]
    try_kinds::<half::bf16>(10_000_000);
}

/// Exact products that are midpoints, and products next to a midpoint.
#[test]
fn midpoints_in_f64() {
    // (1 − 2⁻⁵³)·(1 + 2⁻⁵²) = 1 + 2⁻⁵³ − 2⁻¹⁰⁵, just below the midpoint of 1 and the next number.
    let (y, grad) = (-f64::EPSILON / 2.0, 1.0_f64.next_up());
    let one = Some(ScaledElu { alpha: 1.0, scale: 1.0 });
    assert_right(one, &[y], &[grad]);
    // With a y too small to matter but for the direction, grad·alpha is a midpoint.
    let alpha = 1.0 + 2f64.powi(-27);
    let grad = 1.0 + 2f64.powi(-26);
    let f = Some(ScaledElu { alpha, scale: 1.0 });
    for y in [-1e-300, -f64::from_bits(1), -2f64.powi(-200), -2f64.powi(-203), -2f64.powi(-256)] {
        assert_right(f, &[y; 20], &[grad; 20]);
    }
}

/// scale·alpha nearly overflows once the kernel has multiplied it.
#[test]
fn large_constants_in_f64() {
    let limit = 2f64.powi(903);
    let grads: Vec<f64> = [0.0, -0.0, 1.0, -1.5].into_iter().cycle().take(42).collect();
    for alpha in [limit, limit.next_down(), limit / 1.0_f64.next_up(), f64::MAX, limit / 1e30] {
        for (alpha, scale) in [(alpha, 1.0), (1.0_f64.next_down(), alpha), (alpha / 1.5, 1.5)] {
            for y in [-1.0, -1e-300, -limit / 2.0, -alpha] {
                assert_right(Some(ScaledElu { alpha, scale }), &[y; 42], &grads);
            }
        }
    }
}

/// Products of 265 to 309 bits, all but the first 54 and the last of which are 0: just above a midpoint.
#[test]
fn products_of_four_numbers_just_above_a_midpoint() {
    for ([alpha, scale, y, grad], exponent) in [
        ([3620737325036275_u64, 8402601921743301, 2251799813685249, 2251799813685247], -102),
        ([952485235974317, 6654437005165349, 2251799813685247, 2251799813685249], -102),
        ([825398415062789, 4607413500297779, 4503599627370497, 4503599627370495], -104),
        ([1801126899297145, 8445716517073207, 4503599627370497, 4503599627370495], -104),
        ([4783610146472107, 8479959270347255, 6755399441055747, 2251799813685247], -102),
    ] {
        let [alpha, scale, y, grad] = [alpha, scale, y, grad].map(|x| x as f64);
        let y = -y * 2f64.powi(exponent);
        assert_right(Some(ScaledElu { alpha, scale }), &[y; 20], &[grad; 20]);
    }
}

/// The gradients of `f32` whose products with λ are nearest to a midpoint.
#[test]
fn products_with_the_scale_next_to_a_midpoint_of_f32() {
    for bits in (0..254).map(|exponent| exponent << 23 | 0x20b4e9).chain([0x3591a3]) {
        let grad = f32::from_bits(bits);
        assert_right(None, &[1.0; 40], &[grad; 40]);
        assert_right(None, &[1.0; 40], &[-grad; 40]);
    }
}

/// The inverse of an odd number modulo 2⁶⁴, by Newton's iteration.
fn inverse(odd: u64) -> u64 {
    (0..5)
        .fold(odd, |inverse, _| inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse))))
}

/// Products within 2⁻¹⁰³ of a midpoint, on either side: the sum is the quotient of the midpoint and the
/// gradient to 104 digits, and the constants are such that their product has the last 53 of them.
#[test]
fn products_next_to_a_midpoint_of_f64() {
    const MASK: u64 = (1 << 53) - 1;
    let random = &mut Random(0x51de);
    let mut count = 0;
    while count < 400 {
        let mut odd = |digits: u32| random.bits() >> (64 - digits) | 1 << (digits - 1) | 1;
        let (midpoint, grad, alpha) = (odd(54), odd(53), odd(53));
        let (high, divisor) = (u128::from(midpoint) << 64, u128::from(grad));
        let below = ((high / divisor) << 38) + ((high % divisor) << 38) / divisor;
        for sum in [below, below + 1] {
            let scale = inverse(alpha).wrapping_mul(sum as u64) & MASK;
            let Some(y) = (u128::from(alpha) * u128::from(scale)).checked_sub(sum) else {
                continue;
            };
            assert_eq!(y & u128::from(MASK), 0);
            let [alpha, scale, grad] = [alpha, scale, grad].map(|x| x as f64 * f64::EPSILON);
            let y = -((y >> 53) as f64) * 2.0 * f64::EPSILON;
            assert_right(Some(ScaledElu { alpha, scale }), &[y; 11], &[grad; 11]);
            count += 1;
        }
    }
}

/// The output cancels all of scale·alpha but its last digits, and their products are midpoints or next
/// to one.
#[test]
fn the_last_digits_are_left_in_f64() {
    let random = &mut Random(0xcace1);
    for _ in 0..50 {
        let alpha = 1 << 52 | random.bits() >> 12 | 1;
        let inverse = inverse(alpha);
        for last_digits in -3_i64..=5 {
            let scale = inverse.wrapping_mul(last_digits as u64) & ((1 << 53) - 1);
            let [alpha, scale] = [alpha, scale.max(1)].map(|x| x as f64 * f64::EPSILON);
            let grads = (0..8).map(|i| 1.0 + f64::from(i) * f64::EPSILON);
            let grads: Vec<f64> = grads.chain([0.0, -0.0]).cycle().take(42).collect();
            assert_right(Some(ScaledElu { alpha, scale }), &[-(alpha * scale); 42], &grads);
        }
    }
}

fn special_values<T: Format>() {
    let limit: T = -number::<T>(1.7580993408473766);
    let scale = number::<T>(1.0507009873554805);
    let of = |y: T, grad: T| {
        let mut grads = [grad; 40];
        selu_backward_from_output(&[y; 40], &mut grads);
        assert!(grads.iter().all(|x| x.pattern() == grads[0].pattern()));
        grads[0]
    };
    for y in [T::zero(), -T::zero(), T::infinity(), T::one()] {
        assert_eq!(of(y, T::one()), scale);
        assert_eq!(of(y, -T::infinity()), -T::infinity());
        assert_eq!(of(y, -T::zero()).pattern(), (-T::zero()).pattern());
    }
    for y in [limit * number(1.5), -T::max_value(), -T::infinity()] {
        for grad in [T::one(), -T::one(), T::max_value(), -T::zero()] {
            let zero = T::zero().copysign(grad);
            assert_eq!(of(y, grad).pattern(), zero.pattern(), "{y:e} {grad:e}");
        }
        assert!(of(y, T::infinity()).is_nan());
    }
    assert!(of(T::nan(), T::zero()).is_nan() && of(-T::nan(), T::one()).is_nan());
    assert!(of(T::one(), T::nan()).is_nan() && of(limit, T::nan()).is_nan());
}

#[test]
fn zeros_infinities_and_nan() {
    special_values::<f32>();
    special_values::<f64>();
    #[cfg(feature = "half")]
    special_values::<half::f16>();
    #[cfg(feature = "half")]
    special_values::<half::bf16>();
}

#[test]
fn constants_that_hide_the_side_are_refused() {
    let y = [1.0_f32; 3];
    for refused in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        let mut grad = [7.0; 3];
        let (message, line) = refusal(|| elu_backward_from_output(&y, &mut grad, refused));
        assert_eq!(line, line!() - 1);
        assert_eq!(message, format!("alpha is {refused}; it must be greater than 0 and finite"));
        let f = ScaledElu { alpha: 1.0, scale: refused };
        let (message, line) = refusal(|| f.backward_from_output(&y, &mut grad));
        assert_eq!(line, line!() - 1);
        assert_eq!(message, format!("scale is {refused}; it must be greater than 0 and finite"));
        assert_eq!(grad, [7.0; 3]);
    }
    let zero = float8::F8E4M3::from_bits(0);
    let (message, _) = refusal(|| elu_backward_from_output(&[zero; 3], &mut [zero; 3], zero));
    assert_eq!(message, "alpha is 0; it must be greater than 0 and finite");
    let (message, _) = refusal(|| selu_backward_from_output(&y, &mut [1.0; 2]));
    assert_eq!(message, "y has 3 values and grad has 2; the lengths must be equal");
}

/// The largest relative error of the derivative from the output, for inputs next to `x`.
fn worst_near<T: Format>(x: f64) -> f64 {
    let mut worst = 0.0_f64;
    for i in 0..1000 {
        let x: T = number(x * (1.0 + f64::from(i) / 1e5));
        let mut derivative = [T::one()];
        selu_backward_from_output(&[selu::selu(x)], &mut derivative);
        let exact: f64 = selu::selu_grad::<f64>(x.into());
        worst = worst.max((derivative[0].into() / exact - 1.0).abs());
    }
    worst
}

/// The table of the documentation.
#[test]
fn errors_of_the_derivative_are_the_documented_ones() {
    let documented =
        [(-1.0, 2e-7, 4e-16), (-5.0, 6e-6, 1e-14), (-10.0, 9e-4, 2e-12), (-17.0, 0.7, 2e-9)];
    for (x, of_f32, of_f64) in documented {
        println!("{x}: {:.1e} {:.1e}", worst_near::<f32>(x), worst_near::<f64>(x));
        for (worst, documented) in [(worst_near::<f32>(x), of_f32), (worst_near::<f64>(x), of_f64)]
        {
            let ratio: f64 = worst / documented;
            assert!((0.5..=1.0).contains(&ratio), "{worst:e} near {x}");
        }
    }
}

#[test]
fn a_type_without_a_kernel_follows_the_formula() {
    use twofloat::TwoFloat;
    for y in [-1e300, -3.0, -1.76, -1.75, -1.0, -1e-9, -0.0, 0.0, 2.5] {
        for grad in [1.5, -0.7] {
            let (mut wide, mut narrow) = ([TwoFloat::from(grad)], [grad]);
            selu_backward_from_output(&[TwoFloat::from(y)], &mut wide);
            selu_backward_from_output(&[y], &mut narrow);
            let difference = f64::from(wide[0]) - narrow[0];
            assert!(difference.abs() <= 1e-16 * narrow[0].abs(), "{y} {grad}");
            assert_eq!(wide[0].is_sign_negative(), narrow[0].is_sign_negative(), "{y} {grad}");
        }
    }
    // Eight bits: every output is that of `f64`, rounded once.
    use float8::F8E4M3;
    for bits in 0..=u8::MAX {
        let y = F8E4M3::from_bits(bits);
        let (mut narrow, mut wide) = ([F8E4M3::from_f64(1.0)], [1.0_f64]);
        selu_backward_from_output(&[y], &mut narrow);
        selu_backward_from_output(&[y.to_f64()], &mut wide);
        let expected = F8E4M3::from_f64(wide[0]);
        assert!(narrow[0].to_bits() == expected.to_bits() || y.is_nan(), "{y:?}");
    }
}
