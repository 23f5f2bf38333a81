"""The Atom feed: an entry a published run, and one a verdict that flipped. RFC 4287."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from leaderboard.history import Passage
from runners.reporting.editions import edition_of
from runners.reporting.run_model import Run

MOST = 50
"""Entries, the latest ones."""
ATOM = "http://www.w3.org/2005/Atom"


def feed(runs: Sequence[Run], walk: Sequence[Passage], site: str) -> str:
    """Text of the feed. Where the site's address is unknown its links are relative, as Atom allows."""
    ElementTree.register_namespace("", ATOM)
    root = ElementTree.Element(f"{{{ATOM}}}feed")
    came_from = {edition_of(passage.after): passage for passage in walk}
    _text(root, "title", "Tollens: what theories of deep learning predict, put to the test")
    _text(root, "id", _urn("feed"))
    _text(root, "updated", max(run.created for run in runs))
    author = ElementTree.SubElement(root, f"{{{ATOM}}}author")
    _text(author, "name", "Tollens")
    _link(root, f"{site}feed.xml", "self")
    _link(root, f"{site}index.html", "alternate")
    entries = []
    for run in runs:
        passage = came_from.get(edition_of(run))
        told = ", ".join(f"{count} {word}" for word, count in passage.counts.items() if count) if passage else "first"
        entries.append((run.created, f"{run.tier} tier, {run.created[:10]}: {told}", _published(run, passage),
                        "history.html", edition_of(run)))  # fmt: skip
        for change in passage.flips if passage else ():
            title = f"{change.claim}: {change.was} → {change.now}"
            said = f"Changed with it: {', '.join(change.with_it) or 'nothing that is recorded'}."
            if change.reach:
                said = f"Reach {change.reach}. {said}"
            entries.append((run.created, title, said, f"claims/{change.claim}.html", f"{edition_of(run)} {title}"))
    for created, title, said, page, name in sorted(entries, reverse=True)[:MOST]:
        entry = ElementTree.SubElement(root, f"{{{ATOM}}}entry")
        _text(entry, "title", title)
        _text(entry, "id", _urn(name))
        _text(entry, "updated", created)
        _link(entry, f"{site}{page}", "alternate")
        _text(entry, "summary", said)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _published(run: Run, passage: Passage | None) -> str:
    words = [claim.verdict for claim in run.claims.values() if claim.counts]
    told = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    around = f" Changed around them: {', '.join(passage.surroundings)}." if passage and passage.surroundings else ""
    return f"{len(run.claims)} claims; of those that count {told}. Tollens {run.version}, epoch {run.epoch}.{around}"


def _urn(name: str) -> str:
    """An identifier that stays the same wherever the site lies."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'tollens {name}')}"


def _text(parent: ElementTree.Element, tag: str, text: str) -> None:
    ElementTree.SubElement(parent, f"{{{ATOM}}}{tag}").text = text


def _link(parent: ElementTree.Element, address: str, kind: str) -> None:
    ElementTree.SubElement(parent, f"{{{ATOM}}}link", {"rel": kind, "href": address})
