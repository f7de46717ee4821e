"""SELU and ELU, correctly rounded, for NumPy arrays; and a judge for other implementations.

>>> import numpy as np, selu
>>> selu.selu(np.float32([-1e-8]))
array([-1.7580993e-08], dtype=float32)

``selu``, ``selu_grad`` and ``selu_backward`` are NumPy ufuncs. ``elu``, ``elu_grad``,
``elu_backward`` and ``scaled_elu`` take numbers besides arrays, which they cast to the type of the
arrays before they call the ufunc of their name in ``selu.ufuncs``. The types are float16, float32,
float64 and, with ml_dtypes, bfloat16.

``selu.judge`` measures how far any implementation is from the exact values, and ``selu.torch`` has
the functions for PyTorch's tensors.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from selu import ufuncs
from selu.ufuncs import __version__, selu, selu_backward, selu_grad

__all__ = [
    "__version__",
    "elu",
    "elu_backward",
    "elu_grad",
    "judge",
    "scaled_elu",
    "selu",
    "selu_backward",
    "selu_grad",
    "ufuncs",
]


def _dtype(array: Any) -> np.dtype[Any]:
    dtype = getattr(array, "dtype", None)
    return dtype if isinstance(dtype, np.dtype) else np.asarray(array).dtype


def _number(value: ArrayLike, options: dict[str, Any], x: Any, *grad: Any) -> np.ndarray[Any, Any]:
    """A parameter in the type in which NumPy computes `x` and `grad`."""
    dtype = options.get("dtype")
    if dtype is None:
        # Python's numbers take the type of the array beside them.
        others = [type(g) if type(g) in (int, float) else _dtype(g) for g in grad]
        ufunc = selu_backward if grad else selu
        dtype = ufunc.resolve_dtypes((_dtype(x), *others, None))[0]
    return np.asarray(value, dtype)


def elu(x: Any, /, alpha: ArrayLike = 1.0, out: Any = None, **options: Any) -> Any:
    """The exponential linear unit, correctly rounded.

    elu(x) = x                      for x > 0
    elu(x) = alpha * (exp(x) - 1)   for x < 0

    Parameters
    ----------
    x : array_like
        Numbers of type float16, float32, float64 or, if ml_dtypes is installed, bfloat16. Integers
        are promoted as in numpy.exp.
    alpha : array_like, default 1.0
        Any number, or an array that is broadcast against x (slower); it is cast to x's type.
    out, where, dtype, ...
        As in any NumPy ufunc; `ufuncs.elu` is the one that is called.

    Returns
    -------
    ndarray or scalar
        An array of x's shape and type. Every value is the number of its type that is nearest to the
        exact one. NaN gives NaN, both zeros themselves, +inf gives +inf, and -inf -alpha. No
        floating-point warning is given.

    Raises
    ------
    TypeError
        If x cannot be cast to one of the types safely (complex numbers, strings, longdouble).
    ValueError
        If alpha is no number, or the shapes cannot be broadcast.

    Examples
    --------
    >>> elu(np.float32([-1e-8]), alpha=0.5)
    array([-5.e-09], dtype=float32)
    """
    return ufuncs.elu(x, _number(alpha, options, x), out, **options)


def elu_grad(x: Any, /, alpha: ArrayLike = 1.0, out: Any = None, **options: Any) -> Any:
    """The derivative of elu at the input x, correctly rounded.

    elu'(x) = 1                  for x >= 0
    elu'(x) = alpha * exp(x)     for x < 0

    Parameters, types and errors are those of elu. At both zeros it is the derivative from the
    right, 1. NaN gives NaN, +inf gives 1, and -inf a zero of alpha's sign.

    Examples
    --------
    >>> elu_grad(np.array([-1.0, 0.0]), alpha=0.5)
    array([0.18393972, 1.        ])
    """
    return ufuncs.elu_grad(x, _number(alpha, options, x), out, **options)


def elu_backward(
    x: Any, grad: Any, /, alpha: ArrayLike = 1.0, out: Any = None, **options: Any
) -> Any:
    """grad * elu'(x), rounded once: back-propagation through elu.

    Parameters
    ----------
    x : array_like
        The input of elu, not its output.
    grad : array_like
        The gradient with respect to elu(x). x and grad are broadcast to one shape and promoted to
        one type; the types are those of elu.
    alpha : array_like, default 1.0
        As in elu; it is cast to the type of the result.
    out, where, dtype, ...
        As in any NumPy ufunc; `ufuncs.elu_backward` is the one that is called.

    Returns
    -------
    ndarray or scalar
        The gradient with respect to x, as for elu_grad: the number nearest to the exact product.

    Raises
    ------
    TypeError
        If x or grad cannot be cast to one of the types safely.
    ValueError
        If alpha is no number, or the shapes cannot be broadcast.

    Examples
    --------
    >>> elu_backward(np.array([-1.0, 1.0]), 2.0)
    array([0.73575888, 2.        ])
    """
    return ufuncs.elu_backward(x, grad, _number(alpha, options, x, grad), out, **options)


def scaled_elu(
    x: Any, /, alpha: ArrayLike, scale: ArrayLike, out: Any = None, **options: Any
) -> Any:
    """scale * elu(x, alpha), rounded once: SELU with other constants.

    scaled_elu(x) = scale * x                        for x > 0
    scaled_elu(x) = scale * alpha * (exp(x) - 1)     for x < 0

    Parameters, types and errors are those of elu, but neither alpha nor scale has a default. Their
    product is not rounded. ONNX's Selu calls scale gamma.

    Examples
    --------
    >>> scaled_elu(np.array([-1.0, 1.0]), alpha=0.5, scale=2.0)
    array([-0.63212056,  2.        ])
    """
    parameters = _number(alpha, options, x), _number(scale, options, x)
    return ufuncs.scaled_elu(x, *parameters, out, **options)


# Last: the judge needs the functions.
from selu.judge import judge  # noqa: E402
