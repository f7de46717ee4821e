//! SELU and its gradient for arrays of ndarray 0.17, of any layout: C or Fortran order, transposed,
//! sliced with steps, reversed, broadcast, empty, of no dimension.
//!
//! The slice functions of `selu` are fast because they see many values at once. An array shows its
//! values as one slice only if they lie together in memory, so there are two cases:
//!
//! 1. Together: one slice, in the order of memory. Any order will do, since no value depends on
//!    another.
//! 2. Not together: the array is halved along its widest axis until the pieces are small; each is
//!    copied together, computed, and copied back while it is in the cache.
//!
//! Back-propagation reads two arrays. Both may lie together in memory and yet in different orders:
//! `as_slice_memory_order` of each would then pair every gradient with the wrong input. The slices
//! match only if the strides do.

use ndarray::{Array, ArrayRef, ArrayView, ArrayViewMut, Axis, Dimension};
use selu::num_traits::Float;

/// The most values that are copied together: 32 KiB in `f64`. Where two orders meet, a piece is
/// about 64 rows by 64 columns, so that both are read by whole cache lines.
const PIECE: usize = 4096;

/// SELU of every value.
#[must_use]
pub fn selu<A: Float, D: Dimension>(xs: &ArrayRef<A, D>) -> Array<A, D> {
    let mut ys = xs.to_owned();
    selu_in_place(&mut ys);
    ys
}

/// SELU of every value, in place.
pub fn selu_in_place<A: Float, D: Dimension>(xs: &mut ArrayRef<A, D>) {
    map_slices(xs, selu::selu_slice);
}

/// Back-propagation: every value of `grad` is multiplied by selu′ of the value of `x` at its index.
///
/// # Panics
///
/// If the shapes differ.
pub fn selu_backward<A: Float, D: Dimension>(x: &ArrayRef<A, D>, grad: &mut ArrayRef<A, D>) {
    zip_slices(x, grad, selu::selu_backward);
}

/// Hands every value of `xs` to `function` once, in slices and in no particular order.
///
/// ```
/// # let mut xs = ndarray::array![[-1.0, 2.0]];
/// selu_ndarray::map_slices(&mut xs, |xs| selu::elu_slice(xs, 0.5));
/// assert_eq!(xs, ndarray::array![[-0.31606027941427883, 2.0]]);
///
/// // Nearly the nearest numbers, in less time.
/// let mut xs = ndarray::array![[-1.0_f32, 2.0]];
/// selu_ndarray::map_slices(&mut xs, selu::fast::selu_slice);
/// assert!((xs[[0, 0]] + 1.1113307).abs() < 2e-7);
/// ```
pub fn map_slices<A: Copy, D: Dimension>(xs: &mut ArrayRef<A, D>, function: impl Fn(&mut [A])) {
    map_view(xs.view_mut(), &function);
}

/// Hands every value of `x` and the value of `grad` at its index to `function` once, in slices of
/// equal lengths and in no particular order.
///
/// # Panics
///
/// If the shapes differ.
pub fn zip_slices<A: Copy, D: Dimension>(
    x: &ArrayRef<A, D>,
    grad: &mut ArrayRef<A, D>,
    function: impl Fn(&[A], &mut [A]),
) {
    assert_eq!(x.shape(), grad.shape(), "the shapes of x and grad differ");
    zip_views(x.view(), grad.view_mut(), &function);
}

fn map_view<A: Copy, D: Dimension>(mut xs: ArrayViewMut<A, D>, function: &impl Fn(&mut [A])) {
    if let Some(xs) = xs.as_slice_memory_order_mut() {
        function(xs);
    } else if xs.len() <= PIECE {
        let mut piece = xs.to_owned();
        function(piece.as_slice_memory_order_mut().expect("a copy lies together"));
        xs.assign(&piece);
    } else {
        let (axis, middle) = widest_axis(&xs, &xs);
        let (head, tail) = xs.split_at(axis, middle);
        map_view(head, function);
        map_view(tail, function);
    }
}

fn zip_views<A: Copy, D: Dimension>(
    x: ArrayView<A, D>,
    mut grad: ArrayViewMut<A, D>,
    function: &impl Fn(&[A], &mut [A]),
) {
    let same_order = x.strides() == grad.strides();
    if same_order
        && let Some(x) = x.as_slice_memory_order()
        && let Some(grad) = grad.as_slice_memory_order_mut()
    {
        function(x, grad);
    } else if grad.len() <= PIECE {
        let mut piece = grad.to_owned();
        let mut x_piece = piece.clone();
        x_piece.assign(&x);
        function(
            x_piece.as_slice_memory_order().expect("a copy lies together"),
            piece.as_slice_memory_order_mut().expect("a copy lies together"),
        );
        grad.assign(&piece);
    } else {
        let (axis, middle) = widest_axis(&x, &grad);
        let (x_head, x_tail) = x.split_at(axis, middle);
        let (head, tail) = grad.split_at(axis, middle);
        zip_views(x_head, head, function);
        zip_views(x_tail, tail, function);
    }
}

/// The middle of the axis along which the two span the most memory: whole rows where they have one
/// order, squares where they have not.
fn widest_axis<A, D: Dimension>(a: &ArrayRef<A, D>, b: &ArrayRef<A, D>) -> (Axis, usize) {
    let span = |axis| {
        let steps = a.len_of(axis) - 1;
        steps * (a.stride_of(axis).unsigned_abs() + b.stride_of(axis).unsigned_abs())
    };
    let axes = (0..a.ndim()).map(Axis);
    let widest = axes.max_by_key(|&axis| span(axis)).expect("many values need an axis");
    (widest, a.len_of(widest) / 2)
}
