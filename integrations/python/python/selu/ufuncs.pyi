"""The functions as NumPy ufuncs: without defaults, and promoted as NumPy does it."""

import numpy as np

__version__: str
_HARD_CASES: dict[str, str]
selu: np.ufunc
selu_grad: np.ufunc
selu_backward: np.ufunc
elu: np.ufunc
elu_grad: np.ufunc
elu_backward: np.ufunc
scaled_elu: np.ufunc
