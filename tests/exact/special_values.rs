//! The values that a formula gets wrong, by their bits. That all forms of a function agree at them is
//! seen by `tests/portable/forms.rs`.

use crate::format::Format;
use selu::{ScaledElu, consts, elu, selu, selu_backward, selu_grad};

fn number<T: Format>(x: f64) -> T {
    T::from(x).unwrap()
}

fn assert_selu<T: Format>(x: T, expected: T) {
    let y = selu(x);
    assert_eq!(y.pattern(), expected.pattern(), "selu({x:e}) is {y:e}, not {expected:e}");
}

fn gradients<T: Format, const N: usize>(x: [T; N], mut grads: [T; N]) -> [T; N] {
    selu_backward(&x, &mut grads);
    grads
}

/// A test for each of the two types.
macro_rules! test_f32_and_f64 {
    ($(fn $name:ident<$T:ident>() $body:block)*) => {$(
        #[test]
        fn $name() {
            fn test<$T: Format>() $body
            test::<f32>();
            test::<f64>();
        }
    )*};
}

test_f32_and_f64! {
    fn zeros_keep_their_sign<T>() {
        for zero in [T::zero(), -T::zero()] {
            assert_selu(zero, zero);
            assert_eq!(elu(zero, T::one()).pattern(), zero.pattern());
            assert_eq!(selu_grad(zero), number(consts::f64::SCALE));
        }
    }

    fn infinities_have_their_limits<T>() {
        let infinity = T::infinity();
        assert_selu(infinity, infinity);
        assert_selu(-infinity, number(-consts::f64::SCALE_ALPHA));
        assert_eq!(selu_grad(infinity), number(consts::f64::SCALE));
        assert_eq!(selu_grad(-infinity).pattern(), 0);
        assert_eq!(elu(-infinity, number(0.3)), number::<T>(-0.3));
    }

    fn the_largest_numbers_overflow_and_their_derivative_does_not<T>() {
        assert_selu(T::max_value(), T::infinity());
        assert_selu(-T::max_value(), number(-consts::f64::SCALE_ALPHA));
        assert_eq!(selu_grad(T::max_value()), number(consts::f64::SCALE));
    }

    fn subnormals_are_ordinary_values<T>() {
        let subnormal = T::from_pattern;
        assert_selu(subnormal(1), subnormal(1));
        assert_selu(-subnormal(1), -subnormal(2));
        assert_selu(subnormal(1000), subnormal(1051));
        assert_selu(-subnormal(1000), -subnormal(1758));
    }

    fn nan_stays_nan_whatever_its_bits<T>() {
        // Quiet, signalling, negative, and with a payload in the low bits only.
        for bits in [T::NAN_PATTERN, T::INFINITY_PATTERN | 1, T::SIGN_PATTERN - 1] {
            for nan in [bits, bits | T::SIGN_PATTERN].map(T::from_pattern) {
                let results = [selu(nan), selu_grad(nan), elu(nan, T::one()), elu(-T::one(), nan)];
                assert!(results.iter().all(|y| y.is_nan()), "{bits:#x}: {results:?}");
                let products = gradients([nan; 20], [T::zero(); 20]);
                assert!(products.iter().all(|product| product.is_nan()), "{bits:#x}");
                assert!(gradients([nan], [-T::zero()])[0].is_nan(), "{bits:#x}");
            }
        }
    }

    fn backward_never_makes_nan_of_a_positive_input<T>() {
        let positive = [0.0, -0.0, 89.0, f64::INFINITY].map(number::<T>);
        let expected = number::<T>(-2.0) * number(consts::f64::SCALE);
        assert_eq!(gradients(positive, [number(-2.0); 4]), [expected; 4]);
        assert_eq!(gradients([T::max_value()], [number(-2.0)]), [expected]);
        assert_eq!(gradients([-T::max_value(), -T::infinity()], [T::one(); 2]), [T::zero(); 2]);
    }

    fn backward_of_a_zero_gradient_is_zero_with_its_sign<T>() {
        for x in [-1.0, -150.0, 0.0, 1.0, f64::INFINITY, f64::NEG_INFINITY].map(number::<T>) {
            let products = gradients([x; 2], [T::zero(), -T::zero()]);
            assert_eq!(products.map(T::pattern), [0, T::SIGN_PATTERN], "{x:e}");
        }
    }

    fn backward_of_an_infinite_gradient_is_infinite_however_small_the_derivative<T>() {
        for x in [-1.0, -90.0, -1600.0, -4000.0] {
            assert_eq!(gradients([number(x); 40], [T::infinity(); 40]), [T::infinity(); 40]);
        }
    }

    fn backward_passes_nan_on_and_leaves_its_neighbours_alone<T>() {
        let x = [1.0, f64::NAN, -1.0, -1.0].map(number::<T>);
        let products = gradients(x, [f64::NAN, 1.0, 1.0, f64::INFINITY].map(number));
        assert!(products[0].is_nan() && products[1].is_nan());
        assert_eq!(products[2..], [selu_grad(-T::one()), T::infinity()]);
    }
}

