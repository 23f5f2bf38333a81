"""The board as plain tables: Markdown for a README, CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence

from leaderboard.contests import contest
from leaderboard.history import passages
from leaderboard.marks import PLAIN_SYMBOLS, VERDICTS
from leaderboard.quantities import finite, interval_text, number_text, range_text, region_text
from leaderboard.summaries import caught
from runners.reporting.report_model import ClaimReport, Report
from runners.reporting.run_model import Run
from runners.reporting.standing_apart import nested

REACHES = ("wide", "narrow", "open")

COLUMNS = (
    "id", "kind", "strand", "theory", "held_by", "reading", "statement", "verdict", "expect", "reason", "by",
    "region_low", "region_high", "conditions", "agree", "disagree",
    "worst_condition", "worst_predicted", "worst_measured", "worst_agreement",
    "worst_low", "worst_high", "predicted_low", "predicted_high", "measured_low", "measured_high", "reach",
    "agrees_to_within", "share_in_region", "would_catch", "bits", "bits_risked", "rank", "contestants", "trials",
    "seconds", "arxiv", "seal", "sealed", "resealed", "tier", "version", "commit", "lock",
)  # fmt: skip

CONDITION_COLUMNS = (
    "status", "predicted", "measured", "truth", "agreement", "interval_low", "interval_high", "trials",
    "share_in_region",
)  # fmt: skip


def markdown_table(report: Report) -> str:
    """Laws and bounds, a row each; predicted and measured in the observable's units, the interval in the region's."""
    rows = [
        "| Claim | Predicted | Measured | Agreement [interval] | Region | Verdict | Bits |",
        "|---|---|---|---|---|---|---|",
    ]
    for claim in nested([it for it in report.falsifiable if it.kind != "theorem"]):
        verdict = f"{PLAIN_SYMBOLS.get(claim.verdict, '')} {claim.verdict}".strip()
        cells = [
            ("↳ " if claim.corollary_of else "") + cell(claim.statement),
            range_text(c.predicted for c in claim.conditions),
            range_text(c.measured for c in claim.conditions),
            agreement_text(claim),
            region_text(claim.region),
            f"**{verdict}**" if claim.verdict in PLAIN_SYMBOLS else verdict,
            number_text(claim.bits),
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def phenomena_table(report: Report, phenomena: Sequence[tuple[str, str, Sequence[str]]]) -> str:
    """The phenomena, a row each: package, sentence and names of its claims, with what the report says of these."""
    said = {claim.id: claim for claim in report.claims}
    rows = ["| Phenomenon | What happens there | Claims | Verdicts |", "|---|---|---|---|"]
    for package, sentence, names in phenomena:
        claims = [said[name] for name in names if name in said]
        words = Counter(claim.verdict for claim in claims if not isinstance(claim, ClaimReport) or claim.counts)
        counts = [f"{words[word]} {PLAIN_SYMBOLS.get(word, word)}" for word in VERDICTS if words[word]]
        apart = sum(isinstance(claim, ClaimReport) and not claim.counts for claim in claims)
        counts += [f"{apart} not counted"] if apart else []
        counts += [f"{len(names) - len(claims)} not measured"] if len(claims) < len(names) else []
        reach = Counter(it.reach.word for it in claims if isinstance(it, ClaimReport) and it.reach)
        told = [", ".join(counts), ", ".join(f"{reach[word]} {word}" for word in REACHES if reach[word])]
        name = cell(package.rpartition(".")[2].replace("_", " "))
        cells = [
            f"[{name}]({package.replace('.', '/')}/)",
            cell(sentence),
            str(len(names)),
            "; ".join(filter(None, told)),
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def changes_table(runs: Sequence[Run]) -> str:
    """CHANGES: what became of claims from each published run to the next of its tier, latest first."""
    lines = [
        "# CHANGES",
        "",
        "| Run | Tier | Claim | What became of it | Was | Is | Changed with it |",
        "|---|---|---|---|---|---|---|",
    ]
    for passage in passages(runs):
        for change in passage.told:
            cells = [
                passage.after.created[:10],
                passage.after.tier,
                change.claim,
                (f"**{change.kind.word}**" if change.kind.grave else change.kind.word)
                + (f", reach {change.reach}" if change.reach else ""),
                change.was or "–",
                change.now or "–",
                cell(", ".join(change.with_it) or "–"),
            ]
            lines.append("| " + " | ".join(cells) + " |")
        counts = ", ".join(f"{count} {word}" for word, count in passage.counts.items() if count)
        lines.append(f"| {passage.after.created[:10]} | {passage.after.tier} | all | {counts} | | | |")
    return "\n".join(lines) + "\n"


def agreement_text(claim: ClaimReport) -> str:
    """`1.02 [0.99, 1.04]`: the only condition, or the worst of several, which is then said."""
    if (condition := claim.hardest) is None:
        return "–"
    text = f"{number_text(condition.agreement)} {interval_text(condition.interval)}"
    return text if len(claim.judged) == 1 else f"{text}, worst of {len(claim.judged)}"


def csv_table(report: Report) -> str:
    """Every claim, a row each; numbers as the report has them."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for claim in report.claims:
        row = {**dict(report), **dict(claim), "arxiv": claim.source.arxiv}
        if isinstance(claim, ClaimReport):
            statuses, ranking = [c.status for c in claim.conditions], contest(claim)
            row |= {
                "by": claim.agreement.by,
                "region_low": claim.agreement.within[0],
                "region_high": claim.agreement.within[1],
                "conditions": len(statuses),
                "agree": statuses.count("agrees"),
                "disagree": statuses.count("disagrees"),
                "would_catch": caught(claim),
                "rank": next((it.rank for it in ranking if it.own), None),
                "contestants": len(ranking) or None,
                "trials": claim.cost.trials,
                "seconds": claim.cost.seconds,
                "reach": claim.reach.word if claim.reach else None,
            }
            if worst := claim.hardest:
                low, high = worst.interval
                row |= {"worst_agreement": worst.agreement, "worst_low": low, "worst_high": high}
                row |= {
                    "worst_condition": worst.label,
                    "worst_predicted": worst.predicted,
                    "worst_measured": worst.measured,
                }
            for name in ("predicted", "measured"):
                if values := finite(getattr(c, name) for c in claim.judged):
                    row |= {f"{name}_low": min(values), f"{name}_high": max(values)}
        writer.writerow(row)
    return out.getvalue()


def conditions_csv(claim: ClaimReport) -> str:
    """One claim, a row each of its conditions, judged, shown and of controls: setting, predicted, measured, verdict."""
    roles = [("judged", c) for c in claim.conditions] + [("shown", c) for c in claim.shown]
    roles += [(f"control, must {it.must}", c) for it in claim.controls for c in it.conditions]
    axes = list(dict.fromkeys(name for _, c in roles for name in c.condition))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["role", *axes, *CONDITION_COLUMNS])
    for role, c in roles:
        low, high = c.interval or (None, None)
        said = (c.status, c.predicted, c.measured, c.truth, c.agreement, low, high, c.trials, c.share_in_region)
        writer.writerow([role, *(c.condition.get(name) for name in axes), *said])
    return out.getvalue()


def cell(text: str) -> str:
    """One line of Markdown that starts no column, tag, link or emphasis of its own."""
    line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for character in "\\|`*_[]$":
        line = line.replace(character, "\\" + character)
    return line
