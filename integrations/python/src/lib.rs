//! The extension module `selu.ufuncs`: the crate's functions as NumPy ufuncs.
//!
//! What a function computes is here. How it gets at the memory of arrays is in [`ufunc`], the only
//! file with unsafe code. The Python package around the module is in `python/selu`.

mod ufunc;

use pyo3::prelude::*;
use pyo3::types::IntoPyDict;
use reference::ScaledElu;
use reference::num_traits::Float;
use std::ffi::CStr;
use ufunc::Function;

/// Values whose gradient is computed in one go: few enough to stay in the first-level cache.
const PIECE: usize = 1024;

/// selu'(x) is selu'(x)·1, rounded once.
fn of_ones<T: Float>(x: &[T], out: &mut [T], backward: impl Fn(&[T], &mut [T])) {
    for (x, out) in x.chunks(PIECE).zip(out.chunks_mut(PIECE)) {
        out.fill(T::one());
        backward(x, out);
    }
}

struct Selu;

impl Function<1, 0> for Selu {
    const NAME: &'static CStr = c"selu";
    const DOC: &'static CStr = c"The scaled exponential linear unit, correctly rounded.

    selu(x) = scale * x                        for x > 0
    selu(x) = scale * alpha * (exp(x) - 1)     for x < 0

with scale = 1.05070098735548... and alpha = 1.67326324235437...

Parameters
----------
x : array_like
    Numbers of type float16, float32, float64 or, if ml_dtypes is installed, bfloat16. Integers are
    promoted as in numpy.exp.
out, where, dtype, ...
    As in any NumPy ufunc.

Returns
-------
ndarray or scalar
    An array of x's shape and type. Every value is the number of its type that is nearest to the
    exact one. NaN gives NaN, both zeros themselves, +inf gives +inf, and -inf -scale*alpha. No
    floating-point warning is given.

Raises
------
TypeError
    If x cannot be cast to one of the types safely (complex numbers, strings, longdouble).

Examples
--------
>>> selu(np.float32([-1e-8]))
array([-1.7580993e-08], dtype=float32)
";

    fn compute<T: Float>([x]: [&[T]; 1], []: [T; 0], out: &mut [T]) {
        reference::selu_into(x, out);
    }
}

struct SeluGrad;

impl Function<1, 0> for SeluGrad {
    const NAME: &'static CStr = c"selu_grad";
    const DOC: &'static CStr = c"The derivative of selu at the input x, correctly rounded.

    selu'(x) = scale                     for x >= 0
    selu'(x) = scale * alpha * exp(x)    for x < 0

At both zeros it is the derivative from the right, scale. (PyTorch and JAX take the one from the
left, scale * alpha.)

Parameters
----------
x : array_like
    The input of selu, not its output; the types are those of selu.
out, where, dtype, ...
    As in any NumPy ufunc.

Returns
-------
ndarray or scalar
    An array of x's shape and type. NaN gives NaN, +inf gives scale, and -inf +0.

Raises
------
TypeError
    If x cannot be cast to one of the types safely.

Examples
--------
>>> selu_grad(np.array([-1.0, 0.0, 1.0]))
array([0.6467686 , 1.05070099, 1.05070099])
";

    fn compute<T: Float>([x]: [&[T]; 1], []: [T; 0], out: &mut [T]) {
        of_ones(x, out, reference::selu_backward);
    }
}

struct SeluBackward;

impl Function<2, 0> for SeluBackward {
    const NAME: &'static CStr = c"selu_backward";
    const DOC: &'static CStr = c"grad * selu'(x), rounded once: back-propagation through selu.

Parameters
----------
x : array_like
    The input of selu, not its output.
grad : array_like
    The gradient with respect to selu(x). x and grad are broadcast to one shape and promoted to one
    type; the types are those of selu.
out, where, dtype, ...
    As in any NumPy ufunc.

Returns
-------
ndarray or scalar
    The gradient with respect to x, as for selu_grad: the number nearest to the exact product.

Raises
------
TypeError
    If an argument cannot be cast to one of the types safely.
ValueError
    If the shapes cannot be broadcast.

Examples
--------
>>> selu_backward(np.array([-1.0, 1.0]), 2.0)
array([1.29353721, 2.10140197])
";

    fn compute<T: Float>([x, grad]: [&[T]; 2], []: [T; 0], out: &mut [T]) {
        reference::selu_backward_into(x, grad, out);
    }
}

struct Elu;

impl Function<1, 1> for Elu {
    const NAME: &'static CStr = c"elu";
    const DOC: &'static CStr = c"elu(x, alpha), promoted as NumPy does it; see selu.elu.";

    fn compute<T: Float>([x]: [&[T]; 1], [alpha]: [T; 1], out: &mut [T]) {
        reference::elu_into(x, out, alpha);
    }
}

struct EluGrad;

impl Function<1, 1> for EluGrad {
    const NAME: &'static CStr = c"elu_grad";
    const DOC: &'static CStr = c"elu_grad(x, alpha), promoted as NumPy does it; see selu.elu_grad.";

    fn compute<T: Float>([x]: [&[T]; 1], [alpha]: [T; 1], out: &mut [T]) {
        of_ones(x, out, |x, out| reference::elu_backward(x, out, alpha));
    }
}

struct EluBackward;

impl Function<2, 1> for EluBackward {
    const NAME: &'static CStr = c"elu_backward";
    const DOC: &'static CStr =
        c"elu_backward(x, grad, alpha), promoted as NumPy does it; see selu.elu_backward.";

    fn compute<T: Float>([x, grad]: [&[T]; 2], [alpha]: [T; 1], out: &mut [T]) {
        reference::elu_backward_into(x, grad, out, alpha);
    }
}

struct Scaled;

impl Function<1, 2> for Scaled {
    const NAME: &'static CStr = c"scaled_elu";
    const DOC: &'static CStr =
        c"scaled_elu(x, alpha, scale), promoted as NumPy does it; see selu.scaled_elu.";

    fn compute<T: Float>([x]: [&[T]; 1], [alpha, scale]: [T; 2], out: &mut [T]) {
        ScaledElu { alpha, scale }.apply_into(x, out);
    }
}

/// Arguments in float64 whose results are the hardest to round, for the judge: their bits.
const HARD_CASES: [(&str, &str); 2] = [
    ("selu", include_str!("../../../tests/data/f64-hard-selu.txt")),
    ("selu_grad", include_str!("../../../tests/data/f64-hard-grad.txt")),
];

/// The functions as NumPy ufuncs: without defaults, and promoted as NumPy does it.
#[pymodule]
fn ufuncs(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let bfloat16 = ufunc::bfloat16(module.py())?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("_HARD_CASES", HARD_CASES.into_py_dict(module.py())?)?;
    ufunc::add::<Selu, 1, 0>(module, bfloat16)?;
    ufunc::add::<SeluGrad, 1, 0>(module, bfloat16)?;
    ufunc::add::<SeluBackward, 2, 0>(module, bfloat16)?;
    ufunc::add::<Elu, 1, 1>(module, bfloat16)?;
    ufunc::add::<EluGrad, 1, 1>(module, bfloat16)?;
    ufunc::add::<EluBackward, 2, 1>(module, bfloat16)?;
    ufunc::add::<Scaled, 1, 2>(module, bfloat16)
}
