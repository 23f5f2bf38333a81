"""Rivals are decided by all conditions of a trial together, and null models decide whether a verdict counts."""

from __future__ import annotations

import math

import pytest

from runners.rule.verdicts import Outcome
from tests.worlds import toy_theory

WIDTHS = {"kind": "lawful", "width": [2, 4, 8]}
HALF = {"by": "ratio", "within": (0.5, 2.0), "because": "x"}


@pytest.fixture
def theories(monkeypatch):
    """Further theories of the toy, by name."""

    def add(name, function):
        import toy_theory as loaded

        monkeypatch.setattr(loaded, name, function, raising=False)
        return f"toy_theory:{name}"

    return add


def rival(predicted, held_by="folklore"):
    return {"predicted": predicted, "held_by": held_by, "because": "x"}


def test_eight_trials_refute_a_rival_of_three_conditions(world, theories):
    """With three looks and three conditions no single condition could: 2 / 2^8 is above 0.05 / 9."""
    off = theories("off", lambda setting, given: 1.5 * given["strength"] / setting["width"])
    narrow = {"by": "ratio", "within": (0.9, 1.1), "because": "x"}
    name = world.claim("new", where=WIDTHS, agreement=narrow, rivals={"off": rival(off)})
    found = world.run(name, tier="standard")[name]
    assert found.outcome is Outcome.SUPPORTED
    (other,) = found.rivals
    assert other.outcome is Outcome.REFUTED
    assert other.reason == "all conditions together, after 7 trials"
    assert found.cells[0].verdict.trials == 8, "one look was enough for both"


def test_a_rival_that_overlaps_in_every_condition_cannot_be_refuted_together(world, theories):
    near = theories("near", lambda setting, given: 1.2 * given["strength"] / setting["width"])
    name = world.claim("new", where=WIDTHS, agreement=HALF, rivals={"near": rival(near)})
    (other,) = world.run(name)[name].rivals
    assert other.outcome is Outcome.SUPPORTED
    assert not other.separable


def test_looks_go_on_until_a_rival_is_decided_and_the_claims_verdict_stays(world, theories):
    """Noisy trials: that a fifth of them lie near the law is seen at once; that a rival is wrong takes twenty."""
    off = theories("off", lambda setting, given: 3 * given["strength"] / setting["width"])
    near = {"by": "ratio", "within": (0.58, 1.72), "share": 0.2, "because": "x"}  # the rival: [1.74, 5.16]
    where = {"kind": "noisy", "width": 2}
    alone = world.claim("alone", where=where, agreement=near)
    both = world.claim("both", where=where, agreement=near, rivals={"off": rival(off)})
    one = world.run(alone, tier="standard")[alone]
    assert len(one.cells[0].values) == 8
    other = world.run(both, tier="standard")[both]
    assert len(other.cells[0].values) == 32
    assert other.rivals[0].reason == "all conditions together, after 20 trials"
    assert one.outcome is other.outcome is Outcome.SUPPORTED
    assert one.cells[0].verdict == other.cells[0].verdict, "it is that of the look that decided"


def test_a_null_model_that_agrees_makes_a_verdict_vacuous(world, theories):
    """The region is so wide that knowing nothing lies in it, too."""
    nothing = theories("nothing", lambda setting, given: 1 / setting["width"])
    name = world.claim(
        "new", where={"kind": "lawful", "width": 2}, agreement=HALF, rivals={"nothing": rival(nothing, "null-model")}
    )
    found = world.run(name)[name]
    assert found.outcome is Outcome.VACUOUS
    assert "the null model nothing agrees" in found.reason
    folklore = world.claim("other", where={"kind": "lawful", "width": 2}, agreement=HALF, rivals={"x": rival(nothing)})
    assert world.run(folklore)[folklore].outcome is Outcome.SUPPORTED, "folklore that is right beside it takes nothing"


