//! `mapv(selu)` beside the slices, for arrays of several layouts, on one thread.

use ndarray::{Array2, ArrayRef2, s};
use selu::{selu, selu_grad};
use selu_ndarray::{selu_backward, selu_in_place};
use std::hint::black_box;
use std::time::Instant;

/// The best of several times, in nanoseconds per value.
fn time(values: usize, mut run: impl FnMut()) -> f64 {
    let rounds = (4_000_000 / values).clamp(5, 1000);
    let best = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .min();
    best.unwrap().as_nanos() as f64 / values as f64
}

fn row(layout: &str, xs: &mut ArrayRef2<f32>, x: &ArrayRef2<f32>) {
    let values = xs.len();
    let map = time(values, || xs.assign(&black_box(&*xs).mapv(selu)));
    let map_in_place = time(values, || black_box(&mut *xs).mapv_inplace(selu));
    let slices = time(values, || selu_in_place(black_box(&mut *xs)));
    let zip = time(values, || {
        black_box(&mut *xs).zip_mut_with(black_box(x), |grad, &x| *grad *= selu_grad(x));
    });
    let backward = time(values, || selu_backward(black_box(x), black_box(&mut *xs)));
    println!("{layout:36} {map:6.2} {map_in_place:13.2} {slices:14.2} | {zip:6.2} {backward:14.2}");
}

fn main() {
    println!("nanoseconds per value, f32, forward | backward");
    println!(
        "{:36} {:>6} {:>13} {:>14} | {:>6} {:>14}",
        "layout", "mapv", "mapv_inplace", "selu_in_place", "zip", "selu_backward"
    );
    for (rows, columns) in [(64, 256), (2000, 2000)] {
        let values = |(i, j): (usize, usize)| ((i * columns + j) as f32).sin() * 4.0;
        let name = |layout: &str| format!("{rows} × {columns}, {layout}");
        let x = Array2::from_shape_fn((rows, columns), values);
        let x_fortran = x.t().as_standard_layout().reversed_axes().into_owned();

        row(&name("C order"), &mut x.clone(), &x);
        row(&name("Fortran order"), &mut x_fortran.clone(), &x_fortran);
        row(&name("Fortran, input in C"), &mut x_fortran.clone(), &x);

        let wide = Array2::from_shape_fn((rows, 2 * columns), values);
        row(
            &name("left half of a matrix"),
            &mut wide.clone().slice_mut(s![.., ..columns]),
            &wide.slice(s![.., ..columns]),
        );
        row(
            &name("every second column"),
            &mut wide.clone().slice_mut(s![.., ..;2]),
            &wide.slice(s![.., ..;2]),
        );
        row(
            &name("reversed columns"),
            &mut x.clone().slice_mut(s![.., ..;-1]),
            &x.slice(s![.., ..;-1]),
        );
    }
}
