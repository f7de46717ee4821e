//! The values that a formula gets wrong, by their bits.

use selu::{ScaledElu, consts, elu, selu, selu_backward, selu_grad, selu_into, selu_slice};

/// Every form of a function at one value, as bits.
macro_rules! assert_selu {
    ($x:expr, $expected:expr) => {{
        let (x, expected) = ($x, $expected);
        let mut in_place = [x];
        selu_slice(&mut in_place);
        let mut out_of_place = [x - x];
        selu_into(&[x], &mut out_of_place);
        for (form, y) in
            [("selu", selu(x)), ("selu_slice", in_place[0]), ("selu_into", out_of_place[0])]
        {
            assert_eq!(y.to_bits(), expected.to_bits(), "{form}({x:e}) is {y:e}, not {expected:e}");
        }
    }};
}

#[test]
fn zeros_keep_their_sign() {
    assert_selu!(0.0_f32, 0.0_f32);
    assert_selu!(-0.0_f32, -0.0_f32);
    assert_selu!(0.0_f64, 0.0_f64);
    assert_selu!(-0.0_f64, -0.0_f64);
    assert_eq!(elu(-0.0_f32, 1.0).to_bits(), (-0.0_f32).to_bits());
    assert_eq!(elu(-0.0_f64, 1.0).to_bits(), (-0.0_f64).to_bits());
}

#[test]
fn infinities_have_their_limits() {
    assert_selu!(f32::INFINITY, f32::INFINITY);
    assert_selu!(f64::INFINITY, f64::INFINITY);
    assert_selu!(f32::NEG_INFINITY, -consts::f32::SCALE_ALPHA);
    assert_selu!(f64::NEG_INFINITY, -consts::f64::SCALE_ALPHA);
    assert_eq!(selu_grad(f32::INFINITY).to_bits(), consts::f32::SCALE.to_bits());
    assert_eq!(selu_grad(f64::INFINITY).to_bits(), consts::f64::SCALE.to_bits());
    assert_eq!(selu_grad(f32::NEG_INFINITY).to_bits(), 0);
    assert_eq!(selu_grad(f64::NEG_INFINITY).to_bits(), 0);
    assert_eq!(elu(f32::NEG_INFINITY, 0.3), -0.3);
    assert_eq!(elu(f64::NEG_INFINITY, 0.3), -0.3);
}

#[test]
fn far_below_zero_selu_is_its_limit() {
    for x in [-18.0, -40.0, -104.0, -1e30, f32::MIN] {
        assert_selu!(x, -consts::f32::SCALE_ALPHA);
    }
    for x in [-39.0, -40.0, -41.0, -745.0, -1e300, f64::MIN] {
        assert_selu!(x, -consts::f64::SCALE_ALPHA);
    }
}

#[test]
fn large_values_do_not_overflow_early() {
    assert_selu!(1e38_f32, 1.0507009e38_f32);
    assert_selu!(f32::MAX, f32::INFINITY);
    assert_selu!(1.7e308_f64, 1.7861916785043167e308_f64);
    assert_selu!(f64::MAX, f64::INFINITY);
    assert_eq!(selu_grad(f32::MAX).to_bits(), consts::f32::SCALE.to_bits());
    assert_eq!(selu_grad(f64::MAX).to_bits(), consts::f64::SCALE.to_bits());
}

#[test]
fn subnormals_are_ordinary_values() {
    assert_selu!(f32::from_bits(1), f32::from_bits(1));
    assert_selu!(-f32::from_bits(1), -f32::from_bits(2));
    assert_selu!(f32::from_bits(1000), f32::from_bits(1051));
    assert_selu!(-f32::from_bits(1000), -f32::from_bits(1758));
    assert_selu!(f64::from_bits(1), f64::from_bits(1));
    assert_selu!(-f64::from_bits(1), -f64::from_bits(2));
    assert_selu!(f64::from_bits(1000), f64::from_bits(1051));
    assert_selu!(-f64::from_bits(1000), -f64::from_bits(1758));
}

#[test]
fn nan_stays_nan_whatever_its_bits() {
    // Quiet, signalling, negative, and with a payload in the low bits only.
    for bits in [0x7fc0_0000_u32, 0x7f80_0001, 0xffc0_0000, 0xff80_0001, 0x7fff_ffff] {
        let x = f32::from_bits(bits);
        let mut xs = [x];
        selu_slice(&mut xs);
        assert!(selu(x).is_nan() && xs[0].is_nan(), "{bits:#x}");
        assert!(
            selu_grad(x).is_nan() && elu(x, 1.0).is_nan() && elu(-1.0, x).is_nan(),
            "{bits:#x}"
        );
    }
    let quiet = 0x7ff8_0000_0000_0000_u64;
    let signalling = 0x7ff0_0000_0000_0001;
    for bits in [quiet, signalling, quiet | 1 << 63, signalling | 1 << 63, u64::MAX >> 1] {
        let x = f64::from_bits(bits);
        let mut xs = [x];
        selu_slice(&mut xs);
        assert!(selu(x).is_nan() && xs[0].is_nan(), "{bits:#x}");
        assert!(
            selu_grad(x).is_nan() && elu(x, 1.0).is_nan() && elu(-1.0, x).is_nan(),
            "{bits:#x}"
        );
    }
}

