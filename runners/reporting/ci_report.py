"""What continuous integration shows of a report: JUnit, a summary in Markdown, annotations at the registry's lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal
from xml.etree import ElementTree

from runners.records.standing import caveat
from runners.registry.document import Position
from runners.registry.mistakes import Mistake
from runners.reporting.terminal import figure, span, widest

Claim = Mapping[str, Any]
Fate = Literal["passed", "failed", "error", "skipped"]
Place = Callable[[str], Position]
"""Where a claim is written."""
Aside = Mapping[str, Sequence[Mistake]]
"""Claims that are unfinished or whose modules are broken, with what is wrong with each."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def fate(claim: Claim) -> tuple[Fate, str]:
    """What a test of this claim would have come to, and why in a sentence.

    A verdict against what is expected fails. What is undecided, unavailable, not run or unfalsifiable is skipped.
    """
    verdict, reason = claim["verdict"], claim["reason"]
    if verdict == "error":
        return "error", reason
    if claim.get("contradicts_expectation"):
        return "failed", f"{verdict}, expected {claim['expect']}: {reason}"
    if verdict in ("supported", "refuted", "partly"):
        return "passed", f"{verdict}: {reason}"
    return "skipped", f"{verdict}: {reason}"


def properties(claim: Claim) -> dict[str, str]:
    """The numbers behind a verdict: of the condition with which it stands or falls, those of the claim as a whole."""
    found = {name: claim.get(name) for name in ("verdict", "expect", "theory", "strand", "reason")}
    found["standing"] = caveat(claim) or claim.get("status")
    cell = widest(claim.get("conditions", []))
    if cell is not None:
        by = "share" if claim["agreement"]["share"] else claim["agreement"]["by"]
        found |= {
            "condition": cell["label"],
            "predicted": figure(cell["predicted"]),
            "measured": figure(cell["measured"]),
            "agreement": f"{by} {figure(cell['agreement'])}",
            "interval": span(cell["interval"]),
            "region": span(cell["region"]),
        }
    if claim.get("cost"):
        found |= {"bits": figure(claim["bits"]), "trials": claim["cost"]["trials"]}
    return {name: str(value) for name, value in found.items() if value not in (None, "")}


def explanation(claim: Claim) -> str:
    """The verdict with the numbers of every condition and control, a line each."""
    lines = [f"{claim['statement']}", fate(claim)[1]]
    lines += [f"  {_line(cell)}" for cell in claim.get("conditions", [])]
    for control in claim.get("controls", []):
        lines += [f"  must {control['must']}: {_line(cell)}" for cell in control["conditions"]]
    return "\n".join(lines)


def junit(report: Mapping[str, Any], place: Place, aside: Aside = MappingProxyType({})) -> str:
    """The report as JUnit's XML: a test case a claim, with its numbers as properties and its line in the registry."""
    fates = Counter([*(fate(claim)[0] for claim in report["claims"]), *("error" for _ in aside)])
    cases = [_case(claim, place(claim["id"])) for claim in report["claims"]]
    cases += [_unfinished(name, place(name), mistakes) for name, mistakes in aside.items()]
    suite = ElementTree.Element(
        "testsuite",
        name=f"tollens {report['tier']}",
        tests=str(len(cases)),
        failures=str(fates["failed"]),
        errors=str(fates["error"]),
        skipped=str(fates["skipped"]),
        time=f"{sum(float(case.get('time', 0)) for case in cases):.3f}",
        timestamp=report["created"],
    )
    suite.extend(cases)
    suites = ElementTree.Element("testsuites", name="tollens")
    suites.append(suite)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _case(claim: Claim, at: Position) -> ElementTree.Element:
    seconds = claim["cost"]["seconds"] if claim.get("cost") else 0
    case = ElementTree.Element(
        "testcase", classname=claim["theory"], name=claim["id"], file=at.file, line=str(at.line), time=f"{seconds:.3f}"
    )
    inside = ElementTree.SubElement(case, "properties")
    for name, value in properties(claim).items():
        ElementTree.SubElement(inside, "property", name=name, value=_NOT_XML.sub("?", value))
    came_to, why = fate(claim)
    if came_to != "passed":
        kind = {"failed": "failure", "error": "error", "skipped": "skipped"}[came_to]
        element = ElementTree.SubElement(case, kind, message=_NOT_XML.sub("?", why), type=claim["verdict"])
        element.text = _NOT_XML.sub("?", explanation(claim))
    return case


def _unfinished(name: str, at: Position, mistakes: Sequence[Mistake]) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname="set aside", name=name, file=at.file, line=str(at.line))
    told = "\n".join(map(str, mistakes))
    ElementTree.SubElement(case, "error", message=_NOT_XML.sub("?", str(mistakes[0])), type="set aside").text = told
    return case


def workflow_commands(report: Mapping[str, Any], place: Place, aside: Aside = MappingProxyType({})) -> Iterator[str]:
    """GitHub's workflow commands: an error where a verdict contradicts or crashes, a warning where none was reached."""
    levels = {"failed": "error", "error": "error", "skipped": "warning"}
    for claim in report["claims"]:
        came_to, why = fate(claim)
        if came_to == "passed" or claim["verdict"] == "unfalsifiable":
            continue
        at = place(claim["id"])
        where = f"file={_property(at.file)},line={at.line},title={_property(claim['id'])}"
        yield f"::{levels[came_to]} {where}::{_escaped(why)}"
    for name, mistakes in aside.items():
        for it in mistakes:
            where = f"file={_property(it.file)},line={it.line},col={it.column},title={_property(name)}"
            yield f"::error {where}::{_escaped(str(it))}"


def step_summary(report: Mapping[str, Any], table: str) -> str:
    """Markdown for a step's page: counts, what contradicts or crashed, then the table of the board."""
    counts = ", ".join(f"{number} {word}" for word, number in report["counts"].items()) or "nothing judged"
    wrong = [
        f"- **{claim['id']}**: {_one_line(fate(claim)[1])}"
        for claim in report["claims"]
        if fate(claim)[0] in ("failed", "error")
    ]
    told = ["### Against what was expected", "", *wrong, ""] if wrong else []
    return "\n".join([f"## Tollens, {report['tier']} tier", "", f"{counts}.", "", *told, table, ""])


def _line(cell: Mapping[str, Any]) -> str:
    numbers = [f"predicted {figure(cell['predicted'])}"] if cell["predicted"] is not None else []
    numbers += [f"measured {figure(cell['measured'])}"] if cell["measured"] is not None else []
    numbers += [f"{span(cell['interval'])} against {span(cell['region'])}"] if cell["interval"] else []
    return f"{cell['label']}: {', '.join([*numbers, cell['status']])}"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;")


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
