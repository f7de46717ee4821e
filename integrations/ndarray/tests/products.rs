//! What comes out of matrix products, whose order depends on those of the factors.

use ndarray::{Array2, ArrayRef2, ShapeBuilder};
use selu::{selu, selu_backward};

fn matrix(rows: usize, columns: usize, fortran: bool) -> Array2<f32> {
    let value = |(i, j)| ((i * columns + j) as f32 * 0.7).sin() * 3.0;
    Array2::from_shape_fn((rows, columns).set_f(fortran), value)
}

fn back_through_selu(x: &ArrayRef2<f32>, grad: &mut Array2<f32>) {
    let expected = Array2::from_shape_fn(grad.dim(), |index| {
        let mut value = [grad[index]];
        selu_backward(&[x[index]], &mut value);
        value[0]
    });
    selu_ndarray::selu_backward(x, grad);
    assert_eq!(*grad, expected);
}

#[test]
fn gradient_of_a_dense_layer() {
    // A gradient of one column, as of a network with one output; and one in Fortran order, as this
    // very product of a layer further back.
    for (outputs, fortran) in [(1, false), (300, true)] {
        let x = matrix(128, 200, false);
        let weights = matrix(200, outputs, false);
        let mut grad = matrix(128, outputs, fortran).dot(&weights.t());
        assert!(grad.as_slice_mut().is_none(), "the trap: this product is in Fortran order");
        back_through_selu(&x, &mut grad);
    }
}

#[test]
fn gradient_in_the_order_of_its_input() {
    let x = matrix(128, 200, false);
    let mut grad = matrix(128, 30, false).dot(&matrix(200, 30, false).t());
    back_through_selu(&x, &mut grad);
}

#[test]
fn product_of_two_transposed_matrices_forward() {
    let mut layer = matrix(30, 128, false).t().dot(&matrix(200, 30, false).t());
    let expected = layer.mapv(selu);
    selu_ndarray::selu_in_place(&mut layer);
    assert_eq!(layer, expected);
}
