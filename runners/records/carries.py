"""What a computation carries from part to part, as bytes and back, bit for bit and without pickle.

A carry is arrays of numpy, JAX and torch and plain scalars in tuples, named tuples, lists and mappings. What decides
the bits of what is computed from it comes back, too: dtypes, JAX's weak types, the order of an array in memory, and
which places hold one and the same array.
"""

from __future__ import annotations

import io
import json
import math
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

PLAIN = (type(None), bool, int, float, str)


class Unstorable(TypeError):
    """Something in a carry that cannot be brought back as it is."""


def pack(carry: Any, about: Mapping[str, Any]) -> bytes:
    """The carry as an .npz file, with what is said about it."""
    packer = _Packer()
    tree = packer.node(carry)
    document = json.dumps({"about": dict(about), "tree": tree, "arrays": packer.described})
    buffer = io.BytesIO()
    np.savez(buffer, document=np.frombuffer(document.encode(), np.uint8), **packer.bytes)  # type: ignore[arg-type]
    return buffer.getvalue()


def about(content: bytes) -> dict[str, Any]:
    """What is said about a packed carry; raises whatever damage makes of it."""
    return _document(_parts(content))["about"]


def unpack(content: bytes) -> Any:
    """The carry; raises whatever damage makes of it."""
    parts = _parts(content)
    document = _document(parts)
    arrays = [_restored(it, parts[f"array{number}"].tobytes()) for number, it in enumerate(document["arrays"])]
    return _value(document["tree"], arrays)


class _Packer:
    def __init__(self) -> None:
        self.described: list[dict[str, Any]] = []
        self.bytes: dict[str, np.ndarray] = {}
        self._numbers: dict[int, int] = {}
        self._kept: list[Any] = []  # an identity is one's own as long as the object lives

    def node(self, value: Any) -> Any:
        if type(value) in PLAIN:
            return {"plain": value}
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            kind = type(value)
            return {"named": [kind.__module__, kind.__qualname__], "inside": [self.node(it) for it in value]}
        if type(value) in (tuple, list):
            return {type(value).__name__: [self.node(it) for it in value]}
        if type(value) is dict:
            if odd := next((key for key in value if type(key) not in PLAIN), None):
                raise Unstorable(f"a carry has the key {odd!r}; use a string")
            return {"dict": [[key, self.node(it)] for key, it in value.items()]}
        return {"array": self._number(value)}

    def _number(self, array: Any) -> int:
        if id(array) not in self._numbers:
            described, content = _described(array)
            self._numbers[id(array)] = number = len(self.described)
            self._kept.append(array)
            self.described.append(described)
            self.bytes[f"array{number}"] = np.frombuffer(content, np.uint8)
        return self._numbers[id(array)]


def _described(array: Any) -> tuple[dict[str, Any], bytes]:
    """What an array is, and its bytes."""
    jax, torch = sys.modules.get("jax"), sys.modules.get("torch")
    if isinstance(array, np.generic | np.ndarray):
        if array.dtype.hasobject:
            raise Unstorable(f"a carry has an array of {array.dtype}; use numbers")
        order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        kind = "numpy" if isinstance(array, np.ndarray) else "scalar"
        return {"of": kind, **_shaped(array), "order": order}, array.tobytes(order)  # type: ignore[arg-type]
    if jax and isinstance(array, jax.Array):
        if jax.dtypes.issubdtype(array.dtype, jax.dtypes.extended):
            raise Unstorable(f"a carry has an array of {array.dtype}; carry jax.random.key_data of it")
        if array.weak_type and array.ndim:
            raise Unstorable(f"a carry has an array {array.shape} of JAX without a dtype of its own; give it one")
        return {"of": "jax", **_shaped(array), "weak": bool(array.weak_type)}, np.asarray(array).tobytes()
    if torch and isinstance(array, torch.Tensor):
        if array.grad_fn is not None:
            raise Unstorable(f"a carry has a tensor {tuple(array.shape)} that is part of a graph; detach it")
        described = {
            "of": "torch",
            "dtype": str(array.dtype).removeprefix("torch."),
            "shape": list(array.shape),
            "strides": list(array.stride() if all(array.stride()) else array.contiguous().stride()),
            "device": str(array.device),
            "requires_grad": array.requires_grad,
        }
        plain = array.detach().cpu().contiguous().reshape(-1)
        return described, plain.view(torch.uint8).numpy().tobytes() if plain.numel() else b""
    names = "arrays of numpy, JAX or torch, scalars, tuples, lists and mappings"
    raise Unstorable(f"a carry has a {type(array).__name__}; it may have {names}")


def _shaped(array: Any) -> dict[str, Any]:
    return {"dtype": array.dtype.name, "shape": list(array.shape)}


def _restored(described: Mapping[str, Any], content: bytes) -> Any:
    shape, name = described["shape"], described["dtype"]
    if described["of"] == "torch":
        import torch

        dtype = getattr(torch, name)
        flat = torch.frombuffer(bytearray(content), dtype=dtype) if content else torch.empty(0, dtype=dtype)
        tensor = torch.empty_strided(shape, described["strides"], dtype=dtype, device=described["device"])
        return tensor.copy_(flat.reshape(shape)).requires_grad_(described["requires_grad"])
    dtype = np.dtype(name)
    if len(content) != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{len(content)} bytes are no array {tuple(shape)} of {name}")
    array = np.frombuffer(content, dtype).reshape(shape, order=described.get("order", "C")).copy(order="K")
    if described["of"] == "scalar":
        return array[()]
    if described["of"] == "jax":
        import jax.numpy as jnp

        return jnp.asarray(array.item()) if described["weak"] else jnp.asarray(array)
    return array


def _value(node: Mapping[str, Any], arrays: list[Any]) -> Any:
    ((kind, inside),) = ((key, value) for key, value in node.items() if key != "inside")
    if kind == "plain":
        return inside
    if kind == "array":
        return arrays[inside]
    if kind == "dict":
        return {key: _value(it, arrays) for key, it in inside}
    if kind == "named":
        module, name = inside
        named: Any = sys.modules[module]  # nothing is imported for a carry's sake: the experiment is here
        for part in name.split("."):
            named = getattr(named, part)
        if not (isinstance(named, type) and issubclass(named, tuple) and hasattr(named, "_fields")):
            raise ValueError(f"{module}.{name} is no named tuple")
        return named(*(_value(it, arrays) for it in node["inside"]))
    return {"tuple": tuple, "list": list}[kind](_value(it, arrays) for it in inside)


def _parts(content: bytes) -> Mapping[str, np.ndarray]:
    return np.load(io.BytesIO(content), allow_pickle=False)


def _document(parts: Mapping[str, np.ndarray]) -> dict[str, Any]:
    return json.loads(parts["document"].tobytes())
