//! Every layout, alone and in pairs, against element by element.

use Layout::{
    Fortran, FortranStepped, Reversed, ReversedRows, Standard, Stepped, Transposed, Window,
};
use ndarray::{ArrayD, ArrayViewMutD, Axis, IxDyn, ShapeBuilder, Slice};
use selu::num_traits::Float;
use selu::{selu, selu_backward};
use std::fmt::Debug;

#[derive(Clone, Copy, Debug)]
enum Layout {
    Standard,
    Fortran,
    Transposed,
    /// Every axis backwards.
    Reversed,
    /// The first axis backwards, which leaves the values together in memory.
    ReversedRows,
    /// Every second value of every axis.
    Stepped,
    /// Every third value of every axis, backwards, of an array in Fortran order.
    FortranStepped,
    /// All but the margins.
    Window,
}

const LAYOUTS: [Layout; 8] =
    [Standard, Fortran, Transposed, Reversed, ReversedRows, Stepped, FortranStepped, Window];

/// No dimension, empty, short, of one value in an axis, longer than one piece, several pieces.
const SHAPES: [&[usize]; 11] = [
    &[],
    &[0],
    &[1],
    &[37],
    &[3, 0, 2],
    &[7, 5],
    &[2, 3, 4, 5],
    &[17, 1, 300],
    &[70, 130],
    &[9001],
    &[3, 9001],
];

/// An array of which [`view`] shows `shape`.
fn owner<A: Clone>(layout: Layout, shape: &[usize], value: A) -> ArrayD<A> {
    let scaled = |by: usize, and: usize| shape.iter().map(|len| len * by + and).collect::<Vec<_>>();
    match layout {
        Standard | Reversed | ReversedRows => ArrayD::from_elem(IxDyn(shape), value),
        Fortran => ArrayD::from_elem(IxDyn(shape).f(), value),
        Transposed => {
            let shape: Vec<_> = shape.iter().copied().rev().collect();
            ArrayD::from_elem(shape, value)
        }
        Stepped => ArrayD::from_elem(scaled(2, 1), value),
        FortranStepped => ArrayD::from_elem(IxDyn(&scaled(3, 0)).f(), value),
        Window => ArrayD::from_elem(scaled(1, 2), value),
    }
}

fn view<A>(layout: Layout, owner: &mut ArrayD<A>) -> ArrayViewMutD<'_, A> {
    let mut view = owner.view_mut();
    match layout {
        Standard | Fortran => {}
        Transposed => view = view.reversed_axes(),
        Reversed => view.slice_each_axis_inplace(|_| Slice::new(0, None, -1)),
        ReversedRows if view.ndim() > 0 => view.invert_axis(Axis(0)),
        ReversedRows => {}
        Stepped => view.slice_each_axis_inplace(|_| Slice::new(0, Some(-1), 2)),
        FortranStepped => view.slice_each_axis_inplace(|_| Slice::new(0, None, -3)),
        Window => view.slice_each_axis_inplace(|_| Slice::new(1, Some(-1), 1)),
    }
    view
}

/// Values of both signs, none of them equal, in an array of this layout, and 99 around them.
fn filled<A: Float>(layout: Layout, shape: &[usize], frequency: f64) -> ArrayD<A> {
    let mut owner = owner(layout, shape, A::from(99).unwrap());
    for (i, value) in view(layout, &mut owner).iter_mut().enumerate() {
        *value = A::from((i as f64 * frequency).sin() * 20.0).unwrap();
    }
    owner
}

/// One value by itself.
fn backward<A: Float>(x: A, mut grad: A) -> A {
    selu_backward(&[x], std::slice::from_mut(&mut grad));
    grad
}

#[track_caller]
fn assert_same_bits<A: Float + Debug>(got: &ArrayD<A>, expected: &ArrayD<A>, case: impl Debug) {
    assert_eq!(got.shape(), expected.shape(), "{case:?}");
    for (index, &expected) in expected.indexed_iter() {
        let got = got[&index];
        let same = got.integer_decode() == expected.integer_decode();
        assert!(same, "{case:?}: {got:?} at {index:?}, expected {expected:?}");
    }
}