def test_a_null_model_that_is_neither_refuted_nor_beaten_leaves_the_claim_open(world, theories):
    """Half the trials lie on either side of the null model's edge."""
    edge = theories("edge", lambda setting, given: given["strength"] / setting["width"] * 2.0)
    agreement = {"by": "ratio", "within": (0.5, 2.0), "because": "x"}
    name = world.claim(
        "new", where={"kind": "noisy", "width": 2}, agreement=agreement, rivals={"edge": rival(edge, "null-model")}
    )
    found = world.run(name)[name]
    assert found.outcome is not Outcome.SUPPORTED


def test_a_null_model_that_fails_takes_nothing(world, theories):
    constant = theories("constant", lambda setting, given: 100.0)
    narrow = {"by": "ratio", "within": (0.9, 1.1), "because": "x"}
    name = world.claim("new", where=WIDTHS, agreement=narrow, rivals={"constant": rival(constant, "null-model")})
    found = world.run(name)[name]
    assert found.outcome is Outcome.SUPPORTED
    assert found.rivals[0].outcome is Outcome.REFUTED


def test_rivals_of_curves_are_refuted_by_their_distance_whatever_their_lengths(world, theories):
    """A profile has 150, 148 or 144 places, by the width."""
    off = theories("off", lambda setting, given: 1.5 * toy_theory.ramp(setting, given))
    ramp = {"where": WIDTHS, "measured": "profile", "predicted": "toy_theory:ramp"}
    distance = {"by": "distance", "within": (0.0, 0.05), "because": "x"}
    name = world.claim("new", **ramp, agreement=distance, rivals={"off": rival(off, "null-model")})
    found = world.run(name)[name]
    assert found.outcome is Outcome.SUPPORTED
    assert found.rivals[0].outcome is Outcome.REFUTED


def test_a_rival_that_stands_inside_the_region_leaves_only_what_separates_the_two(world, theories):
    """T = [0.5, 2] and a rival 1.2 times as large: together they allow [0.5, 2.4]."""
    near = theories("near", lambda setting, given: 1.2 * given["strength"] / setting["width"])
    alone = world.claim("alone", where=WIDTHS, agreement=HALF)
    beside = world.claim("beside", where=WIDTHS, agreement=HALF, rivals={"near": rival(near, "authors")})
    assert world.run(alone)[alone].bits == pytest.approx(math.log2(31 / 32 * math.log(100) / math.log(4) + 1 / 32))
    found = world.run(beside)[beside]
    left = math.log2(31 / 32 * math.log(2.4 / 0.5) / math.log(4) + 1 / 32)
    assert found.bits == pytest.approx(left)
    assert found.rivals[0].bits == pytest.approx(left), "each over the other"
    assert found.bits_risked == world.judge(alone)[alone].bits, "what it would earn alone"


def test_a_rival_that_fell_takes_no_bits(world, theories):
    off = theories("off", lambda setting, given: 1.5 * given["strength"] / setting["width"])
    narrow = {"by": "ratio", "within": (0.9, 1.1), "because": "x"}
    name = world.claim("new", where=WIDTHS, agreement=narrow, rivals={"off": rival(off)})
    found = world.run(name)[name]
    assert found.rivals[0].outcome is Outcome.REFUTED
    assert found.bits == found.bits_risked > 3


@pytest.mark.parametrize("fields", [{"kind": "theorem"}, {"kind": "bound"}, {"corollary_of": "law-holds"}])
def test_what_is_proved_bounded_or_follows_earns_nothing(world, fields):
    name = world.claim("new", where=WIDTHS, agreement=HALF, **fields)
    found = world.run(name)[name]
    assert found.outcome is Outcome.SUPPORTED
    assert (found.bits, found.bits_risked) == (None, None)


def test_a_comparison_of_backends_earns_nothing(world):
    grid = [{"kind": ["lawful"], "width": [2], "backend": ["jax", "torch"]}]
    world.experiment("toy", grid=grid)
    spread = {"of": "response", "along": {"backend": "spread"}, "between": (0.0, 1.0)}
    difference = {"by": "difference", "within": (0.0, 0.1), "because": "x"}
    name = world.claim("new", where={}, measured=spread, predicted=0.0, agreement=difference)
    found = world.run(name)[name]
    assert found.outcome is Outcome.SUPPORTED
    assert found.bits_risked is None
