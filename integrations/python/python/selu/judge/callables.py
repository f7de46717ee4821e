"""Functions of NumPy arrays from those of the frameworks, and from names."""

import importlib
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[[Any], Any]

FRAMEWORKS = ("numpy", "torch", "jax", "tensorflow", "onnxruntime")
_ROOTS = {"torch": "torch", "jax": "jax", "jaxlib": "jax", "tensorflow": "tensorflow"}
_ROOTS |= {"keras": "tensorflow"}


def framework_of(function: Function) -> str:
    """The framework whose arrays a callable takes, from the module that defines it or its type."""
    # A function that JAX has compiled still says that it is of its author's module.
    for module in (type(function).__module__, getattr(function, "__module__", None) or ""):
        if found := _ROOTS.get(module.partition(".")[0]):
            return found
    return "numpy"


def adapt(function: Any, framework: str, gradient: bool, device: str | None) -> Function:
    """`function` as one of NumPy arrays. For a gradient, a framework differentiates it."""
    if device is not None and framework != "torch":
        raise ValueError(f"device is {device!r}, but only PyTorch is told where to compute")
    if framework == "numpy":
        unchanged: Function = function
        return unchanged
    if framework == "onnxruntime":
        if gradient:
            raise ValueError("ONNX Runtime has no gradients")
        return _onnxruntime(function)
    if framework == "torch":
        return _torch(function, gradient, device)
    return (_jax if framework == "jax" else _tensorflow)(function, gradient)


def _torch(function: Function, gradient: bool, device: str | None) -> Function:
    import torch

    from selu.torch import as_array, as_tensor

    def call(x: Any) -> Any:
        tensor = as_tensor(x).to(device or "cpu").requires_grad_(gradient)
        with torch.set_grad_enabled(gradient):
            result = function(tensor)
            if gradient:
                (result,) = torch.autograd.grad(result, tensor, torch.ones_like(result))
        return as_array(result.detach().cpu())

    return call


def _jax(function: Function, gradient: bool) -> Function:
    import jax

    def call(x: Any) -> Any:
        # Without this JAX makes float32 of float64.
        with jax.enable_x64(x.dtype == np.float64):
            tensor = jax.numpy.asarray(x)
            if gradient:
                result, pull_back = jax.vjp(function, tensor)
                (result,) = pull_back(jax.numpy.ones_like(result))
            else:
                result = function(tensor)
            return np.array(result)

    return call


def _tensorflow(function: Function, gradient: bool) -> Function:
    import tensorflow

    def call(x: Any) -> Any:
        tensor = tensorflow.constant(x)
        if not gradient:
            return tensorflow.convert_to_tensor(function(tensor)).numpy()
        with tensorflow.GradientTape() as tape:
            tape.watch(tensor)
            result = function(tensor)
        return tape.gradient(result, tensor).numpy()

    return call


def _onnxruntime(model: str) -> Function:
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda x: session.run(None, {name: x})[0]


def named(name: str) -> tuple[Any, str]:
    """The callable or ONNX model of this name, and its framework."""
    if name.endswith(".onnx"):
        if not pathlib.Path(name).is_file():
            raise ValueError(f"there is no file {name}")
        return name, "onnxruntime"
    parts = name.replace(":", ".").split(".")
    for end in range(len(parts) - 1, 0, -1):
        module_name = ".".join(parts[:end])
        try:
            found = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            # Only the module itself may be missing, not what it imports.
            if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
                raise
            continue
        for part in parts[end:]:
            if not hasattr(found, part):
                raise ValueError(f"{module_name} has no {'.'.join(parts[end:])}")
            found = getattr(found, part)
        found = found() if isinstance(found, type) else found
        if not callable(found):
            raise ValueError(f"{name} cannot be called")
        return found, _ROOTS.get(parts[0]) or framework_of(found)
    raise ValueError(f"there is no module {parts[0]} to find {name} in")
