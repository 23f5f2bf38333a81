"""What continuous integration shows of a report: JUnit, a summary in Markdown, annotations at the registry's lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal
from xml.etree import ElementTree

from runners.registry.document import Position
from runners.registry.mistakes import Mistake
from runners.reporting.condition_model import ConditionReport
from runners.reporting.report_model import ClaimReport, Report, UnfalsifiableReport
from runners.reporting.standing_apart import standing_of
from runners.reporting.terminal import figure, span

Claim = ClaimReport | UnfalsifiableReport
Fate = Literal["passed", "failed", "error", "skipped"]
Place = Callable[[str], Position]
"""Where a claim is written."""
Aside = Mapping[str, Sequence[Mistake]]
"""Claims that are unfinished or whose modules are broken, with what is wrong with each."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def fate(claim: Claim) -> tuple[Fate, str]:
    """What a test of this claim would have come to, and why in a sentence.

    A verdict against what is expected fails. What is undecided, unavailable, not run, not judged or unfalsifiable is
    skipped.
    """
    if claim.verdict == "error":
        return "error", claim.reason
    if isinstance(claim, ClaimReport) and claim.contradicts_expectation:
        return "failed", f"{claim.verdict}, expected {claim.expect}: {claim.reason}"
    decided = claim.verdict in ("supported", "refuted", "partly")
    return "passed" if decided else "skipped", f"{claim.verdict}: {claim.reason}"


def properties(claim: Claim) -> dict[str, str]:
    """The numbers behind a verdict: of the condition with which it stands or falls, those of the claim as a whole."""
    found: dict[str, object] = {name: getattr(claim, name) for name in ("verdict", "theory", "strand", "reason")}
    if isinstance(claim, ClaimReport):
        found |= {"expect": claim.expect, "standing": claim.caveat or claim.status}
        if (cell := claim.hardest) is not None:
            found |= {
                "condition": cell.label,
                "predicted": figure(cell.predicted),
                "measured": figure(cell.measured),
                "agreement": f"{claim.region.by} {figure(cell.agreement)}",
                "interval": span(cell.interval),
                "region": span(cell.region),
            }
        found |= {"bits": figure(claim.bits), "trials": claim.cost.trials}
    return {name: str(value) for name, value in found.items() if value not in (None, "")}


def explanation(claim: Claim) -> str:
    """The verdict with the numbers of every condition and control, a line each."""
    lines = [claim.statement, fate(claim)[1]]
    if isinstance(claim, ClaimReport):
        lines += [f"  {_line(cell)}" for cell in claim.conditions]
        lines += [f"  must {it.must}: {_line(cell)}" for it in claim.controls for cell in it.conditions]
    return "\n".join(lines)


def junit(report: Report, place: Place, aside: Aside = MappingProxyType({})) -> str:
    """The report as JUnit's XML: a test case a claim, with its numbers as properties and its line in the registry."""
    fates = Counter([*(fate(claim)[0] for claim in report.claims), *("error" for _ in aside)])
    cases = [_case(claim, place(claim.id)) for claim in report.claims]
    cases += [_unfinished(name, place(name), mistakes) for name, mistakes in aside.items()]
    suite = ElementTree.Element(
        "testsuite",
        name=f"tollens {report.tier}",
        tests=str(len(cases)),
        failures=str(fates["failed"]),
        errors=str(fates["error"]),
        skipped=str(fates["skipped"]),
        time=f"{sum(float(case.get('time', 0)) for case in cases):.3f}",
        timestamp=report.created,
    )
    suite.extend(cases)
    suites = ElementTree.Element("testsuites", name="tollens")
    suites.append(suite)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _case(claim: Claim, at: Position) -> ElementTree.Element:
    seconds = claim.cost.seconds if isinstance(claim, ClaimReport) else 0
    case = ElementTree.Element(
        "testcase", classname=claim.theory, name=claim.id, file=at.file, line=str(at.line), time=f"{seconds:.3f}"
    )
    inside = ElementTree.SubElement(case, "properties")
    for name, value in properties(claim).items():
        ElementTree.SubElement(inside, "property", name=name, value=_NOT_XML.sub("?", value))
    came_to, why = fate(claim)
    if came_to != "passed":
        kind = {"failed": "failure", "error": "error", "skipped": "skipped"}[came_to]
        element = ElementTree.SubElement(case, kind, message=_NOT_XML.sub("?", why), type=claim.verdict)
        element.text = _NOT_XML.sub("?", explanation(claim))
    return case


def _unfinished(name: str, at: Position, mistakes: Sequence[Mistake]) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname="set aside", name=name, file=at.file, line=str(at.line))
    told = "\n".join(map(str, mistakes))
    ElementTree.SubElement(case, "error", message=_NOT_XML.sub("?", str(mistakes[0])), type="set aside").text = told
    return case


def workflow_commands(report: Report, place: Place, aside: Aside = MappingProxyType({})) -> Iterator[str]:
    """GitHub's workflow commands: an error where a verdict contradicts or crashes, a warning where none was reached."""
    levels = {"failed": "error", "error": "error", "skipped": "warning"}
    for claim in report.claims:
        came_to, why = fate(claim)
        if came_to == "passed" or claim.verdict == "unfalsifiable":
            continue
        at = place(claim.id)
        where = f"file={_property(at.file)},line={at.line},title={_property(claim.id)}"
        yield f"::{levels[came_to]} {where}::{_escaped(why)}"
    for name, mistakes in aside.items():
        for it in mistakes:
            where = f"file={_property(it.file)},line={it.line},col={it.column},title={_property(name)}"
            yield f"::error {where}::{_escaped(str(it))}"


def step_summary(report: Report, table: str) -> str:
    """Markdown for a step's page: counts, what contradicts or crashed, then the table of the board."""
    counts = ", ".join(f"{number} {word}" for word, number in report.counts.items()) or "nothing judged"
    fates = [(claim.id, *fate(claim)) for claim in report.claims]
    wrong = [f"- **{name}**: {_one_line(why)}" for name, came_to, why in fates if came_to in ("failed", "error")]
    told = ["### Against what was expected", "", *wrong, ""] if wrong else []
    return "\n".join([f"## Tollens, {report.tier} tier", "", f"{counts}. {standing_of(report)}.", "", *told, table, ""])


def _line(cell: ConditionReport) -> str:
    numbers = [f"predicted {figure(cell.predicted)}"] if cell.predicted is not None else []
    numbers += [f"measured {figure(cell.measured)}"] if cell.measured is not None else []
    numbers += [f"{span(cell.interval)} against {span(cell.region)}"] if cell.interval else []
    return f"{cell.label}: {', '.join([*numbers, cell.status])}"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;")


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