#[test]
fn tiny_negative_values_do_not_cancel() {
    // exp(x) − 1 gives 0 for each of these.
    assert_selu!(-1e-8_f32, -1.7580993e-8_f32);
    assert_selu!(-1e-30_f32, -1.7580993e-30_f32);
    assert_selu!(-1e-17_f64, -1.758099340847377e-17_f64);
    assert_selu!(-1e-300_f64, -1.758099340847377e-300_f64);
}

#[test]
fn the_derivative_at_both_zeros_is_the_scale() {
    for zero in [0.0, -0.0] {
        assert_eq!(selu_grad(zero as f32), consts::f32::SCALE);
        assert_eq!(selu_grad(zero), consts::f64::SCALE);
    }
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
fn elu_does_not_touch_the_linear_branch() {
    for alpha in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        assert_eq!(elu(0.0, alpha).to_bits(), 0);
        assert_eq!(elu(2.5, alpha), 2.5);
        assert_eq!(elu(f64::INFINITY, alpha), f64::INFINITY);
        assert_eq!(elu(0.0, alpha as f32).to_bits(), 0);
        assert_eq!(elu(f32::MAX, alpha as f32), f32::MAX);
    }
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
fn backward_multiplies_and_never_makes_nan_of_a_positive_input() {
    let x = [89.0, 3e38, f32::INFINITY, 0.0, -0.0, -1e30, f32::NEG_INFINITY, f32::MAX];
    let mut grad = [1.0_f32; 8];
    selu_backward(&x, &mut grad);
    let scale = consts::f32::SCALE;
    assert_eq!(grad, [scale, scale, scale, scale, scale, 0.0, 0.0, scale]);

    let x = [89.0, 1e300, f64::INFINITY, 0.0, -0.0, -1e30, f64::NEG_INFINITY, f64::MAX];
    let mut grad = [-2.0_f64; 8];
    selu_backward(&x, &mut grad);
    let scale = -2.0 * consts::f64::SCALE;
    assert_eq!(grad, [scale, scale, scale, scale, scale, 0.0, 0.0, scale]);
}

#[test]
fn backward_of_a_zero_gradient_is_zero_with_its_sign() {
    for x in [-1.0_f32, -150.0, 0.0, 1.0, f32::MAX, f32::INFINITY, f32::NEG_INFINITY] {
        let mut grad = [0.0, -0.0];
        selu_backward(&[x; 2], &mut grad);
        assert_eq!(grad.map(f32::to_bits), [0, 1 << 31], "{x:e}");
        let mut grad = [0.0, -0.0];
        selu_backward(&[f64::from(x); 2], &mut grad);
        assert_eq!(grad.map(f64::to_bits), [0, 1 << 63], "{x:e}");
    }
}

#[test]
fn backward_passes_nan_on_and_leaves_its_neighbours_alone() {
    let x = [1.0, f32::NAN, -1.0, -1.0];
    let mut grad = [f32::NAN, 1.0, 1.0, f32::INFINITY];
    selu_backward(&x, &mut grad);
    assert!(grad[0].is_nan() && grad[1].is_nan());
    assert_eq!(grad[2..], [selu_grad(-1.0_f32), f32::INFINITY]);

    let x = [1.0, f64::NAN, -1.0, -1.0];
    let mut grad = [f64::NAN, 1.0, 1.0, f64::INFINITY];
    selu_backward(&x, &mut grad);
    assert!(grad[0].is_nan() && grad[1].is_nan());
    assert_eq!(grad[2..], [selu_grad(-1.0_f64), f64::INFINITY]);
}

#[test]
fn backward_of_a_zero_gradient_at_nan_is_nan() {
    for nan in [f64::NAN, -f64::NAN] {
        for zero in [0.0, -0.0] {
            let mut grad = [zero; 17];
            selu_backward(&[nan; 17], &mut grad);
            assert!(grad.iter().all(|grad| grad.is_nan()), "{zero:?}");
            let mut grad = [zero as f32; 33];
            selu_backward(&[nan as f32; 33], &mut grad);
            assert!(grad.iter().all(|grad| grad.is_nan()), "{zero:?}");
        }
    }
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
