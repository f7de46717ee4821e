"""The floating-point formats, and their numbers in order."""

from typing import Any

import numpy as np

# Digits of the significand, the hidden one included, and the exponent of the smallest number.
_FORMATS = {
    "float16": (11, -24),
    "bfloat16": (8, -133),
    "float32": (24, -149),
    "float64": (53, -1074),
}


class Format:
    """One of the four types: its NumPy type, that of its bits, and the measures of its numbers."""

    def __init__(self, dtype: Any) -> None:
        if dtype == "bfloat16":
            try:
                import ml_dtypes
            except ImportError as error:
                raise ImportError("bfloat16 needs the package ml_dtypes") from error
            dtype = ml_dtypes.bfloat16
        self.dtype: np.dtype[Any] = np.dtype(dtype).newbyteorder("=")
        self.name = self.dtype.name
        if self.name not in _FORMATS:
            raise ValueError(f"dtype is {self.name}, not one of {', '.join(_FORMATS)}")
        self.precision, self.smallest_exponent = _FORMATS[self.name]
        self.bits: np.dtype[Any] = np.dtype(f"u{self.dtype.itemsize}")
        self.patterns: int = 1 << (8 * self.dtype.itemsize)
        self.sign: int = self.patterns >> 1
        # NumPy's own classification of bfloat16 is slow; bits serve all types alike.
        self.infinity = self.pattern(np.inf)
        self.smallest_normal = 2.0 ** (self.smallest_exponent + self.precision - 1)
        self.largest = float(self.of([self.infinity - 1])[0])

    def of(self, patterns: Any) -> Any:
        """The numbers with these bits."""
        return np.asarray(patterns, self.bits).view(self.dtype)

    def pattern(self, number: float) -> int:
        """The bits of a number, rounded to the format."""
        with np.errstate(over="ignore"):
            return int(np.array([number], self.dtype).view(self.bits)[0])

    def is_nan(self, numbers: Any) -> Any:
        magnitudes = numbers.view(self.bits) & self.bits.type(self.sign - 1)
        return magnitudes > self.bits.type(self.infinity)

    def ulp(self, exact: Any, inputs: Any) -> Any:
        """The distance of the format's numbers at `exact`, results for `inputs` rounded to f64.

        Where that is a power of two for x < 0, the exact value is a little smaller: it is
        alpha * x, alpha or -alpha but for what is less than half a place of f64.
        """
        significand, exponent = np.frexp(exact)
        exponent -= (np.abs(significand) == 0.5) & (inputs < 0)
        exponent = np.where(exact == 0, self.smallest_exponent, exponent - self.precision)
        return np.ldexp(1.0, np.maximum(exponent, self.smallest_exponent))

    def text(self, number: float) -> str:
        """A number as the shortest decimal that tells it from its neighbours."""
        kind = np.float32 if self.name == "bfloat16" else self.dtype.type
        return str(kind(number)).replace("inf", "∞").replace("-", "−")
