"""A pickle may build arrays and tables, and name nothing else."""

from __future__ import annotations

import io
import os
import pickle
import subprocess

import numpy as np
import pandas as pd
import pytest

from predictions.data.unpickling import Refused, read_pickle


class Reduced:
    """An object whose pickle calls a function when it is read."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def read(content: bytes):
    return read_pickle(io.BytesIO(content))


@pytest.mark.parametrize("protocol", range(3, pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_and_tables_come_back(protocol):
    def frame(columns, index):
        return pd.DataFrame(columns, index=index).set_axis(pd.Index(list(columns), dtype=object), axis=1)

    table = frame({"size": [1.0, 2.0], "name": pd.Series(["a", "b"], dtype=object, index=[3, 4])}, [3, 4])
    nested = frame({"inside": [table["size"], {"slope": np.float64(0.5), "at": np.arange(3)}]}, range(2))
    back = read(pickle.dumps([table, nested, np.ones((2, 3), dtype="<f4")], protocol=protocol))
    pd.testing.assert_frame_equal(back[0], table)
    pd.testing.assert_series_equal(back[1]["inside"][0], table["size"])
    assert back[1]["inside"][1]["slope"] == 0.5
    np.testing.assert_array_equal(back[2], np.ones((2, 3), dtype="<f4"))


def test_both_names_of_numpy_s_inside_are_read():
    content = pickle.dumps(np.arange(4), protocol=3)
    for name in (b"numpy.core.multiarray", b"numpy._core.multiarray"):
        old = content.replace(b"numpy._core.multiarray", name)
        np.testing.assert_array_equal(read(old), np.arange(4))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "attack",
    [
        Reduced(os.system, "touch pwned"),
        Reduced(eval, "open('pwned', 'w')"),
        Reduced(exec, "open('pwned', 'w')"),
        Reduced(open, "pwned", "w"),
        Reduced(getattr, 1, "real"),
        Reduced(subprocess.call, ["touch", "pwned"]),
        Reduced(np.save, "pwned.npy", 1),
        Reduced(np.load, "pwned.npy"),
        Reduced(pd.read_pickle, "pwned"),
        Reduced(np.ctypeslib.load_library, "c", "/"),
    ],
)
def test_nothing_else_is_called(attack, protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refused, match=r"the pickle asks for .*nothing of it is used"):
        read(pickle.dumps(attack, protocol=protocol))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "hidden",
    [
        lambda attack: [np.arange(3), {"deep": [attack]}],
        lambda attack: np.array([1, attack], dtype=object),
        lambda attack: pd.DataFrame({"column": [1.0, attack]}),
        lambda attack: pd.Series([attack], index=["x"]),
        lambda attack: Reduced(np.dtype, attack),
        lambda attack: Reduced(pd.DataFrame, attack),
        lambda attack: Reduced(slice, 0, Reduced(slice, attack)),
    ],
)
def test_nor_deep_inside_what_is_admitted(hidden, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refused):
        read(pickle.dumps(hidden(Reduced(os.system, "touch pwned"))))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"cos\nsystem\n(S'touch pwned'\ntR.",  # protocol 0, by hand
        b"(S'touch pwned'\nios\nsystem\n.",  # the opcode INST
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x0btouch pwned\x85R.",  # STACK_GLOBAL, by the inner module
        b"\x80\x04\x8c\x11pandas.core.frame\x8c\x13DataFrame.to_pickle\x93.",  # an attribute of what is admitted
        b"\x80\x04\x8c\x17pandas.core.frame.numpy\x8c\x04load\x93.",
        b"\x80\x04\x8c\x08builtins\x8c\x0eslice.__base__\x93.",
        b"cnumpy\ndtype\n(cbuiltins\nslice\ntR.",  # a data type of something else than its name
        b"\x80\x02cnumpy.core\nmultiarray\n.",
    ],
)
def test_nor_by_other_ways_of_naming(content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refused):
        read(content)
    assert list(tmp_path.iterdir()) == []


def test_an_extension_s_number_or_an_unknown_protocol_is_no_way_in():
    with pytest.raises(ValueError, match="unregistered extension code"):
        read(b"\x80\x02\x82\x01.")
    with pytest.raises(ValueError, match="unsupported pickle protocol: 9"):
        read(b"\x80\x09N.")
    with pytest.raises(pickle.UnpicklingError, match="persistent"):
        read(b"\x80\x02N\x51.")
