"""What came out otherwise than anybody wrote beforehand, and what nobody had written: from the report alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runners.reporting.report_model import ClaimReport

DECIDED = ("supported", "refuted", "partly", "vacuous")


def surprises_context(claims: Sequence[ClaimReport]) -> dict[str, Any]:
    """Claims against their expectation; laws that a draw out of their own domain broke; answers to open questions.

    A claim stands once: where it surprises most.
    """
    counted = [claim for claim in claims if claim.counts and claim.judged]
    against = [claim for claim in counted if claim.contradicts_expectation]
    broken = [claim for claim in counted if claim not in against and _breaks(claim)]
    rest = [claim for claim in counted if claim not in against and claim not in broken]
    return {
        "against": against,
        "broken": broken,
        "answered": [claim for claim in rest if claim.expect == "open" and claim.verdict in DECIDED],
    }


def _breaks(claim: ClaimReport) -> bool:
    """Whether its hand-written settings hold and its domain does not, or a confirmed setting of a challenge."""
    narrow = claim.reach is not None and claim.reach.word == "narrow" and claim.expect_reach != "narrow"
    return bool(claim.counterexamples) or (claim.verdict == "supported" and narrow)
