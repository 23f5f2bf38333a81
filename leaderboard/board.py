"""The board: a static site of one report and of the runs before it. No server, no network; equal input, equal bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from leaderboard import strips, summaries
from leaderboard.badges import badge_svg, theory_badge_svg
from leaderboard.calibration import calibration_context
from leaderboard.claim_page import claim_context
from leaderboard.example_claim import REGION, followed, outcomes
from leaderboard.export import (
    cited,
    discrepancy_file,
    edition,
    errors_file,
    figure_file,
    panels_file,
    reach_file,
    readings_file,
)
from leaderboard.feed import feed
from leaderboard.figure_data import draws_csv, errors_csv, panels_csv, readings_csv
from leaderboard.front import counted, front_context
from leaderboard.history import Passage, flips_context, measured_anew, passages, sparkline
from leaderboard.marks import symbol_styles
from leaderboard.mathematics import refuse_unprintable
from leaderboard.overview import overview, standalone
from leaderboard.phenomena import about, phenomena, phenomenon_context
from leaderboard.rely import calculators, rely_context
from leaderboard.review_figures import figures_context
from leaderboard.sources import ROOT, lines, modules_of
from leaderboard.surprises import surprises_context
from leaderboard.table import conditions_csv, csv_table
from leaderboard.templating import HERE, NAME, environment, slug, with_table_roles
from predictions.data.fetching import public_runs
from runners.reporting.editions import edition_of
from runners.reporting.history import in_short, with_run
from runners.reporting.report_model import ClaimReport, Report
from runners.reporting.run_model import Run
from runners.rule.looks import ALPHA


@dataclass
class Board:
    """What all pages are made from."""

    report: Report
    runs: Sequence[Run]
    calibration: Mapping[str, Any] | None
    editions: Collection[str] = ()
    """Names of the runs whose whole report is kept, so that their board can be built again."""
    site: str = ""
    """Address under which it will be found, with a slash at its end: pictures of a link need one."""
    code: str = ""
    """Address of the code's repository: commits are linked below it."""
    walk: list[Passage] = field(init=False)
    templates: Environment = field(init=False)

    def __post_init__(self) -> None:
        self.walk = passages(self.runs)
        self.templates = environment(
            {
                "report": self.report,
                "calibrated": self.calibration is not None,
                "site": self.site,
                "editions": self.editions,
                "edition_of": edition_of,
                "commit": self.commit,
                "spark": lambda name: sparkline(self.runs, name, self.report.tier),
            }
        )

    def commit(self, name: str, digits: int = 12) -> Markup:
        """A commit in short, linked where the code has an address."""
        short = Markup("<code>{}</code>").format(name[:digits])
        address = f"{self.code}/commit/{name}"
        return Markup('<a href="{}">{}</a>').format(address, short) if self.code else short

    def page(self, template: str, root: str = "", **context: Any) -> str:
        text = self.templates.get_template(f"{template}.html.j2").render(root=root, **context)
        return text if template == "index" else with_table_roles(text)  # the front page's script does it, to stay small


