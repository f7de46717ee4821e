//! How much room the bounds of the products leave, before they are rounded.

use super::{
    Kernel, PRODUCT_BOUNDS, ScaledElu, Selu, scaled_elu_gradients, scaled_elu_values,
    selu_gradients,
};
use crate::kernel::margins::{Extremes, Fused, Unfused, in_steps, open_share};
use crate::reference::random::Random;
use crate::reference::rounded::Real;
use crate::simd::Isa;

const COUNT: u32 = 100_000;

/// From 0 at the lower bound to 1 at the upper one.
fn position([lower, upper]: [f64; 2], exact_value: Real) -> f64 {
    exact_value.above(lower) / (upper - lower)
}

/// A factor with a magnitude between 1 and 2, of either sign.
fn factor(random: &mut Random) -> f32 {
    let factor = 1.0 + random.uniform() as f32;
    if random.bits() & 1 == 0 { factor } else { -factor }
}

/// The positions of all products of a function, for blocks of `N` values.
fn assert_rooms<I: Isa, const N: usize>(isa: I, count: u32) {
    let random = &mut Random(1);
    let arguments: Vec<(f32, f32, f32)> = in_steps(count, 16, -16.0..=-1e-18)
        .map(|x| (x as f32, factor(random), factor(random)))
        .collect();
    let far =
        in_steps(count, 16, -390.0..=-1e-18).map(|x| (x as f32, factor(random), factor(random)));
    let far: Vec<(f32, f32, f32)> = far.collect();
    let real = |x: f32| Real::of(x.into());

    let elu = arguments.iter().map(|&(x, alpha, scale)| {
        let mut bounds = [0.0; 2];
        let function = ScaledElu { alpha, scale };
        scaled_elu_values(isa, function, &[x; N], PRODUCT_BOUNDS, |_, b| bounds = b);
        let exact = Real::exp_m1(x.into()).times(real(alpha)).times(real(scale));
        position(bounds, exact)
    });
    let selu_backward = far.iter().map(|&(x, grad, _)| {
        let mut bounds = [0.0; 2];
        selu_gradients(isa, &[x; N], &[grad; N], PRODUCT_BOUNDS, |_, b| bounds = b);
        let exact = Real::exp(x.into()).times(Real::scale_alpha()).times(real(grad));
        position(bounds, exact)
    });
    let elu_backward = far.iter().map(|&(x, grad, alpha)| {
        let mut bounds = [0.0; 2];
        let function = ScaledElu { alpha, scale: grad };
        let gradients = [alpha; N];
        scaled_elu_gradients(isa, function, &[x; N], &gradients, PRODUCT_BOUNDS, |_, b| {
            bounds = b;
        });
        let factors = real(alpha).times(real(grad)).times(real(alpha));
        position(bounds, Real::exp(x.into()).times(factors))
    });
    let [elu_room, selu_backward_room, elu_backward_room] = ROOMS;
    Extremes::of(elu).assert_within("elu", elu_room);
    Extremes::of(selu_backward).assert_within("selu_backward", selu_backward_room);
    Extremes::of(elu_backward).assert_within("elu_backward", elu_backward_room);
}

/// The room that must be left. A value leaves less of it, since eˣ − 1 is smaller than the two
/// numbers that it is the difference of.
const ROOMS: [f64; 3] = [0.27, 0.475, 0.47];

fn assert_all_rooms(count: u32) {
    // A single value takes a different path from several.
    assert_rooms::<_, 1>(Fused, count);
    assert_rooms::<_, 2>(Fused, count);
    assert_rooms::<_, 1>(Unfused, count);
    assert_rooms::<_, 2>(Unfused, count);
}

#[test]
fn products_keep_their_room() {
    assert_all_rooms(COUNT);
}

#[test]
#[ignore = "tries a million values of each product"]
fn products_keep_their_room_a_million_times() {
    assert_all_rooms(10 * COUNT);
}

#[test]
fn hardly_any_product_is_left_open() {
    fn assert<I: Isa>(isa: I) {
        const N: usize = 32;
        let xs = || {
            let mut random = Random(3);
            (0..1 << 16).map(move |_| (4.0 * random.uniform() - 3.0) as f32)
        };
        let few = |name: &str, share: f64| assert!(share < 1e-4, "{share} of {name} are left open");
        // With constants of few digits, exact products are midpoints.
        for (alpha, scale, grad) in [(1.3, 0.9, -0.7), (1.5, 1.5, 0.75), (0.75, 3.0, 1.5)] {
            let elu = ScaledElu { alpha, scale };
            let grads = [grad; N];
            few("elu", open_share::<f32, N>(xs(), |x| elu.values(isa, x)));
            few("selu'", open_share::<f32, N>(xs(), |x| Selu.gradients(isa, x, &grads)));
            few("elu'", open_share::<f32, N>(xs(), |x| elu.gradients(isa, x, &grads)));
        }
        few("zeros", open_share::<f32, N>(xs(), |x| Selu.gradients(isa, x, &[-0.0; N])));
    }
    assert(Fused);
    assert(Unfused);
}
