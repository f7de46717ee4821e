//! What follows from correct rounding: no function falls where the exact one rises, none leaves its
//! range, and every zero has its sign.

#[path = "reference/function.rs"]
mod function;
mod reference;

use function::Function::{self, Elu, Selu};
use function::supported;
use reference::Format;
use reference::random::Random;
use selu::consts;

/// Neighbours that are tried on either side of a boundary.
const NEIGHBOURS: i64 = 40;

/// The negative number that is so many steps above `x`, below if that is negative.
fn step<T: Format>(x: T, steps: i64) -> T {
    let lowest = T::neg_infinity().pattern();
    let bits = x.pattern().saturating_add_signed(-steps);
    // At −0 the derivative falls to that of the other side.
    T::from_pattern(bits.clamp(T::SIGN_PATTERN + 1, lowest))
}

/// The numbers on either side of the place below 0 where `f` reaches `y`.
fn boundary<T: Format>(f: impl Fn(T) -> T, y: T) -> T {
    // The bits of negative numbers fall as the numbers rise.
    let (mut reaches, mut below) = (T::SIGN_PATTERN + 1, T::neg_infinity().pattern());
    while below - reaches > 1 {
        let middle = reaches + (below - reaches) / 2;
        if f(T::from_pattern(middle)) >= y { reaches = middle } else { below = middle }
    }
    T::from_pattern(reaches)
}

/// Tries all numbers around `x`, with every instruction set.
fn assert_rises_around<T: Format>(function: Function<T>, x: T) {
    let xs: Vec<T> = (-NEIGHBOURS..=NEIGHBOURS).map(|steps| step(x, steps)).collect();
    let assert_rises = |form: &str, ys: &[T]| {
        for (xs, ys) in xs.windows(2).zip(ys.windows(2)) {
            assert!(
                ys[0] <= ys[1],
                "{form} of {function:?} falls from\n  {} to {} between\n  {} and {}",
                ys[0].show(),
                ys[1].show(),
                xs[0].show(),
                xs[1].show()
            );
        }
    };
    assert_rises("one value", &xs.iter().map(|&x| function.value(x)).collect::<Vec<_>>());
    assert_rises("grad", &xs.iter().map(|&x| function.grad(x)).collect::<Vec<_>>());
    for set in supported() {
        let mut ys = xs.clone();
        function.slice_on(set, &mut ys);
        assert_rises(&format!("slice on {set:?}"), &ys);
        let mut grads = vec![T::one(); xs.len()];
        function.backward_on(set, &xs, &mut grads);
        assert_rises(&format!("backward on {set:?}"), &grads);
    }
}

fn nothing_falls<T: Format>() {
    let random = &mut Random(0xfa11);
    for function in [Selu, Elu(T::one()), Elu(T::from(0.3).unwrap())] {
        let limit = function.value(T::neg_infinity());
        // The last results above the limit, of which each has many arguments, …
        let near_limit = (1..200).map(|steps| step(limit, steps));
        // … and results of all sizes.
        let any_size = (0..300).map(|_| {
            let size = random.uniform() * f64::from(T::DIGITS) * 1.5;
            limit * T::from((-size).exp2()).unwrap()
        });
        for y in near_limit.chain(any_size.collect::<Vec<_>>()) {
            let x = boundary(|x| function.value(x), y);
            assert!(function.value(x) >= y && function.value(step(x, -1)) < y, "{y:e}");
            assert_rises_around(function, x);
        }
        let steepest = function.grad(-T::min_positive_value());
        for _ in 0..300 {
            let size = random.uniform() * -f64::from(T::LOWEST_PLACE);
            let y = steepest * T::from((-size).exp2()).unwrap();
            assert_rises_around(function, boundary(|x| function.grad(x), y));
        }
        assert_rises_around(function, T::neg_infinity());
        assert_rises_around(function, T::from(-0.0).unwrap());
    }
}

#[test]
fn nothing_falls_in_f32() {
    nothing_falls::<f32>();
}

#[test]
fn nothing_falls_in_f64() {
    nothing_falls::<f64>();
    for x in [-33.188_072_297_568_31, -343.454, f64::from_bits(0xc077_5776_4554_42a9)] {
        for function in [Selu, Elu(1.0), Elu(1.673_263_242_354_377_2)] {
            assert_rises_around(function, x);
        }
    }
}

fn nothing_leaves_its_range<T: Format>(scale_alpha: T) {
    let random = &mut Random(0x0123_4567_89ab_cdef);
    for _ in 0..20_000 {
        let x = T::from_pattern(T::SIGN_PATTERN | random.below(T::INFINITY_PATTERN + 1));
        for (function, limit) in [(Selu, scale_alpha), (Elu(T::one()), T::one())] {
            let (value, grad) = (function.value(x), function.grad(x));
            assert!(
                -limit <= value && value.is_sign_negative(),
                "{function:?} of {x:e} is {value:e}"
            );
            assert!(grad <= limit && grad.is_sign_positive(), "{function:?}' of {x:e} is {grad:e}");
        }
    }
}

#[test]
fn nothing_leaves_its_range_in_f32() {
    nothing_leaves_its_range(consts::f32::SCALE_ALPHA);
}

#[test]
fn nothing_leaves_its_range_in_f64() {
    nothing_leaves_its_range(consts::f64::SCALE_ALPHA);
}
