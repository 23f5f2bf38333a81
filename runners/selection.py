"""Which claims are meant: names, theories, strands, globs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any


class NothingSelected(Exception):
    """A selector matches no claim."""


def select(claims: Mapping[str, Any], wanted: Sequence[str]) -> list[str]:
    """Names of the claims that any selector matches, in the registry's order; all of them without a selector."""
    if not wanted:
        return list(claims)
    chosen: set[str] = set()
    for selector in wanted:
        matching = {
            name
            for name, claim in claims.items()
            if fnmatchcase(name, selector) or selector in (claim.theory, claim.strand)
        }
        if not matching:
            known = [
                *claims,
                *{claim.theory for claim in claims.values()},
                *{claim.strand for claim in claims.values()},
            ]
            close = get_close_matches(selector, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "`tollens list` shows what there is."
            raise NothingSelected(f"No claim, theory, strand or glob matches {selector!r}; {hint}")
        chosen |= matching
    return [name for name in claims if name in chosen]