fn forward_in_every_layout<A: Float + Debug>() {
    for shape in SHAPES {
        for layout in LAYOUTS {
            let mut xs = filled::<A>(layout, shape, 0.7);
            let mut expected = xs.clone();
            view(layout, &mut expected).map_inplace(|x| *x = selu(*x));

            let ys = selu_ndarray::selu(&view(layout, &mut xs));
            let expected_ys = view(layout, &mut expected).to_owned();
            assert_same_bits(&ys, &expected_ys, ("out of place", layout, shape));

            selu_ndarray::selu_in_place(&mut view(layout, &mut xs));
            assert_same_bits(&xs, &expected, ("in place", layout, shape));
        }
    }
}

fn backward_in_every_pair_of_layouts<A: Float + Debug>() {
    for shape in SHAPES {
        for x_layout in LAYOUTS {
            for layout in LAYOUTS {
                let mut x = filled::<A>(x_layout, shape, 0.7);
                let x = view(x_layout, &mut x);
                let mut grad = filled::<A>(layout, shape, 0.3);
                let mut expected = grad.clone();
                for (index, grad) in view(layout, &mut expected).indexed_iter_mut() {
                    *grad = backward(x[&index], *grad);
                }
                selu_ndarray::selu_backward(&x, &mut view(layout, &mut grad));
                assert_same_bits(&grad, &expected, (x_layout, layout, shape));
            }
        }
    }
}

#[test]
fn forward_equals_one_by_one_in_every_layout() {
    forward_in_every_layout::<f32>();
    forward_in_every_layout::<f64>();
}

#[test]
fn backward_equals_one_by_one_in_every_pair_of_layouts() {
    backward_in_every_pair_of_layouts::<f32>();
    backward_in_every_pair_of_layouts::<f64>();
}

#[test]
fn broadcast_inputs() {
    let shape = [70, 130];
    for source in [&[][..], &[1], &[130], &[70, 1], &[1, 130], &[1, 1]] {
        let x = filled::<f32>(Standard, source, 0.7);
        let x = x.broadcast(&shape[..]).unwrap();
        let expected = ArrayD::from_shape_fn(&shape[..], |index| selu(x[&index]));
        assert_same_bits(&selu_ndarray::selu(&x), &expected, source);

        for layout in LAYOUTS {
            let mut grad = filled::<f32>(layout, &shape, 0.3);
            let mut expected = grad.clone();
            for (index, grad) in view(layout, &mut expected).indexed_iter_mut() {
                *grad = backward(x[&index], *grad);
            }
            selu_ndarray::selu_backward(&x, &mut view(layout, &mut grad));
            assert_same_bits(&grad, &expected, (source, layout));
        }
    }
}

/// The mistake that the comparison of strides prevents, and that the tests above must see.
#[test]
fn pairing_two_orders_of_memory_is_wrong() {
    let mut x = filled::<f32>(Fortran, &[7, 5], 0.7);
    let mut grad = filled::<f32>(Standard, &[7, 5], 0.3);
    let mut right = grad.clone();
    selu_ndarray::selu_backward(&x, &mut right);

    let (x, grad_slice) = (view(Fortran, &mut x), grad.as_slice_memory_order_mut().unwrap());
    selu_backward(x.as_slice_memory_order().unwrap(), grad_slice);
    let wrong = grad.iter().zip(&right).filter(|(got, right)| got != right).count();
    assert!(wrong > 20, "{wrong} of 35 values are wrong");
}

#[test]
#[should_panic(expected = "the shapes of x and grad differ")]
fn different_shapes_panic() {
    let x = ArrayD::<f32>::zeros(&[2, 3][..]);
    selu_ndarray::selu_backward(&x, &mut ArrayD::zeros(&[3, 2][..]));
}
