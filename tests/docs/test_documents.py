"""Documents keep their word: what they say to type is typed, or says why not."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from runners.commands import COMMANDS, main
from tests.docs.conftest import ROOT, Block, Checkout, blocks, documents

FOLLOWED = [name for name in documents() if any(block.verb == "run" for block in blocks(name))]
SHELL = ("sh", "bash", "shell", "console")


@pytest.mark.slow
@pytest.mark.parametrize("document", FOLLOWED)
def test_a_document_can_be_followed_to_the_letter(document: str, checkout: Checkout):
    checkout.follow(document)
