"""Mathematics in sentences: what a registry writes in ASCII, as a reader expects it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup, escape

from runners.printable import printable
from runners.reporting.report_model import Report

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η", "theta": "θ", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ",
    "omega": "ω", "pi": "π", "zeta": "ζ", "Delta": "Δ", "Sigma": "Σ", "Theta": "Θ", "Lambda": "Λ", "Omega": "Ω",
}  # fmt: skip
LETTER = re.compile(rf"(?<!\w)(?<!\w-)({'|'.join(GREEK)})(?=_?\d|_?[a-z0-9]\b|\b)(?!-\w)")
SIGNS = {"&gt;=": "≥", "&lt;=": "≤", "+-": "±", "-&gt;": "→", "!=": "≠"}
CONDITION = re.compile(r"\b([a-z][a-z_]*[a-z])(?: = )(?=\S)")


def typeset(text: str) -> Markup:
    """A sentence with Greek letters, powers, indices, signs and minus as they are set: `2/eta`, `d^(k-1)`, `>= 0.3`."""
    line = str(escape(text)).replace("&#39;", "'")  # shorter, and harmless in text
    for written, sign in SIGNS.items():
        line = line.replace(written, sign)
    line = LETTER.sub(lambda found: GREEK[found[1]], line)
    line = re.sub(r"\|grad (\w+)\|", r"|∇\1|", line)
    line = re.sub(r"([αβγδηλ])(\d)\b", r"\1<sub>\2</sub>", line)
    line = re.sub(r"(?<=[\w)|>]) - (?=[\w(|])", " − ", line)
    line = re.sub(
        r"\^\(((?:[^()]|\([^()]*\))*)\)|\^(-?[\w.]+)", lambda it: f"<sup>{_minus(it[1] or it[2])}</sup>", line
    )
    line = re.sub(r"(?<![\w-])([A-Za-zΑ-ω])_(\w{1,3})\b", r"\1<sub>\2</sub>", line)
    line = re.sub(r"`([^`]+)`", r"<code>\1</code>", line)
    return Markup(re.sub(r"(?<![\w)\]>.-])-(?=[\d(])", "−", line))


def reason_text(text: str) -> Markup:
    """A reason as a sentence would have it: `fails at learning_rate = 0.3` names the learning rate."""
    return typeset(CONDITION.sub(lambda found: found[1].replace("_", " ") + " ", text))


def _minus(exponent: str) -> str:
    return exponent.replace("-", "−")


def refuse_unprintable(report: Report) -> None:
    """ValueError, with its place, for text that holds control characters or turns the direction of writing: it would
    show a reader something else than what stands in the report."""
    for claim in report.claims:
        _refuse(claim.model_dump(exclude={"conditions", "shown", "controls", "rivals", "reach"}), (claim.id,))
        if not hasattr(claim, "conditions"):
            continue
        named = {"conditions": claim.everything, "controls": [c for it in claim.controls for c in it.conditions]}
        for part, conditions in named.items():
            _refuse([(c.condition, c.label, c.reason) for c in conditions], (claim.id, part))
        _refuse([it.model_dump(exclude={"conditions"}) for it in claim.controls], (claim.id, "controls"))
        _refuse([it.model_dump() for it in claim.rivals], (claim.id, "rivals"))
        if claim.reach:
            _refuse(claim.reach.model_dump(), (claim.id, "reach"))


def _refuse(value: object, place: Sequence[str]) -> None:
    if isinstance(value, str) and printable(value) != value:
        raise ValueError(
            f"{'.'.join(place)}: {printable(value)[:80]!r} holds a control character or one that turns the direction "
            "of writing; remove it from the registry or the report"
        )
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse(str(key), place)
            _refuse(item, (*place, str(key)))
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse(item, place)
