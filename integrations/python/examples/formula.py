"""SELU as most people write it with NumPy: what the judge says of it is in the README."""

import numpy as np

ALPHA = 1.6732632423543772848170429916717
SCALE = 1.0507009873554804934193349852946


def selu(x):
    return np.where(x > 0, SCALE * x, SCALE * ALPHA * (np.exp(x) - 1))


def selu_with_expm1(x):
    return np.where(x > 0, SCALE * x, SCALE * ALPHA * np.expm1(x))