#[test]
fn far_below_zero_selu_is_its_limit() {
    for x in [-18.0, -40.0, -104.0, -1e30] {
        assert_selu(x, -consts::f32::SCALE_ALPHA);
    }
    for x in [-39.0, -40.0, -41.0, -745.0, -1e300] {
        assert_selu(x, -consts::f64::SCALE_ALPHA);
    }
}

#[test]
fn large_values_do_not_overflow_early() {
    assert_selu(1e38_f32, 1.0507009e38_f32);
    assert_selu(1.7e308_f64, 1.7861916785043167e308_f64);
}

#[test]
fn tiny_negative_values_do_not_cancel() {
    // exp(x) − 1 gives 0 for each of these.
    assert_selu(-1e-8_f32, -1.7580993e-8_f32);
    assert_selu(-1e-30_f32, -1.7580993e-30_f32);
    assert_selu(-1e-17_f64, -1.758099340847377e-17_f64);
    assert_selu(-1e-300_f64, -1.758099340847377e-300_f64);
}

#[test]
fn the_derivative_decays_where_it_used_to_cancel() {
    // y + λα, the way over the output, gives 0 for each of these.
    assert_eq!(selu_grad(-20.0_f32), 3.623_712_9e-9);
    assert_eq!(selu_grad(-100.0_f32), f32::from_bits(0x2f)); // subnormal
    assert_eq!(selu_grad(-700.0_f64), 1.7334290832552396e-304);
    assert_eq!(selu_grad(-745.0_f64), f64::from_bits(1)); // subnormal
    assert_eq!(selu_grad(-745.6_f64), f64::from_bits(1));
    assert_eq!(selu_grad(-745.8_f64), 0.0);
}

#[test]
fn elu_takes_any_alpha() {
    assert_eq!(elu(-1.0_f32, f32::INFINITY), f32::NEG_INFINITY);
    assert_eq!(elu(-1.0_f64, f64::NEG_INFINITY), f64::INFINITY);
    assert_eq!(elu(-50.0_f32, f32::MAX), -f32::MAX);
    assert_eq!(elu(-50.0_f64, f64::MAX), -f64::MAX);
    assert_eq!(elu(-50.0_f64, 5e-324), -5e-324);
    assert_eq!(elu(-5e-324_f64, f64::MAX), -8.881784197001251e-16);
    assert_eq!(elu(-5e-324_f64, 5e-324).to_bits(), (-0.0_f64).to_bits());
    assert_eq!(elu(-1.0_f64, 0.0).to_bits(), (-0.0_f64).to_bits());
}

#[test]
fn backward_does_not_cut_off_where_the_derivative_underflows() {
    // selu'(−110) is below the smallest f32, its product with 1e30 is not.
    let mut grad = [1e30_f32];
    selu_backward(&[-110.0_f32], &mut grad);
    assert_eq!(grad, [2.9692748e-18]);
}

#[test]
fn backward_of_an_infinite_gradient_does_not_depend_on_its_neighbours() {
    // A neighbour whose product is next to the middle between two f32 takes its block another way.
    let hard = (0x3e80_0000..0x4080_0000)
        .map(|bits| -f32::from_bits(bits))
        .find(|&x| {
            let product = selu_grad(f64::from(x)) * f64::from(0.7_f32);
            (product.to_bits() & 0x1fff_ffff).abs_diff(0x1000_0000) < 16
        })
        .expect("a hard product");
    for lowest in [-201.0, -800.0, -1e30, f32::MIN, f32::NEG_INFINITY] {
        for neighbour in [1.0, f32::NAN, hard] {
            let x = [lowest, neighbour, lowest, neighbour];
            let mut grad = [f32::INFINITY, 0.7, f32::NEG_INFINITY, 0.7].repeat(16);
            selu_backward(&x.repeat(16), &mut grad);
            for window in grad.chunks(4) {
                assert_eq!(window[0], f32::INFINITY, "beside {neighbour:e}");
                assert_eq!(window[2], f32::NEG_INFINITY, "beside {neighbour:e}");
            }
        }
    }
}

/// Next to a midpoint: what the product misses, to one rounding too many, is a tie.
#[test]
fn backward_of_a_positive_value_is_the_product_with_the_scale() {
    for (scale, grad) in [
        (0x3ff08f474ffb8e8b_u64, 0x3ff87620c67de923_u64),
        (0x3ffc5765079fc5d5, 0x3ff08c7b5794b483),
        (0x3ff92fb2dcfc8ae9, 0x3ff33529ce8aed59),
        (0x3ff0d0981e8c1fa7, 0x3ffe17f6dfcd67e9),
    ] {
        let (scale, grad) = (f64::from_bits(scale), f64::from_bits(grad));
        let function = ScaledElu { alpha: 1.0, scale };
        for length in [1, 20] {
            let mut grads = vec![grad; length];
            function.backward(&vec![1.0; length], &mut grads);
            assert!(grads.iter().all(|&product| product == scale * grad), "{scale:e} {grad:e}");
        }
    }
}
