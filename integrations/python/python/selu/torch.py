"""SELU and ELU for PyTorch's tensors on the CPU, correctly rounded, with derivatives of any order.

>>> import torch, selu.torch
>>> x = torch.tensor([-1e-8, 1.0], requires_grad=True)
>>> selu.torch.selu(x).sum().backward()
>>> x.grad
tensor([1.7581, 1.0507])

The tensors are float16, bfloat16 (with ml_dtypes), float32 or float64, of any shape and strides.
None is copied, except a lazy negation such as the imaginary part of a conjugate. A gradient is that
at the input, and at 0 the one from the right; the second derivative at 0 is 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

import selu as _selu

__all__ = ["elu", "selu"]

_TYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def as_array(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    """The memory of a CPU tensor without history as a NumPy array."""
    if tensor.dtype != torch.bfloat16:
        return tensor.numpy()
    import ml_dtypes

    return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)


def as_tensor(array: np.ndarray[Any, Any]) -> torch.Tensor:
    """The memory of a NumPy array as a CPU tensor."""
    if array.dtype.name != "bfloat16":
        return torch.from_numpy(array)
    return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)


def _call(function: Any, *arguments: Any) -> torch.Tensor:
    """A function of NumPy arrays on tensors and numbers, into a new tensor."""
    tensors = [a.detach() for a in arguments if isinstance(a, torch.Tensor)]
    result = torch.empty_like(tensors[0])
    arrays = [as_array(a.resolve_neg()) for a in tensors]
    function(*arrays, *arguments[len(arrays) :], out=as_array(result))
    return result


class _Value(torch.autograd.Function):
    """selu(x), or elu(x, alpha)."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, *alpha: float) -> torch.Tensor:
        ctx.save_for_backward(x)
        ctx.alpha = alpha
        return _call(_selu.elu if alpha else _selu.selu, x, *alpha)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> Any:
        (x,) = ctx.saved_tensors
        return _Slope.apply(x, grad, *ctx.alpha), *(None for _ in ctx.alpha)


class _Slope(torch.autograd.Function):
    """grad·selu'(x), or grad·elu'(x)."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, grad: torch.Tensor, *alpha: float) -> torch.Tensor:
        ctx.save_for_backward(x, grad)
        ctx.alpha = alpha
        return _call(_selu.elu_backward if alpha else _selu.selu_backward, x, grad, *alpha)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> Any:
        x, first = ctx.saved_tensors
        # The derivative of selu' is selu' itself for x < 0, and 0 elsewhere.
        of_x = torch.where(x < 0, _Slope.apply(x, grad * first, *ctx.alpha), 0)
        return of_x, _Slope.apply(x, grad, *ctx.alpha), *(None for _ in ctx.alpha)


def _checked(name: str, x: torch.Tensor) -> torch.Tensor:
    if not isinstance(x, torch.Tensor):
        raise TypeError(f"{name} takes a tensor, not {type(x).__name__}")
    if x.device.type != "cpu" or x.layout != torch.strided:
        raise ValueError(f"{name} takes a dense tensor on the CPU, not {x.layout} on {x.device}")
    if x.dtype not in _TYPES:
        allowed = ", ".join(str(dtype) for dtype in _TYPES)
        raise TypeError(f"{name} takes a tensor of {allowed}, not {x.dtype}")
    return x


def selu(x: torch.Tensor) -> torch.Tensor:
    """SELU of a CPU tensor of any shape and strides, correctly rounded: see `selu.selu`.

    Raises TypeError for other types than float16, bfloat16, float32 and float64, and ValueError for
    a tensor that is sparse or on another device.
    """
    return _Value.apply(_checked("selu", x))


def elu(x: torch.Tensor, alpha: float = 1.0) -> torch.Tensor:
    """ELU of a CPU tensor, correctly rounded: see `selu.elu`, and `selu` for the errors.

    alpha is a number, which is rounded to the type of x; nothing is differentiated by it.
    """
    return _Value.apply(_checked("elu", x), float(alpha))
