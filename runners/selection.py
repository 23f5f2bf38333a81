"""Which claims are meant: names, globs, phenomena, theories, strands, words, or what the last verdict asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

from runners.registry.loaded import LoadedRegistry
from runners.registry.tiers import TIERS

DECIDED = {"supported", "refuted", "partly", "vacuous"}
PUBLISHED = Path(__file__).parents[1] / "leaderboard" / "published"


class NothingSelected(Exception):
    """A selector matches no claim; the message says which, and what there is."""


@dataclass(frozen=True)
class Verdicts:
    """The verdicts of the last run on a store, and those that were published."""

    store: str
    published: Path = PUBLISHED

    @cached_property
    def last(self) -> Mapping[str, str]:
        """By claim, of the last run only."""
        return self._summary["verdicts"]

    @cached_property
    def former(self) -> Mapping[str, str]:
        """By claim, of the published report of the same tier."""
        tier = self._summary["arguments"]["tier"]
        report = self.published / f"{tier}.json"
        if not report.exists():
            raise NothingSelected(f"flipped: no report of the {tier} tier is published, with which to compare")
        from runners.reporting.published import read_report

        return {claim.id: claim.verdict for claim in read_report(report).claims}

    @cached_property
    def _summary(self) -> Mapping[str, Any]:
        import fsspec

        files, root = fsspec.core.url_to_fs(self.store)
        try:
            summary = json.loads(files.cat_file(f"{root}/summary.json"))
            sound = isinstance(summary["verdicts"], dict) and summary["arguments"]["tier"] in TIERS
        except FileNotFoundError:
            raise NothingSelected(f"no run has left its verdicts in {self.store}; run something first") from None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            sound = False
        if not sound:
            raise NothingSelected(f"summary.json of {self.store} cannot be read; run something to write it anew")
        return summary


def select(registry: LoadedRegistry, wanted: Sequence[str], verdicts: Verdicts) -> list[str]:
    """Names of the claims that any selector matches, in the registry's order; all of them without a selector.

    A selector is a claim, a glob of claims, a phenomenon, a theory or a strand (`theory:` and `strand:` before it say
    which), `failed` (in the last run an error, vacuous, or otherwise than expected), `flipped` (decided in the last
    run, otherwise than in the published report) or `headline` (laws that authors hold, with a domain). Where it is none
    of these, it is the beginning of names (`eos` for `eos-*`), or else words that a claim's name, phenomenon, theory,
    statement and source all contain, in any order.
    """
    if not wanted:
        return list(registry.claims)
    chosen: set[str] = set()
    for selector in wanted:
        matching = _matching(registry, selector, verdicts)
        if not matching:
            raise NothingSelected(_hint(registry, selector))
        chosen |= matching
    return [name for name in registry.claims if name in chosen]


def set_aside(registry: LoadedRegistry, wanted: Sequence[str]) -> list[str]:
    """Claims that are set aside, but are meant by their name or a glob, or because everything is."""
    names = [str(entry[1]) for entry in registry.aside if entry[0] == "claims"]
    return [name for name in names if not wanted or any(fnmatchcase(name, selector) for selector in wanted)]


def _matching(registry: LoadedRegistry, selector: str, verdicts: Verdicts) -> set[str]:
    claims = registry.claims
    if selector in claims:
        return {selector}
    if selector == "failed":
        return {name for name in claims if name in verdicts.last and _failed(claims[name], verdicts.last[name])}
    if selector == "flipped":
        both = [name for name in claims if {verdicts.last.get(name), verdicts.former.get(name)} <= DECIDED]
        return {name for name in both if verdicts.last[name] != verdicts.former[name]}
    if selector == "headline":
        laws = ((name, claim) for name, claim in registry.falsifiable.items() if claim.domain is not None)
        return {name for name, claim in laws if (claim.kind, claim.held_by) == ("law", "authors")}
    prefix, colon, value = selector.partition(":")
    matches: dict[str, Callable[[str], bool]] = {
        "theory": lambda name: claims[name].theory == value,
        "strand": lambda name: claims[name].strand == value,
    }
    if colon and prefix in matches:
        return set(filter(matches[prefix], claims))
    named = {
        name
        for name, claim in claims.items()
        if fnmatchcase(name, selector) or selector in (claim.theory, claim.strand, _phenomenon(registry, name))
    }
    return named or {name for name in claims if name.startswith(f"{selector}-")} or _said(registry, selector)


def _phenomenon(registry: LoadedRegistry, name: str) -> str:
    room = registry.room(name)
    return room.name if room else ""


def _said(registry: LoadedRegistry, selector: str) -> set[str]:
    """Claims that say all words of a selector: `edge of stability`, `Saxe 2014`; a capital letter is no matter.

    What is written as a name is, with a hyphen or as a glob, stands for no words: a name misspelt selects nothing.
    """
    wanted = _words(selector) if re.fullmatch(r"[\w ]+", selector) else set()
    return {
        name
        for name, claim in registry.claims.items()
        if wanted
        and wanted
        <= _words(" ".join((name, _phenomenon(registry, name), claim.theory, claim.statement, claim.source.cite)))
    }


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text.casefold()))


def _failed(claim: Any, verdict: str) -> bool:
    expected = getattr(claim, "expect", "open")
    accepted = (verdict,) if verdict == "vacuous" else ("open", verdict)
    return verdict == "error" or (verdict in DECIDED and expected not in accepted)


def _hint(registry: LoadedRegistry, selector: str) -> str:
    if selector in ("failed", "flipped"):
        return f"No claim {selector} in the last run."
    aside = set_aside(registry, [selector])
    if aside:
        mistakes = [str(mistake) for name in aside for mistake in registry.aside["claims", name]]
        return "\n".join([f"{selector} cannot be run as it stands:", *mistakes])
    claims = registry.claims.values()
    known = [
        *registry.claims,
        *(room.name for room in registry.rooms),
        *{claim.theory for claim in claims},
        *{claim.strand for claim in claims},
    ]
    close = get_close_matches(selector.rpartition(":")[2], known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else "`tollens list` shows what there is."
    return f"No claim, phenomenon, theory, strand or glob matches {selector!r}; {hint}"