def build(
    report: Report,
    out: Path,
    *,
    calibration: Mapping[str, Any] | None = None,
    history: Sequence[Run] = (),
    editions: Collection[str] = (),
    site: str = "",
    code: str = "",
) -> list[Path]:
    """Write the site into a folder; the paths of its files. What is already as it should be is left untouched.

    `history` are the runs published before, in short; the report's own is added. `editions` names those that are kept
    whole. With a calibration, the document of
    `tollens calibrate`, there is a page on how often the rule errs. `site` is the address where it will be found, and
    `code` that of the repository; either may be unknown. ValueError for a report that no page may show.
    """
    for claim in report.claims:
        if not NAME.fullmatch(claim.id):
            raise ValueError(f"{claim.id!r} cannot name a page: a claim's id is lower case words joined by hyphens")
    for name, address in (("site", site), ("code", code)):
        if address and not address.startswith(("https://", "http://")):
            raise ValueError(f"{name}: {address!r} is no web address; begin it with https://")
    refuse_unprintable(report)
    slashed = f"{site.rstrip('/')}/" if site else ""
    board = Board(report, with_run(history, in_short(report)), calibration, editions, slashed, code.rstrip("/"))
    written = [_write(out / name, text) for name, text in _files(board)]
    written.append(_write(out / "board.js", (HERE / "assets" / "board.js").read_text(encoding="utf-8")))
    written.append(_write(out / "rely.js", calculators()))
    style = (HERE / "assets" / "style.css").read_text(encoding="utf-8")
    written.append(_write(out / "style.css", style + symbol_styles()))
    if (ROOT / "CITATION.cff").is_file():
        written.append(_write(out / "CITATION.cff", (ROOT / "CITATION.cff").read_text(encoding="utf-8")))
    return written


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = text.encode("utf-8")
    if not path.is_file() or path.read_bytes() != new:
        path.write_bytes(new)
    return path


def _files(board: Board) -> Iterator[tuple[str, str]]:
    """Every page and data file: (name, text)."""
    claims = board.report.claims
    front = front_context(board.report, board.runs)
    picture = overview(board.report)
    yield "index.html", board.page("index", overview=picture, outcomes=outcomes(), outcomes_region=REGION, **front)
    yield "overview.svg", standalone(picture)
    yield "theories.html", board.page("theories", theories=front["theories"])
    yield "contests.html", board.page("contests", contests=front["contests"])
    yield "verdicts.html", board.page("verdicts", **verdicts_context(board.report.falsifiable))
    ids = {c.id for c in claims}
    anew = {edition_of(run): measured_anew(board.runs, run) for run in board.runs}
    yield "history.html", board.page("history", runs=board.runs, passages=board.walk, ids=ids, anew=anew)
    yield "flips.html", board.page("flips", **flips_context(board.runs, board.walk), ids=ids)
    yield "feed.xml", feed(board.runs, board.walk, board.site)
    yield "disputes.html", board.page("disputes", **{key: front[key] for key in ("decided", "wrong", "alpha")})
    yield "glossary.html", board.page("glossary", alpha=ALPHA)
    yield "figures.html", board.page("figures", **figures_context(board.report.falsifiable))
    yield "surprises.html", board.page("surprises", **surprises_context(board.report.falsifiable))
    yield "rely.html", board.page("rely", **rely_context(board.report.falsifiable))
    yield "data.html", board.page("data", sample=[c for c in claims if c.kind == "law"][:4], runs=public_runs())
    if board.calibration is not None:
        yield "calibration.html", board.page("calibration", **calibration_context(board.calibration))
    yield "claims.json", board.report.written()
    yield "claims.csv", csv_table(board.report)
    yield "history.json", "[" + ",".join(run.written() for run in board.runs) + "]\n"
    for claim in board.report.unfalsifiable:
        yield f"claims/{claim.id}.html", board.page("unfalsifiable", "../", claim=claim)
    for claim in board.report.falsifiable:
        context = claim_context(claim, board.runs, board.walk)
        context["corollaries"] = [it.id for it in board.report.falsifiable if it.corollary_of == claim.id]
        context["cited"] = cited(board.report, claim)
        context["run"] = claim.lent_by or board.report
        yield f"claims/{claim.id}.html", board.page("claim", "../", claim=claim, **context)
        yield from _figures(board.report, claim, figure=context["figure"] is not None)
        yield f"claims/{claim.id}.csv", conditions_csv(claim)
        yield f"claims/{claim.id}.json", claim.model_dump_json() + "\n"
    for claim in claims:
        yield f"badges/{claim.id}.svg", badge_svg(claim.id, claim.verdict)
    rooms = phenomena(board.report)
    first = {room: next((text.split(". ")[0].rstrip(".") + "." for text in about(room)), "") for room in rooms}
    listed = [(room, members, first[room]) for room, members in rooms.items()]
    yield "phenomena.html", board.page("phenomena", rooms=listed, counted=counted)
    for room, members in rooms.items():
        yield from _phenomenon(board, room, members)
    yield from _theories(board)
    yield from _experiments(board)
    for module in modules_of(board.report.falsifiable):
        yield f"source/{module}.html", board.page("code", "../", module=module, lines=lines(module))


