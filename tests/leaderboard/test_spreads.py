"""Pictures of single numbers: angles drawn as angles, trials beside controls."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from leaderboard.pictures import pictures
from leaderboard.spreads import angle, spread
from tests.leaderboard.test_figures import of_class
from tests.made_up import AGREEMENT, OBSERVED, claim, condition

DIFFERENCE = AGREEMENT | {"by": "difference", "within": (-3, 3)}


def of_angle(name: str, means: str, predicted: float, errors):
    measured = OBSERVED | {"name": name, "means": means, "between": (0, 360), "scale": "linear"}
    its = condition({"features": 5}, predicted, errors, by="difference", within=(-3, 3))
    return claim("angle", "supported", measured=measured, agreement=DIFFERENCE, conditions=[its])


def ends(paths) -> list[tuple[float, float]]:
    return [tuple(map(float, path["d"].split("L")[1].split())) for path in paths]


def test_a_fifth_of_the_circle_is_a_pentagon():
    law = of_angle("widest_gap", "largest angle in degrees", 72.0, [0.0] * 8)
    drawing = angle(law, law.conditions[0])
    rays = ends(of_class(drawing, "predicted"))
    assert len(rays) == 5
    for i, (x, y) in enumerate(rays):
        assert (x, -y) == pytest.approx((math.cos(i * math.tau / 5), math.sin(i * math.tau / 5)), abs=1e-4)
    assert ends(of_class(drawing, "colour-0")) == [rays[1]]
    panels, caption = pictures(law)
    assert (len(panels), "Dashed: predicted" in caption) == (1, True)


def test_a_cosine_is_drawn_as_its_angle():
    law = of_angle("minority_cosine", "mean cosine between two classifiers", -0.5, [0.0] * 8)
    rays = ends(of_class(angle(law, law.conditions[0]), "predicted"))
    assert rays[1] == pytest.approx((-0.5, -math.sqrt(0.75)), abs=1e-4)
    assert angle(of_angle("late_sharpness", "a number", 1.0, [0.0]), law.conditions[0]) is None


def test_trials_stand_beside_those_of_controls():
    judged = condition({"width": 8}, 1.0, [0.99, 1.0, 1.01] * 3)
    failed = condition({"width": 8}, 1.0, [3.0] * 8, truth=3.0)
    control = {"must": "fail", "because": "x", "experiment": "e", "where": {}, "truth": 3.0, "kept": True,
               "conditions": [failed]}  # fmt: skip
    law = claim("numbers", "supported", conditions=[judged], controls=[control])
    drawing = ElementTree.fromstring(spread(law))
    names = [e.text for e in drawing.iter("text")]
    assert {"judged", "must fail"} <= set(names)
    dots = [e for e in drawing.iter("circle") if "point" in e.get("class")]
    assert len(dots) == 9 + 8
    assert {float(e.get("cx").rstrip("%")) < 50 for e in dots[:9]} == {True}
    assert spread(claim("nothing", "not run", conditions=[])) is None
