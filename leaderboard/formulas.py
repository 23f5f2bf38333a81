"""Formulas of claims: LaTeX to MathML, which browsers typeset without any script."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element
from markupsafe import Markup

# Elements and attributes that typeset, and can do nothing else.
TAGS = frozenset(
    "math mrow mi mn mo mtext mspace ms mfrac msqrt mroot mstyle mpadded mphantom msub msup msubsup munder mover "
    "munderover mmultiscripts mprescripts mtable mtr mtd".split()
)
ATTRIBUTES = frozenset(
    "accent accentunder columnalign columnspacing display displaystyle fence form linethickness lspace mathvariant "
    "maxsize minsize rowspacing rspace scriptlevel separator stretchy symmetric width height depth voffset".split()
)
ARGUMENT = re.compile(r"\\arg(?![a-zA-Z])\s*")
"""A command that the converter does not know."""
LOGARITHM = re.compile(r"(?P<before>(?<=[\w)}])\s*)?(?P<name>\\(?:ln|log)\b)(?P<after>\s+(?=[^\s(^_{]))?")
"""Where TeX sets a thin space about an operator's name, and the converter none."""


def formula(latex: str, *, display: str = "inline") -> Markup:
    """The formula as MathML; the escaped LaTeX in a code element where it cannot be typeset.

    The converter's own serialiser leaves `<` in text as it is and passes links on, so the tree is checked and
    written here: a formula may come from a registry that a stranger wrote.
    """
    try:
        tree = convert_to_element(LOGARITHM.sub(_spaced, ARGUMENT.sub(r"\\mathrm{arg}\\,", latex)), display=display)
    except Exception:  # the converter raises a dozen kinds of errors, KeyError and IndexError among them
        return _source(latex)
    for element in tree.iter():
        element.attrib.pop("xmlns", None)
        if element.tag not in TAGS or not ATTRIBUTES.issuperset(element.attrib):
            return _source(latex)
        element.text = html.unescape(element.text) if element.text else None
        for i, child in enumerate(element):
            if child.tag == "mrow" and len(child) == 1 and (child[0].text or "").isalpha():
                element[i] = child[0]  # a word by itself, as in an index, is no operator with space around it
                element[i].tag = "mi"
        if element.tag == "mi" and element.text == "~":
            element.tag, element.text = "mo", "∼"  # a relation: it needs space around it
    return Markup(ElementTree.tostring(tree, encoding="unicode"))


def _source(latex: str) -> Markup:
    return Markup('<code class="latex">{}</code>').format(latex)


def _spaced(logarithm: re.Match[str]) -> str:
    before, after = (r"\, " if logarithm[side] is not None else "" for side in ("before", "after"))
    return before + logarithm["name"] + after
