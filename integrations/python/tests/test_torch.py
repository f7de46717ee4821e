"""The functions for PyTorch's tensors."""

import doctest

import ml_dtypes
import numpy as np
import pytest

import selu
from conftest import assert_same_bits, framework, values

torch = framework("torch")
import selu.torch  # noqa: E402
from selu.torch import as_array, as_tensor  # noqa: E402

pytestmark = pytest.mark.frameworks

FUNCTIONS = {
    "selu": (selu.torch.selu, selu.selu, selu.selu_backward),
    "elu": (
        lambda x: selu.torch.elu(x, 0.75),
        lambda x: selu.elu(x, 0.75),
        lambda x, grad: selu.elu_backward(x, grad, 0.75),
    ),
}
LAYOUTS = {
    "contiguous": lambda x: x,
    "every other": lambda x: x[:, ::2],
    "transposed": lambda x: x.T,
    "expanded": lambda x: x[:1].expand(7, -1),
    "channels last": lambda x: x.reshape(1, 4, 5, 30).to(memory_format=torch.channels_last),
    "one value": lambda x: x[3, 4],
    "empty": lambda x: x[:0],
    "conjugate's imaginary part": lambda x: negative_view(x),
}


def negative_view(x):
    """A tensor whose memory has the opposite signs, where the type has complex numbers."""
    if x.dtype not in (torch.float32, torch.float64):
        return x
    view = torch.complex(x, -x).conj().imag
    assert view.is_neg()
    return view


@pytest.fixture(params=FUNCTIONS)
def functions(request):
    return FUNCTIONS[request.param]


@pytest.fixture(params=LAYOUTS)
def layout(request):
    return LAYOUTS[request.param]


def tensor(dtype, seed=0):
    return as_tensor(values(dtype, 600, seed).reshape(20, 30))


def array(tensor):
    """A copy of a tensor's values, whatever its strides."""
    return as_array(tensor.detach().resolve_neg().contiguous())


def test_values_and_gradients_are_those_of_the_arrays(functions, layout, dtype):
    on_tensor, value, backward = functions
    x = layout(tensor(dtype)).detach().requires_grad_()
    y = on_tensor(x)
    assert (y.dtype, y.shape, y.device) == (x.dtype, x.shape, x.device)
    assert_same_bits(array(y), np.asarray(value(array(x))))
    grad = layout(tensor(dtype, 1)).reshape(x.shape)
    (result,) = torch.autograd.grad(y, x, grad)
    assert result.dtype == x.dtype
    assert_same_bits(array(result), np.asarray(backward(array(x), array(grad))))


def test_nothing_is_copied(dtype):
    x = tensor(dtype)
    assert as_array(x).ctypes.data == x.data_ptr()
    assert as_tensor(as_array(x)).data_ptr() == x.data_ptr()
    before = array(x).copy()
    selu.torch.selu(x)
    assert_same_bits(array(x), before)


def test_memory_formats_stay():
    x = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)
    assert selu.torch.selu(x).is_contiguous(memory_format=torch.channels_last)


def test_gradients_agree_with_differences(functions):
    on_tensor, _, _ = functions
    for x in (torch.randn(7, 5, dtype=torch.float64), torch.linspace(-40, 3, 50).double() + 0.01):
        x.requires_grad_()
        assert torch.autograd.gradcheck(on_tensor, x)
        assert torch.autograd.gradgradcheck(on_tensor, x)
        strided = torch.randn(10, 8, dtype=torch.float64).T[::2].detach().requires_grad_()
        assert torch.autograd.gradcheck(on_tensor, strided)
        assert torch.autograd.gradgradcheck(on_tensor, strided)


def test_the_third_derivative_is_right_too(dtype):
    x = as_tensor(np.array([-2.0, -0.5, 0.0, 0.5], dtype)).requires_grad_()
    derivative = selu.torch.selu(x)
    for _ in range(3):
        (derivative,) = torch.autograd.grad(derivative.sum(), x, create_graph=True)
    # All derivatives are the same function for x < 0, and 0 elsewhere from the second on.
    of_values = array(x)
    expected = np.where(of_values < 0, selu.selu_grad(of_values), dtype.type(0))
    assert_same_bits(array(derivative), expected)


def test_no_gradient_is_computed_where_none_is_wanted():
    x = torch.randn(5)
    assert not selu.torch.selu(x).requires_grad
    weights = torch.randn(5, requires_grad=True)
    selu.torch.selu(x * weights).sum().backward()
    assert_same_bits(
        weights.grad.numpy(), x.numpy() * selu.selu_grad((x * weights).detach().numpy())
    )


def test_a_network_learns():
    torch.manual_seed(0)
    x = torch.linspace(-2, 2, 200)[:, None]
    y = x**2 - 1
    first, second = torch.nn.Linear(1, 32), torch.nn.Linear(32, 1)
    # Not by torch.optim, which loads a compiler that TensorFlow does not bear beside itself.
    parameters = [*first.parameters(), *second.parameters()]
    losses = []
    for _ in range(200):
        loss = torch.mean((second(selu.torch.selu(first(x))) - y) ** 2)
        with torch.no_grad():
            for p, grad in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
                p -= 0.05 * grad
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


def test_alpha_is_one_by_default():
    x = tensor(np.dtype(np.float32))
    assert_same_bits(array(selu.torch.elu(x)), selu.elu(array(x)))


def test_the_examples_of_the_documentation_run():
    results = doctest.testmod(selu.torch)
    assert results.attempted > 0 and results.failed == 0


def test_what_is_no_tensor_of_these_types_is_refused():
    for function in (selu.torch.selu, selu.torch.elu):
        with pytest.raises(TypeError, match="takes a tensor, not ndarray"):
            function(np.ones(3))
        with pytest.raises(TypeError, match=r"a tensor of torch.float16, .*, not torch.int64"):
            function(torch.ones(3, dtype=torch.int64))
        with pytest.raises(ValueError, match=r"on the CPU, not torch.strided on meta"):
            function(torch.ones(3, device="meta"))
        with pytest.raises(ValueError, match=r"on the CPU, not torch.sparse_coo on cpu"):
            function(torch.ones(3).to_sparse())


def test_the_judge_acquits_it():
    for name in ("selu", "selu_grad"):
        report = selu.judge(selu.torch.selu, ml_dtypes.bfloat16, name, framework="torch")
        assert report.is_correctly_rounded
    for name in ("elu", "elu_grad"):
        report = selu.judge(
            lambda x: selu.torch.elu(x, 0.3),
            "float32",
            name,
            alpha=0.3,
            framework="torch",
            step=9973,
        )
        assert report.is_correctly_rounded
