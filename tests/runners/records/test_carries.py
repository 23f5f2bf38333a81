"""Carries come back as they were: values, dtypes, order in memory, and what is one and the same array."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
import torch

from runners.measuring.profiles import profile
from runners.records.carries import Unstorable, about, pack, unpack


class Training(NamedTuple):
    weights: object
    memory: object


def there_and_back(carry):
    return unpack(pack(carry, {}))


@pytest.mark.parametrize(
    "array",
    [
        np.array([1.5, np.nan, np.inf, -0.0]),
        np.arange(6, dtype=np.int8).reshape(2, 3),
        np.zeros((0, 3), np.float32),
        np.array(3.25, np.float16),
        np.float32(0.1),
        np.array([True, False]),
        np.array([1 + 2j]),
        np.array([0.1, 3], ml_dtypes.bfloat16),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    ],
)
def test_arrays_of_numpy(array):
    back = there_and_back(array)
    assert (type(back), back.dtype, back.shape) == (type(array), array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()
    assert back.flags.f_contiguous == array.flags.f_contiguous
    assert back.flags.writeable == isinstance(array, np.ndarray)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_arrays_of_jax_keep_their_dtype_and_whether_it_is_weak(precision):
    with profile(precision):
        weak = jnp.asarray(0.1) * 2
        assert weak.weak_type
        for array in (jnp.linspace(0, 1, 5), jnp.arange(3), weak, jnp.ones((2, 2), jnp.bfloat16), jnp.float32(1)):
            back = there_and_back(array)
            assert isinstance(back, jax.Array)
            assert (back.aval, np.asarray(back).tobytes()) == (array.aval, np.asarray(array).tobytes())


@pytest.mark.parametrize(
    "tensor",
    [
        torch.linspace(0, 1, 5),
        torch.arange(6.0, dtype=torch.float64).reshape(2, 3).T,
        torch.ones(3, dtype=torch.bfloat16),
        torch.tensor([True]),
        torch.tensor(2.5).requires_grad_(),
        torch.zeros(0, 2),
        torch.ones(1).expand(4),
    ],
)
def test_tensors_of_torch(tensor):
    back = there_and_back(tensor)
    assert (back.dtype, back.shape, back.requires_grad) == (tensor.dtype, tensor.shape, tensor.requires_grad)
    assert torch.equal(back, tensor)
    assert back.stride() == tensor.stride() or not all(tensor.stride())


def test_trees_of_them():
    carry = Training([(np.ones(2), 3), {"a": None, 2: "b"}], (0.1, float("inf"), True, ()))
    back = there_and_back(carry)
    assert type(back) is Training
    assert back.memory == carry.memory
    assert back.weights[1] == carry.weights[1]
    np.testing.assert_array_equal(back.weights[0][0], 1)


def test_one_array_in_two_places_is_one_array_again():
    tensor = torch.zeros(2)
    (first, [second], other) = there_and_back((tensor, [tensor], torch.zeros(2)))
    first += 1
    assert second.tolist() == [1, 1]
    assert other.tolist() == [0, 0]


def test_what_is_said_of_a_carry_is_read_without_it():
    assert about(pack(np.ones(3), {"machine": "here"})) == {"machine": "here"}


@pytest.mark.parametrize(
    ("carry", "words"),
    [
        (object(), "object"),
        (np.array([None]), "numbers"),
        ({(1, 2): 3}, "string"),
        (jax.random.key(0), "key_data"),
        (torch.ones(2, requires_grad=True) * 2, "detach"),
        ({1, 2}, "set"),
    ],
)
def test_what_would_come_back_otherwise_is_refused(carry, words):
    with pytest.raises(Unstorable, match=words):
        pack(carry, {})
