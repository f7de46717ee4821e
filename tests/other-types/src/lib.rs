//! The number types of other crates, in every form: what is as small as 16 bits goes through `f64`,
//! and everything else follows the formula in its own arithmetic.

#![cfg(test)]

mod dual;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "../../common/function.rs"]
mod function;
mod small;
mod wide_range;
mod wrappers;

use function::Function;
use num_traits::{Float, one};

/// f(x), by every form.
fn values<T: Float + Send + Sync>(function: Function<T>, x: T) -> Vec<T> {
    let in_place = |form: fn(Function<T>, &mut [T])| {
        let mut xs = [x; 3];
        form(function, &mut xs);
        xs
    };
    let out_of_place = |form: fn(Function<T>, &[T], &mut [T])| {
        let mut ys = [T::zero(); 3];
        form(function, &[x; 3], &mut ys);
        ys
    };
    let slices = [
        in_place(Function::slice),
        in_place(Function::par_slice),
        out_of_place(Function::into),
        out_of_place(Function::par_into),
    ];
    [&[function.value(x)], slices.as_flattened()].concat()
}

/// grad·f'(x), by every form that takes a gradient.
fn gradients<T: Float + Send + Sync>(function: Function<T>, x: T, grad: T) -> Vec<T> {
    let in_place = |form: fn(Function<T>, &[T], &mut [T])| {
        let mut grads = [grad; 3];
        form(function, &[x; 3], &mut grads);
        grads
    };
    #[allow(clippy::type_complexity, reason = "a form is what it is")]
    let out_of_place = |form: fn(Function<T>, &[T], &[T], &mut [T])| {
        let mut grads = [T::zero(); 3];
        form(function, &[x; 3], &[grad; 3], &mut grads);
        grads
    };
    [
        in_place(Function::backward),
        in_place(Function::par_backward),
        out_of_place(Function::backward_into),
        out_of_place(Function::par_backward_into),
    ]
    .concat()
}

/// f'(x), by every form.
fn derivatives<T: Float + Send + Sync>(function: Function<T>, x: T) -> Vec<T> {
    let mut results = gradients(function, x, one());
    results.push(function.grad(x));
    results
}

/// The functions, with constants of both signs.
fn functions<T: Float>() -> [Function<T>; 4] {
    let number = |x: f64| T::from(x).unwrap();
    let scaled_elu = |alpha, scale| {
        Function::ScaledElu(selu::ScaledElu { alpha: number(alpha), scale: number(scale) })
    };
    [Function::Selu, Function::Elu(number(0.75)), scaled_elu(1.5, 1.0), scaled_elu(-0.5, 1.25)]
}
