"""How far a law reaches, drawn: a map of its draws over two axes of the domain."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from leaderboard.axes import Axis
from leaderboard.figures import Frame
from leaderboard.marks import COUNTEREXAMPLE, OUTCOMES
from leaderboard.quantities import number_text, value_text
from leaderboard.summaries import condition_text
from leaderboard.svg import key_mark, percent
from runners.reporting.reach_model import AxisReport, Counterexample, DrawReport
from runners.reporting.report_model import ClaimReport
from runners.reporting.report_parts import AxisValue

SHAPES = {**OUTCOMES, "counterexample": COUNTEREXAMPLE}
"""By what a draw says: told by shape as well as by colour."""
WORDS = {"aside": "set aside", "pending": "to be measured"}
GOLDEN = (math.sqrt(5) - 1) / 2
SPREAD = 0.7
"""Share of a column over which the draws of one level are spread, so that they can be counted."""
ANOTHER = 7
"""Factor of a draw's number along the second axis: two lists would else show their draws on diagonals."""
FAR = 4.0
"""Half-widths of T shown where a domain has one axis only."""
MOST_PANELS = 4
"""Levels of a list for which a map is drawn apart."""
CARRIED, FEWEST, CHANCE = 0.75, 3, 0.05
"""A level carries the misses with this share of them, at least so many, and more than its draws have by chance."""
SAID = 4
"""Of a counterexample's axes, where it is told in passing."""
APPLICABLE = ("holds", "fails", "split", "broken")


@dataclass(frozen=True)
class Place:
    """One axis of a map: where a drawn value lies, and how the axis is named."""

    name: str
    axis: Axis
    levels: Mapping[float, str]
    """Names of a list's columns by their places; empty for a range."""
    at: Mapping[str, float]
    """Place of each level."""

    def of(self, value: AxisValue, number: int) -> float:
        """Where draw `number` stands: in the middle part of its column, or at its own value."""
        if not self.at:
            return float(value)
        return self.at[repr(value)] + SPREAD * ((number * GOLDEN) % 1 - 0.5)


@dataclass(frozen=True)
class ReachMap:
    """A map with the words around it."""

    panels: tuple[tuple[str, Markup], ...]
    """What tells the panels apart, and their drawings: one without a name, or one a level of a list."""
    across: str
    """Name of the horizontal axis."""
    up: str
    """Name of the vertical one."""
    legend: tuple[tuple[Markup, str], ...]
    """A mark and what it stands for, with how many there are."""
    rows: bool
    """Whether the vertical axis has names rather than numbers."""
    split: str = ""
    """Why there are several panels, as a sentence."""
    more: bool = False
    """Whether more draws are shown than the word took."""


def reach_map(claim: ClaimReport) -> ReachMap | None:
    """The draws of a claim over the two axes that matter most; None without a draw that was measured."""
    reach = claim.reach
    if reach is None or not (draws := [draw for draw in reach.draws if draw.setting]):
        return None
    across, *others = most_telling(reach.fails_along, reach.axes)
    x = _place(across, reach.axes[across])
    y = _place(others[0], reach.axes[others[0]]) if others else None
    up = y.name if y else "distance from the middle of T in half widths"
    counts = {word: sum(draw.outcome == word for draw in draws) for word in SHAPES}
    counts["counterexample"] = len(claim.counterexamples)
    told = ", ".join(f"{count} {WORDS.get(word, word)}" for word, count in counts.items() if count)
    carrier = carrying(reach.axes, draws, without=(across, *others[:1]))
    panels = []
    for level in reach.axes[carrier.axis].values if carrier else ("",):
        here = [draw for draw in draws if not carrier or draw.setting[carrier.axis] == level]
        found = [it for it in claim.counterexamples if not carrier or it.setting[carrier.axis] == level]
        title = condition_text({carrier.axis: level}, [carrier.axis]) if carrier else ""
        frame = _panel(x, y, f"Map of {len(here)} draws of {claim.id} over {across} and {up}", here, found)
        frame.svg.describe(f"{told}. {reach.fails_where}".strip())
        panels.append((title, frame.svg.markup()))
    return ReachMap(
        tuple(panels),
        across,
        up,
        tuple(
            (key_mark(SHAPES[word], f"draw {word}", word), f"{WORDS.get(word, word)} ({count})")
            for word, count in counts.items()
            if count
        ),
        y is not None and bool(y.levels),
        carrier.sentence if carrier else "",
        sum(draw.outcome in APPLICABLE for draw in draws) > reach.applicable,
    )


def _panel(
    x: Place, y: Place | None, label: str, draws: Sequence[DrawReport], found: Sequence[Counterexample]
) -> Frame:
    """Draws and counterexamples at their places; over the distance from T where there is no second axis."""
    frame = Frame(
        x.axis,
        y.axis if y else Axis(0.0, FAR),
        label,
        marks=list(x.levels),
        names=x.levels,
        rows=y.levels if y else None,
        kind="plot reach-map",
    )
    if y is None:
        frame.svg.add("line", "exact", x1="0", x2="100%", y1=frame.down(1.0), y2=frame.down(1.0))
    for draw in draws:
        height = (
            y.of(draw.setting[y.name], ANOTHER * draw.number)
            if y
            else (FAR if math.isnan(draw.outside) else draw.outside)
        )
        _mark(frame, draw, x.of(draw.setting[x.name], draw.number), height)
    for i, it in enumerate(found):
        height = y.of(it.setting[y.name], ANOTHER * i) if y else it.outside
        at = percent(x.axis.fraction(x.of(it.setting[x.name], i)))
        title = f"counterexample: {_setting(it.setting)}, {number_text(it.outside)} half-widths from the middle of T"
        frame.svg.marker(COUNTEREXAMPLE, "draw counterexample", x=at, y=frame.down(height), title=title)
    return frame


