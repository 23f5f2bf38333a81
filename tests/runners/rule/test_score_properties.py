"""What a score rewards: knowledge, stated as sharply as it is held; checked numerically for many ranges and beliefs."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import optimize, stats

from runners.registry.schema import Claim
from runners.rule.scores import LOSS, MOST_BITS, bits_risked

BETWEEN = (0.0, 1000.0)
CENTRE = 400.0


def expected(half_width: float, belief, *, centre: float = CENTRE, between=BETWEEN) -> float:
    """Expected bits of the region centre +- half_width for someone whose belief about the truth this is."""
    inside = belief.cdf(centre + half_width) - belief.cdf(centre - half_width)
    bits = bits_risked(between, (centre - half_width, centre + half_width), scale="linear")
    return inside * bits - LOSS * (1 - inside)


def best_half_width(belief) -> float:
    coarse = np.geomspace(1e-3, 500, 60)
    near = int(np.argmax([expected(width, belief) for width in coarse]))
    between = coarse[max(0, near - 1)], coarse[min(len(coarse) - 1, near + 1)]
    return float(optimize.minimize_scalar(lambda width: -expected(width, belief), bounds=between, method="bounded").x)


def test_a_vague_theory_earns_little():
    shares = np.linspace(0.01, 1, 100)
    bits = [bits_risked((0, 1), (0, share), scale="linear") for share in shares]
    assert all(b < a for a, b in pairwise(bits))
    assert bits[-1] == pytest.approx(0.0)
    assert bits_risked((0, 1), (0, 0.5), scale="linear") < 1.0


@pytest.mark.parametrize("share", np.linspace(0.001, 0.999, 50))
def test_nothing_is_won_without_knowledge(share):
    """Whoever believes all of the range alike loses with every region."""
    bits = bits_risked((0, 1), (0, share), scale="linear")
    assert share * bits - LOSS * (1 - share) < 0


def test_a_false_theory_loses_more_than_a_vague_one():
    sure = stats.norm(CENTRE, 1.0)
    assert expected(5.0, sure, centre=CENTRE + 50) == pytest.approx(-LOSS)
    assert expected(400.0, sure, centre=CENTRE + 50) > 0


@pytest.mark.parametrize("spread", [1.0, 5.0, 20.0])
def test_the_best_region_solves_the_equation_in_the_docs(spread):
    """2 z phi(z) (b + 5) ln 2 = (2 Phi(z) - 1) (1 - 2^-b / 32), with z half-widths in standard deviations."""

    def balance(z: float) -> float:
        bits = bits_risked(BETWEEN, (CENTRE - z * spread, CENTRE + z * spread), scale="linear")
        gain = 2 * z * stats.norm.pdf(z) * (bits + LOSS) * math.log(2)
        return gain - (2 * stats.norm.cdf(z) - 1) * (1 - 2**-bits / 32)

    z = optimize.brentq(balance, 0.8, 4.0)
    assert best_half_width(stats.norm(CENTRE, spread)) / spread == pytest.approx(z, rel=2e-3)


@pytest.mark.parametrize(("spread", "inside"), [(1.0, 0.9827), (5.0, 0.9773), (20.0, 0.9698)])
def test_the_best_region_holds_about_97_percent(spread, inside):
    """The table of the docs."""
    belief = stats.norm(CENTRE, spread)
    width = best_half_width(belief)
    assert belief.cdf(CENTRE + width) - belief.cdf(CENTRE - width) == pytest.approx(inside, abs=0.001)


@pytest.mark.parametrize("belief", [stats.norm(CENTRE, 5.0), stats.t(3, CENTRE, 5.0), stats.laplace(CENTRE, 5.0)])
@pytest.mark.parametrize("factor", [0.3, 0.7, 1.5, 4.0])
def test_overstating_or_understating_costs(belief, factor):
    best = best_half_width(belief)
    assert expected(factor * best, belief) < expected(best, belief)
    assert expected(best, belief, centre=CENTRE + 3) < expected(best, belief)


def test_the_best_region_is_where_the_belief_is_densest():
    """Of all intervals of one length the one with equal densities at its ends is likeliest to hold the truth."""
    belief = stats.gamma(3.0, loc=300, scale=20)
    low, high = optimize.minimize(
        lambda edges: (
            -(
                (inside := belief.cdf(edges[1]) - belief.cdf(edges[0]))
                * bits_risked(BETWEEN, (edges[0], edges[1]), scale="linear")
                - LOSS * (1 - inside)
            )
        ),
        x0=(310, 420),
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-10, "maxiter": 5000},
    ).x
    assert belief.pdf(low) == pytest.approx(belief.pdf(high), rel=1e-2)


def test_nothing_is_gained_by_more_than_ten_bits():
    sharpest = (BETWEEN[1] - BETWEEN[0]) * (31 / 32) / (2**MOST_BITS - 1 / 32)
    region = (CENTRE - sharpest / 2, CENTRE + sharpest / 2)
    assert bits_risked(BETWEEN, region, scale="linear") == pytest.approx(MOST_BITS)
    assert bits_risked(BETWEEN, (CENTRE, CENTRE), scale="linear") == MOST_BITS


def test_the_range_is_the_observables():
    """A claim has no range of its own that its author could widen."""
    assert "between" not in Claim.model_fields
    assert Claim.model_config["extra"] == "forbid"
