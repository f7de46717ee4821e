//! Code that is generic over `T: Float`, and types without a kernel.

use crate::reference::{self, Exact, SCALE, SCALE_ALPHA};
use num_traits::Float;
use selu::on_instruction_set::InstructionSet;
use selu::{ScaledElu, elu, elu_backward, elu_grad, selu, selu_backward, selu_grad};
use twofloat::TwoFloat;

/// The bound that users have, and nothing more.
fn through_generic_code<T: Float>(x: T) -> T {
    selu(x)
}

#[test]
fn generic_code_gets_the_exact_kernels() {
    // The formula gives −1.7580993408473768e−9 with an error of half the digits.
    assert_eq!(through_generic_code(-1e-9_f64), selu(-1e-9));
    assert_eq!(through_generic_code(-1e-9_f64), -1.7580993399683274e-9);
    assert_eq!(through_generic_code(-0.3_f32), -0.45566732);
}

/// λ and λα as sums of two f64, by the arithmetic of the reference.
fn wide_constants() -> (TwoFloat, TwoFloat) {
    (wide(&SCALE), wide(&SCALE_ALPHA))
}

fn wide(exact: &Exact) -> TwoFloat {
    let head = exact.to_f64().value();
    let tail = (exact - reference::exact(head)).to_f64().value();
    TwoFloat::new_add(head, tail)
}

fn relative_difference(a: TwoFloat, b: TwoFloat) -> f64 {
    f64::from(((a - b) / b).abs())
}

#[test]
fn a_wider_type_gets_wider_constants() {
    let (scale, scale_alpha) = wide_constants();
    let one = TwoFloat::from(1.0);
    assert!(relative_difference(selu(one), scale) < 1e-30);
    assert!(relative_difference(selu_grad(one), scale) < 1e-30);
    assert!(relative_difference(-selu(TwoFloat::from(-200.0)), scale_alpha) < 1e-30);
    // The constants of f64 alone are a hundred million million times further away.
    let narrow = TwoFloat::from(selu::consts::f64::SCALE);
    assert!(relative_difference(narrow, scale) > 1e-17);
}

#[test]
fn a_type_without_a_kernel_follows_its_own_arithmetic() {
    let (scale, scale_alpha) = wide_constants();
    let x = TwoFloat::from(-0.7);
    assert!(relative_difference(selu(x), scale_alpha * x.exp_m1()) < 1e-30);
    assert!(relative_difference(selu_grad(x), scale_alpha * x.exp()) < 1e-30);
    let three = TwoFloat::from(3.0);
    assert!(relative_difference(selu(three), scale * three) < 1e-30);
    assert!(relative_difference(elu(x, three), three * x.exp_m1()) < 1e-30);
    assert_eq!(elu(TwoFloat::from(0.0), TwoFloat::from(f64::INFINITY)), 0.0);
    // exp(x) − 1 would lose 30 bits.
    let tiny = TwoFloat::from(-1e-9);
    assert!(relative_difference(selu(tiny), scale_alpha * tiny.exp_m1()) < 1e-30);
    assert_eq!(selu(TwoFloat::from(0.0)), 0.0);
    for zero in [0.0, -0.0].map(TwoFloat::from) {
        assert!(relative_difference(selu_grad(zero), scale) < 1e-30);
    }
    assert!(f64::from(selu(TwoFloat::from(-0.0))).is_sign_negative());
    assert!(Float::is_nan(selu(TwoFloat::from(f64::NAN))));
    assert!(Float::is_nan(selu_grad(TwoFloat::from(f64::NAN))));
}

/// Its own products with infinity are NaN, and its infinities are equal, above all numbers.
#[test]
fn infinity_stays_infinite_in_double_double_arithmetic() {
    let number = TwoFloat::from;
    let infinity = f64::INFINITY;
    let assert_is = |expected: f64, actual: TwoFloat| assert_eq!(f64::from(actual), expected);
    assert_is(infinity, selu(number(infinity)));
    assert_is(infinity, elu(number(infinity), number(-0.7)));
    assert_is(-2.0, elu(number(-infinity), number(2.0)));
    assert_is(0.0, selu_grad(number(-infinity)));
    let function = ScaledElu { alpha: number(1.5), scale: number(-0.7) };
    assert_is(-infinity, function.apply(number(infinity)));
    assert_is(infinity, elu(number(-0.7), number(-infinity)));
    assert_is(-infinity, elu_grad(number(-800.0), number(-infinity)));
    let function = ScaledElu { alpha: number(-3.0), scale: number(infinity) };
    for x in [infinity, 2.0, 0.0, -1.0, -800.0, -1e6, -infinity] {
        for grad in [infinity, -infinity] {
            let mut grads = [number(grad)];
            selu_backward(&[number(x)], &mut grads);
            assert_is(grad, grads[0]);
            let mut grads = [number(grad)];
            function.backward(&[number(x)], &mut grads);
            assert_is(if x < 0.0 { -grad } else { grad }, grads[0]);
        }
    }
    for alpha in [0.0, -0.0] {
        let zero = f64::from(elu(number(-0.7), number(alpha)));
        assert_eq!(zero.to_bits(), (-alpha).to_bits());
        let mut grads = [number(infinity)];
        elu_backward(&[number(-0.7)], &mut grads, number(alpha));
        assert!(Float::is_nan(grads[0]));
    }
}