@dataclass(frozen=True)
class Carrier:
    """A list of a domain of which one level carries the misses."""

    axis: str
    level: AxisValue
    missed: int
    """How many misses it carries."""
    sentence: str


def carrying(axes: Mapping[str, AxisReport], draws: Sequence[DrawReport], without: Sequence[str]) -> Carrier | None:
    """The list in which one level has nearly all misses, more than by chance; none of those that the map shows already.

    It chooses a view and tests nothing: of several lists one stands out more easily than its own chance says.
    """
    told = [draw for draw in draws if draw.outcome in APPLICABLE]
    misses = [draw for draw in told if draw.outcome != "holds"]
    found: list[tuple[float, Carrier]] = []
    for name, axis in axes.items():
        if axis.between is not None or name in without or not 1 < len(axis.values) <= MOST_PANELS:
            continue
        for level in axis.values:
            here = sum(draw.setting[name] == level for draw in told)
            missed = sum(draw.setting[name] == level for draw in misses)
            p = _chance(missed, here, len(misses), len(told))
            if missed >= max(FEWEST, CARRIED * len(misses)) and p < CHANCE:
                sentence = (
                    f"Of {len(misses)} misses {missed} had {condition_text({name: level}, [name])} ({missed} of {here} "
                    f"draws missed there, {len(misses) - missed} of {len(told) - here} elsewhere): seen in the draws, "
                    "a hint and no finding."
                )
                found.append((p, Carrier(name, level, missed, sentence)))
    return min(found, key=lambda it: it[0])[1] if found else None


def _chance(missed: int, here: int, misses: int, draws: int) -> float:
    """That so many or more of the misses fall to a level of so many draws, if they fall anywhere alike."""
    ways = (math.comb(here, k) * math.comb(draws - here, misses - k) for k in range(missed, min(here, misses) + 1))
    return sum(ways) / math.comb(draws, misses)


def where_it_fails(claim: ClaimReport) -> str:
    """What is known of it: an axis that the rule found, or else a level that carries the misses; empty without any."""
    reach = claim.reach
    if reach is None or reach.fails_along:
        return reach.fails_where if reach else ""
    return ((found := reach_map(claim)) and found.split) or reach.fails_where


def holds_in_short(claim: ClaimReport) -> str:
    """Where it holds, for people who know no draws: in how many random settings, and not where a search went."""
    found, searched = [], ""
    if claim.reach and (told := claim.reach.applicable):
        missed = told - claim.reach.held
        found.append(f"in {claim.reach.held if missed else 'all'} of {told} random settings")
        carrier = carrying(claim.reach.axes, claim.reach.draws, without=())
        if claim.reach.fails_along:
            found.append(f"depending on {' and '.join(name.replace('_', ' ') for name in claim.reach.fails_along)}")
        elif carrier:
            many = "all" if carrier.missed == missed else f"{carrier.missed}"
            found.append(f"{many} of the others with {condition_text({carrier.axis: carrier.level}, [carrier.axis])}")
    if claim.counterexamples:
        worst = max(claim.counterexamples, key=lambda it: it.outside)
        some = dict(list(worst.setting.items())[:SAID])
        searched = f"not at {_setting(some)}{' …' * (len(worst.setting) > SAID)}, which a search found"
    return "; ".join(filter(None, [", ".join(found), searched]))


def most_telling(fails_along: tuple[str, ...], axes: Mapping[str, AxisReport]) -> list[str]:
    """The two axes to draw: first those along which it fails, then those of the domain in their order; a list, whose
    levels make columns, before a range."""
    chosen = list(dict.fromkeys([*fails_along, *axes]))[:2]
    return sorted(chosen, key=lambda name: axes[name].between is not None)


def strength(draw: DrawReport) -> float:
    """From 0 at the edge of T to 1 in its middle, or infinitely far beyond; 1 where no distance is known."""
    if math.isnan(draw.outside):
        return 1.0
    return 1 - draw.outside if draw.outside <= 1 else 1 - 1 / draw.outside


def _place(name: str, axis: AxisReport) -> Place:
    if axis.between is not None:
        return Place(name, Axis.around(axis.between, logarithmic=axis.scale == "log", margin=0.04), {}, {})
    levels = {float(i): value_text(value) for i, value in enumerate(axis.values)}
    at = {repr(value): float(i) for i, value in enumerate(axis.values)}
    return Place(name, Axis(-0.5, len(levels) - 0.5), levels, at)


def _mark(frame: Frame, draw: DrawReport, x: float, y: float) -> None:
    told = [_setting(draw.setting), WORDS.get(draw.outcome, draw.outcome)]
    if math.isfinite(draw.outside):
        told.append(f"{number_text(draw.outside)} half-widths from the middle of T")
    title = f"draw {draw.number}: {', '.join([*told, *filter(None, [draw.reason])])}"
    mark = frame.svg.marker(
        SHAPES[draw.outcome], f"draw {draw.outcome}", x=percent(frame.x.fraction(x)), y=frame.down(y), title=title
    )
    if draw.outcome in ("holds", "fails"):
        mark.set("fill-opacity", f"{0.25 + 0.75 * strength(draw):.2f}")  # the outline keeps the full colour


def _setting(setting: Mapping[str, AxisValue]) -> str:
    rounded = {name: float(f"{it:.3g}") if isinstance(it, float) else it for name, it in setting.items()}
    return condition_text(rounded, list(rounded))
