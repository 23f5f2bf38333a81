"""Rivals that are true, and settings in which a law holds: how often they are refuted, or called counterexamples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import special

from runners.calibration import worlds as noise
from runners.calibration.errors import Rate
from runners.calibration.reach_worlds import AT_LEAST, AT_MOST, EXACTLY, REFUSED, ReachRow, part
from runners.rule import challenge
from runners.rule.draw_outcomes import Draw, sides
from runners.rule.looks import ALPHA, FEWEST_DRAWS
from runners.rule.rivals import discordant, p_of_means, shares_beyond, trials_to_refute

CONDITIONS, TRIALS = 6, 32
CORRELATIONS = (0.0, 0.9, 0.999)
MEAN_LOOKS = (16, 32)
SEARCHED, CHALLENGES = 200, 10


def rival_rows(generator: np.random.Generator, *, worlds: int) -> Iterator[ReachRow]:
    """Rates of pooled rivals and of challenges."""
    yield from _typical(generator, part(worlds, 2))
    yield from _means(generator, part(worlds, 4))
    yield from _on_draws(generator, part(worlds, 4))
    yield from _false_alarms(generator, part(worlds, 20))
    yield from _bound(generator, worlds)


def _rate(happened: np.ndarray) -> Rate:
    return Rate(int(np.count_nonzero(happened)), len(happened))


def _typical(generator: np.random.Generator, worlds: int) -> Iterator[ReachRow]:
    """Medians on the edge of the rival's region in every condition, and one standard deviation beyond it."""
    edges = np.stack([np.full((CONDITIONS, TRIALS), -np.inf), np.zeros((CONDITIONS, TRIALS))], axis=-1)
    above, shape = np.ones(CONDITIONS, dtype=int), noise.SHAPES["log-normal"]
    for correlation in CORRELATIONS:
        values = noise.trials(
            shape, generator, worlds=worlds, conditions=CONDITIONS, trials=TRIALS, correlation=correlation
        )
        known = generator.random(values.shape) >= 0.05
        shares = shares_beyond(values, edges, above, known)
        world = f"{CONDITIONS} conditions, correlated {correlation:g}"
        yield ReachRow(f"a true rival in {world}", "refuted", _rate(trials_to_refute(shares) > 0), AT_MOST, ALPHA)
        signs = np.count_nonzero(values > 0, axis=(1, 2))
        naive = special.bdtrc(signs - 1, CONDITIONS * TRIALS, 0.5) <= ALPHA
        yield ReachRow(f"a true rival in {world}", "refuted by pooled signs", _rate(naive), REFUSED, ALPHA)
        beyond = trials_to_refute(shares_beyond(values + 1, edges, above, known))
        event = f"refuted within {TRIALS} trials"
        yield ReachRow(f"a rival one deviation off in {world}", event, _rate(beyond > 0), AT_LEAST, 0.9)


def _means(generator: np.random.Generator, worlds: int) -> Iterator[ReachRow]:
    """Expectations on the edge in every condition; each trial an average of draws, two looks."""
    above, edges = np.ones(CONDITIONS, dtype=int), np.zeros((CONDITIONS, MEAN_LOOKS[-1]))
    for name in ("normal", "exponential"):
        for correlation in (0.0, 0.9):
            values = noise.trials(
                noise.SHAPES[name],
                generator,
                worlds=worlds,
                conditions=CONDITIONS,
                trials=MEAN_LOOKS[-1],
                correlation=correlation,
                draws=FEWEST_DRAWS,
            )
            refuted = np.zeros(worlds, dtype=bool)
            for n in MEAN_LOOKS:
                known = np.ones((worlds, CONDITIONS, n), dtype=bool)
                refuted |= p_of_means(values[..., :n], edges[:, :n], above, known) <= ALPHA / len(MEAN_LOOKS)
            world = f"a true rival about {CONDITIONS} means, {name}, correlated {correlation:g}"
            yield ReachRow(world, "refuted", _rate(refuted), AT_MOST, ALPHA)


def _on_draws(generator: np.random.Generator, worlds: int) -> Iterator[ReachRow]:
    """Two predictions that hold in 80% of the domain each, independently; and one that holds in 50%."""
    claim, equal, worse = (
        np.where(generator.random((worlds, 45)) < share, Draw.HOLDS, Draw.FAILS) for share in (0.8, 0.8, 0.5)
    )
    beaten = trials_to_refute(discordant(claim, equal)) > 0
    yield ReachRow("45 draws, a rival that is as good", "beaten", _rate(beaten), AT_MOST, ALPHA)
    beaten = trials_to_refute(discordant(claim, worse)) > 0
    yield ReachRow("45 draws, holds in 80%, the rival in 50%", "beaten", _rate(beaten), AT_LEAST, 0.4)


def _false_alarms(generator: np.random.Generator, worlds: int) -> Iterator[ReachRow]:
    """The median lies on T's edge in every setting; the worst of many are confirmed, in ten challenges."""
    found = np.zeros((worlds, CHALLENGES), dtype=bool)
    for number in range(CHALLENGES):
        explored = generator.standard_normal((worlds, SEARCHED, 3))
        worst = np.argsort(-challenge.how_bad(explored, (-8.0, 0.0), "difference"), axis=1)[:, : challenge.MOST]
        fresh = generator.standard_normal((worlds, SEARCHED, challenge.TRIALS))
        chosen = np.take_along_axis(fresh, worst[..., None], axis=1)
        confirmed = challenge.confirmed(sides(chosen, (-8.0, 0.0)), number + 1, settings=challenge.MOST)
        found[:, number] = np.any(confirmed, axis=1)
    world = "the median on T's edge in every setting"
    yield ReachRow(world, "a counterexample, first challenge", _rate(found[:, 0]), EXACTLY, 0.0104)
    yield ReachRow(world, "a counterexample in ten challenges", _rate(np.any(found, axis=1)), AT_MOST, ALPHA)


def _bound(generator: np.random.Generator, worlds: int, drawn: int = 60) -> Iterator[ReachRow]:
    for share in (0.01, 0.05, 0.1):
        failed = np.count_nonzero(generator.random((worlds, drawn)) < share, axis=1)
        bounds = np.array([challenge.most_of_domain(drawn, count) for count in range(drawn + 1)])
        world = f"{drawn} random settings, {share:.0%} of the domain fails"
        yield ReachRow(world, "the bound is below that", _rate(bounds[failed] < share), AT_MOST, ALPHA)
        if share == 0.01:
            yield ReachRow(world, "one of them fails", _rate(failed > 0), EXACTLY, 0.4528)
