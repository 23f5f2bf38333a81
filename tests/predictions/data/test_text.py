"""Texts: what is read, how it is encoded, what counts as a word."""

from __future__ import annotations

import ast
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from predictions.data import fetching
from predictions.data.text import encoded, fingerprint, standard_library_text, text, tiny_shakespeare, words
from predictions.data.unavailable import Unavailable


def test_the_standard_library_holds_its_modules_sources_once():
    written = standard_library_text()
    assert written.count(Path(ast.__file__).read_text(encoding="utf-8")) == 1
    assert Path(np.__file__).read_text(encoding="utf-8") not in written  # of another author, installed beside it
    assert len(written) > 1_000_000


def test_encoding_can_be_undone_and_uses_the_alphabet_in_order():
    written = "to be, or not\nto bé 𝛼"
    indices, alphabet = encoded(written)
    assert "".join(alphabet[index] for index in indices) == written
    assert list(alphabet) == sorted(set(written))


def test_words_are_letters_and_apostrophes_in_lower_case():
    assert words("O, what's HERE? 2 old_names") == ["o", "what's", "here", "old", "names"]


def test_fingerprint_is_the_start_of_the_sha256():
    assert f"{int(fingerprint('abc')):012x}" == sha256(b"abc").hexdigest()[:12] == "ba7816bf8f01"
    assert float(np.float64(fingerprint("abc"))) == 0xBA7816BF8F01


def test_tiny_shakespeare_is_the_recorded_file():
    try:
        written = tiny_shakespeare()
    except Unavailable as absent:
        pytest.skip(str(absent))
    assert len(written) == 1_115_394
    assert written.startswith("First Citizen:")
    assert sha256(written.encode()).hexdigest() == fetching.catalogue()["tiny-shakespeare"].sha256


def test_an_unknown_text_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match="standard-library, tiny-shakespeare"):
        text("bible")