def _figures(report: Report, claim: ClaimReport, *, figure: bool) -> Iterator[tuple[str, str]]:
    """The figures of a claim's page as files, each beside the data that it is drawn from."""
    name = f"claims/{claim.id}"
    if figure:
        yield f"{name}.svg", figure_file(report, claim)
    if drawing := panels_file(report, claim):
        yield f"{name}-phenomenon.svg", drawing
        yield f"{name}-phenomenon.csv", panels_csv(claim)
    if drawing := discrepancy_file(report, claim):
        yield f"{name}-size.svg", drawing
    if drawing := reach_file(report, claim):
        yield f"{name}-draws.svg", drawing
        yield f"{name}-draws.csv", draws_csv(claim)


def _phenomenon(board: Board, room: str, claims: Sequence[ClaimReport]) -> Iterator[tuple[str, str]]:
    """A phenomenon's page and its figures as files."""
    context, name = phenomenon_context(room, claims), f"phenomena/{slug(room)}"
    yield f"{name}.html", board.page("phenomenon", "../", cited=edition(board.report, room), **context)
    yield f"{name}.svg", readings_file(board.report, room, context["readings"], context["pooled_strip"])
    yield f"{name}.csv", readings_csv([claim for _, members in context["readings"] for claim in members])
    if found := context["residuals"]:
        yield f"{name}-errors.svg", errors_file(board.report, room, found)
        yield f"{name}-errors.csv", errors_csv(found)


def _theories(board: Board) -> Iterator[tuple[str, str]]:
    for theory in dict.fromkeys(c.theory for c in board.report.claims):
        members = [c for c in board.report.claims if c.theory == theory]
        claims = [c for c in members if isinstance(c, ClaimReport)]
        records = summaries.theories(claims)
        context = {
            "theory": theory,
            "records": records,
            "sources": list({c.source.arxiv or c.source.cite: c.source for c in members}.values()),
            "claims": claims,
            "unfalsifiable": [c for c in members if c not in claims],
        }
        yield f"theories/{slug(theory)}.html", board.page("theory", "../", **context)
        tally: Counter[str] = sum((Counter(record.verdicts) for record in records), Counter())
        bits = summaries.total_bits([c for c in claims if c.counts])
        yield f"badges/theory-{slug(theory)}.svg", theory_badge_svg(theory, dict(tally), bits)


def _experiments(board: Board) -> Iterator[tuple[str, str]]:
    for experiment in dict.fromkeys(c.experiment for c in board.report.falsifiable):
        members = [c for c in board.report.falsifiable if c.experiment == experiment]
        others = [c for c in board.report.falsifiable if c.experiment != experiment]
        yield (
            f"experiments/{slug(experiment)}.html",
            board.page(
                "experiment",
                "../",
                experiment=experiment,
                module=members[0].experiment_module,
                claims=members,
                control_of=[c for c in others if any(x.experiment == experiment for x in c.controls)],
                observables={c.measured.name: c.measured.means for c in members},
                settings=summaries.settings_of(members),
                trials=sum(c.cost.trials for c in members),
                seconds=sum(c.cost.seconds for c in members),
            ),
        )


def verdicts_context(claims: Sequence[ClaimReport]) -> dict[str, Any]:
    """The three outcomes of a condition, drawn, and one real claim to follow."""
    example = followed(claims)
    return {
        "illustration_region": REGION,
        "illustrations": outcomes(),
        "example": example,
        "example_axis": strips.agreement_axis([example["condition"]], example["region"]) if example else None,
    }
