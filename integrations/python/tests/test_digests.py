"""The results are those of the crate: its committed digests, computed anew through NumPy.

The digest is described in `tests/reference/digest.rs` of the crate.
"""

import pathlib

import ml_dtypes
import numpy as np
import pytest

import selu

DATA = pathlib.Path(__file__).resolve().parents[3] / "tests/data"
COMMITTED = (DATA / "digests.txt").read_text().splitlines()
BLOCK = 1 << 16
LANES = 32
# Every 64th block of float32 is in the sample.
SAMPLE = 64


def take_in(digest, following):
    product = (digest ^ following) * 0x9E37_79B9_7F4A_7C15 % (1 << 64)
    return product ^ product >> 32


def digest(results):
    """The digest of blocks, one in each row, of results in float32."""
    bits = np.where(np.isnan(results), np.uint32(0x7FC0_0000), results.view(np.uint32))
    lanes = np.zeros((len(bits), LANES), np.uint32)
    for taken in np.moveaxis(bits.reshape(len(bits), -1, LANES), 1, 0):
        product = (lanes ^ taken) * np.uint32(0x9E37_79B9)
        lanes = product ^ product >> np.uint32(15)
    for block in lanes.tolist():
        of_block = 0
        for lane in block:
            of_block = take_in(of_block, lane)
        yield of_block


def line(name, blocks):
    whole = 0
    for of_block in blocks:
        whole = take_in(whole, of_block)
    return f"{name} {whole:016x}"


FUNCTIONS = pytest.mark.parametrize("name", ["selu", "selu_grad"])


@FUNCTIONS
@pytest.mark.parametrize("label, dtype", [("f16", np.float16), ("bf16", ml_dtypes.bfloat16)])
def test_every_16_bit_value_has_the_committed_digest(name, label, dtype):
    x = np.arange(BLOCK, dtype=np.uint16).view(dtype)
    results = getattr(selu, name)(x).astype(np.float32)
    assert line(f"{name}-{label}", digest(results.reshape(1, -1))) in COMMITTED


@FUNCTIONS
def test_a_sample_of_float32_has_the_committed_digest(name):
    def blocks():
        for first in range(0, BLOCK, 16 * SAMPLE):
            numbers = np.arange(first, first + 16 * SAMPLE, SAMPLE, dtype=np.uint32)
            patterns = numbers[:, None] * np.uint32(BLOCK) + np.arange(BLOCK, dtype=np.uint32)
            yield from digest(getattr(selu, name)(patterns.view(np.float32)))

    assert line(f"{name}-f32-sample", blocks()) in COMMITTED


def test_one_wrong_bit_changes_a_digest():
    x = np.ones((1, BLOCK), np.float32)
    y = x.copy()
    y[0, 12345] = np.nextafter(np.float32(1), np.float32(2))
    assert line("", digest(x)) != line("", digest(y))