#[test]
fn other_constants_follow_the_arithmetic_of_the_type() {
    let [x, alpha, scale, grad] = [-0.7, 3.0, -0.3, 0.9].map(TwoFloat::from);
    let function = ScaledElu { alpha, scale };
    assert!(relative_difference(function.apply(x), scale * alpha * x.exp_m1()) < 1e-30);
    assert!(relative_difference(function.grad(x), scale * alpha * x.exp()) < 1e-30);
    let mut grads = [grad; 3];
    function.backward(&[x, alpha, TwoFloat::from(0.0)], &mut grads);
    assert!(relative_difference(grads[0], grad * scale * alpha * x.exp()) < 1e-30);
    assert_eq!(grads[1..], [grad * scale; 2]);
    assert!(relative_difference(function.apply(alpha), scale * alpha) < 1e-30);
}

#[test]
#[should_panic(expected = "this type has no kernel")]
fn a_type_without_a_kernel_has_no_instruction_sets() {
    selu::on_instruction_set::selu_slice(InstructionSet::BASELINE, &mut [TwoFloat::from(1.0)]);
}

/// The nearest of `numbers`, which are in order, to the exact value; the even one of two that are
/// equally near. `rounded` is the exact value in `f64`.
fn nearest(numbers: &[(f64, bool)], rounded: f64, exact: impl Fn() -> Exact) -> f64 {
    let above = numbers.partition_point(|&(number, _)| number <= rounded);
    let [low, high] = [numbers[above.saturating_sub(1)], numbers[above.min(numbers.len() - 1)]];
    let middle = 0.5 * (low.0 + high.0);
    let is_lower = if rounded == middle {
        // Only the exact value tells whether it is the middle.
        let difference = exact() - reference::exact(middle);
        if difference == Exact::ZERO { low.1 } else { difference < Exact::ZERO }
    } else {
        rounded < middle
    };
    if is_lower { low.0 } else { high.0 }
}

/// Tries all numbers of a type of one byte, given by its bits.
fn assert_all_are_correctly_rounded<T: Float>(of_bits: fn(u8) -> T) {
    let all: Vec<T> = (0..=u8::MAX).map(of_bits).collect();
    let wide = |x: T| x.to_f64().unwrap();
    let mut numbers: Vec<(f64, bool)> = (all.iter().enumerate())
        .filter(|(_, x)| x.is_finite())
        .map(|(bits, &x)| (wide(x), bits % 2 == 0))
        .collect();
    numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
    numbers.dedup_by(|a, b| a.0 == b.0);
    let largest = numbers[numbers.len() - 1].0;
    let assert_nearest = |name: &str, x: T, y: T, rounded: f64, exact: &dyn Fn() -> Exact| {
        // What lies beyond the largest number is up to the type.
        if rounded.abs() <= largest {
            let expected = nearest(&numbers, rounded, exact);
            let (x, y) = (wide(x), wide(y));
            assert!(y == expected, "{name}({x:e}) is {y:e} and not {expected:e}");
        }
    };
    let alphas = [1.0, 1.6732632, -0.25, -2.5, 0.7].map(|alpha| T::from(alpha).unwrap());
    for &x in all.iter().filter(|x| x.is_finite() && !x.is_zero()) {
        let at = wide(x);
        assert_nearest("selu", x, selu(x), selu(at), &|| reference::selu(at));
        assert_nearest("selu_grad", x, selu_grad(x), selu_grad(at), &|| reference::selu_grad(at));
        for alpha in alphas {
            let by = wide(alpha);
            // −1 + e⁻¹⁰⁰⁰⁰⁰ takes more digits than there are, but not for which side it is on.
            let bounded = at.max(-80.0);
            let exact = || reference::elu(bounded, by);
            assert_nearest("elu", x, elu(x, alpha), elu(at, by), &exact);
            let slope = || reference::exact(by) * reference::exact(at).exp();
            let grad = if at > 0.0 { 1.0 } else { elu_grad(at, by) };
            assert_nearest("elu_grad", x, elu_grad(x, alpha), grad, &slope);
            if at > 0.0 {
                // Some of these products are midway between two numbers.
                let y = ScaledElu { alpha, scale: alpha }.apply(x);
                let product = || reference::exact(by) * reference::exact(at);
                assert_nearest("ScaledElu::apply", x, y, by * at, &product);
            }
        }
    }
}

#[test]
fn types_of_8_bits_are_correctly_rounded() {
    assert_all_are_correctly_rounded(float8::F8E4M3::from_bits);
    assert_all_are_correctly_rounded(float8::F8E5M2::from_bits);
}
