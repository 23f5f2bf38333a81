from __future__ import annotations

from xml.etree import ElementTree

import pytest

from leaderboard.formulas import formula


def test_mathml_is_well_formed_and_keeps_the_symbols():
    tree = ElementTree.fromstring(formula(r"\lambda_{\max} = \frac{2}{\eta} < \infty", display="block"))
    assert tree.tag == "math"
    assert tree.get("display") == "block"
    assert "".join(tree.itertext()).replace(" ", "") == "λmax=2η<∞"
    assert [e.tag for e in tree.iter("mfrac")] == ["mfrac"]


def test_relations_get_the_space_of_operators():
    assert "<mo>∼</mo>" in formula(r"L \sim t^{-1}")


def test_logarithms_get_thin_spaces_but_before_a_parenthesis_and_an_index():
    tree = ElementTree.fromstring(formula(r"\frac{d \ln \mathrm{rms}(f)}{d \ln w} = \log_2 x + \ln(2)"))
    assert [sum(1 for _ in part.iter("mspace")) for part in tree.find(".//mfrac")] == [2, 2]
    assert sum(1 for _ in tree.iter("mspace")) == 4


@pytest.mark.parametrize("latex", [r"\text{<script>alert(1)</script>}", r"x < 1 & y > \text{<img src=x onerror=a>}"])
def test_markup_in_a_formula_stays_text(latex):
    typeset = formula(latex)
    ElementTree.fromstring(typeset)
    assert "<script" not in typeset
    assert "<img" not in typeset


@pytest.mark.parametrize("latex", [r"\href{javascript:alert(1)}{x}", r"\frac{", "", r"\begin{nonsense}<b>"])
def test_what_cannot_be_typeset_is_shown_as_code_or_plain_mathml(latex):
    typeset = formula(latex)
    ElementTree.fromstring(typeset)
    assert "href=" not in typeset
    assert "<b>" not in typeset
    assert typeset.startswith(('<code class="latex">', "<math"))


def test_the_argument_of_a_minimum_is_set_upright():
    text = formula(r"b = \arg\min_x q(x)")
    assert "\\arg" not in text
    assert text.index("min") > text.index('<mi mathvariant="normal">g</mi>')


def test_a_word_in_an_index_is_no_operator():
    assert "<msub><mi>λ</mi><mi>max</mi></msub>" in formula(r"\lambda_{\max} = 2 / \eta")
