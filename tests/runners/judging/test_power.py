"""Power of a registry's claims before running, and what is warned of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from runners.judging.power import powers, warnings
from runners.registry.loader import load
from runners.registry.schema import Agreement, Claim

TOY = Path(__file__).parents[2] / "worlds" / "toy.yaml"


def claim(**agreement) -> Claim:
    toy = load([TOY]).claims["law-holds"]
    changed = {"by": "difference", "within": (-1.0, 1.0), "because": "x", **agreement}
    return toy.model_copy(update={"agreement": Agreement.model_validate(changed)})


def test_what_is_unlikely_to_decide_or_rough_is_warned_of():
    """A share of 0.8 of 16 trials: 0.95^16 = 0.44. Few clusters, which need t_8 at 0.05 / 3 and BCa."""
    registry = load([TOY])
    assert warnings(registry) == []
    most = claim(share=0.8).model_copy(update={"experiment": "toy-crowd", "where": {"kind": "noisy"}})
    few = registry.experiments["toy-resampled"].model_copy(update={"clusters": 9})
    changed = replace(
        registry,
        claims={**registry.claims, "most": most},
        experiments={**registry.experiments, "toy-resampled": few},
    )
    found = list(map(str, warnings(changed)))
    assert any("most would be supported with chance 0.44 only" in warning for warning in found)
    assert any("9 clusters show little: an edge must lie 3.5 standard errors away" in warning for warning in found)
    assert len(found) == 2


def test_every_claim_has_a_sentence_at_every_tier():
    found = list(powers(load([TOY])))
    assert {(it.claim, it.tier) for it in found} >= {("law-holds", "smoke"), ("law-holds", "standard")}
    assert all(it.power.sentence for it in found)


def test_a_size_that_is_not_judged_needs_no_power():
    registry = load([TOY])
    toy = registry.experiments["toy"]
    shown = toy.tiers["smoke"].model_copy(update={"judged": False, "trials": [2]})
    changed = toy.model_copy(update={"tiers": {**toy.tiers, "smoke": shown}})
    registry = replace(registry, experiments={**registry.experiments, "toy": changed})
    assert warnings(registry) == []
    assert not {it.tier for it in powers(registry) if registry.claims[it.claim].experiment == "toy"} & {"smoke"}
