"""What can be wrong with a store, and which of it breaks nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runners.printable import printable

ALTERED, CUT_OFF, DUPLICATED, MISSING = "altered", "cut off", "duplicated", "missing"
OTHER_CODE, OTHER_VERSIONS, VERDICT = "made by other code", "made with other versions", "another verdict"
EXCUSED, TWIN, BACKDATED = "excused", "the same numbers under another condition", "dated earlier than git bears out"
OTHER_NUMBERS, REMEASURED = "other numbers when measured again", "measured again"
HARMLESS = {OTHER_VERSIONS, EXCUSED, TWIN, REMEASURED}
"""Findings that are told, but break nothing."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a store, or that its reader has to know."""

    kind: str
    where: str
    what: str

    def __str__(self) -> str:
        return printable(f"{self.where}: {self.kind}: {self.what}")


def breaks(findings: Iterable[Finding]) -> bool:
    """Whether any of them means that the store is not what it says."""
    return any(finding.kind not in HARMLESS for finding in findings)
