"""What a claim, a theory and a phenomenon are called for short, and by which other words people look for them."""

from __future__ import annotations

import re

from runners.reporting.report_model import ClaimReport

LONGEST = 50
"""Letters of a claim's name in a row."""
SPELT_OUT = {
    "eos": "edge of stability:", "dln": "deep linear net:", "ntk": "tangent kernel:", "krr": "kernel ridge:",
    "rf": "random features:", "mup": "μP:", "sp": "standard parametrisation:", "igr": "implicit gradient:",
    "mf": "matrix factorisation:", "gf": "gradient flow:", "cons": "conserved charge:", "diag": "diagonal net:",
    "nfa": "feature ansatz:", "nngp": "network prior:", "lr": "learning rate", "gd": "descent", "ce": "cross-entropy",
    "sgd": "SGD", "adam": "Adam", "relu": "ReLU", "vc": "VC", "kare": "KARE", "eta": "η", "lambda": "λ", "alpha": "α",
    "etf": "simplex", "hastie": "Hastie et al.:", "zipf": "Zipf", "chinchilla": "Chinchilla", "kaplan": "Kaplan",
    "rademacher": "Rademacher", "saad": "Saad &", "solla": "Solla:", "nn": "nearest neighbours",
}  # fmt: skip
ALIASES = {
    "edge-of-stability": "EoS progressive sharpening 2/eta",
    "neural-tangent-kernel": "NTK lazy infinite width",
    "maximal-update-parametrisation": "muP µP hyperparameter transfer tensor programs learning rate width",
    "deep-linear-dynamics": "DLN saddle to saddle",
    "additive-scaling-law": "Chinchilla compute optimal",
    "kaplan-extrapolation": "scaling laws compute optimal",
    "neural-feature-ansatz": "NFA AGOP",
    "mean-field-signal-propagation": "edge of chaos order",
    "kernel-eigenlearning": "KRR benign tempered overfitting",
    "kernel-alignment-risk": "KARE",
    "ridgeless-least-squares": "double descent benign overfitting",
    "random-feature-eigenframework": "double descent",
    "layer-peeled-model": "minority collapse",
    "neural-collapse": "NC ETF simplex",
    "platonic-representations": "PRH convergence",
    "ensembles-as-posteriors": "Bayesian NNGP",
    "flat-minima": "sharpness generalisation",
    "catapult-mechanism": "large learning rate",
    "stochastic-gradient-fluctuations": "SGD noise covariance",
    "fourier-modular-addition": "grokking modular arithmetic",
    "superposition-geometry": "toy models polysemantic",
    "lazy-training": "rich feature learning kernel regime",
}
"""By theory: abbreviations and other names, for the search alone."""


def short_name(claim_id: str) -> str:
    """A claim's identifier as words, at most 50 letters: `edge of stability: descent two over η`."""
    text = " ".join(SPELT_OUT.get(word, word) for word in claim_id.split("-"))
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rsplit(" ", 1)[0] + "…"


def phenomenon_of(claim: ClaimReport) -> str | None:
    """The room of this project in which a claim's experiment stands, `edge_of_stability`; None for any other."""
    top, _, rest = claim.experiment_module.partition(".")
    return rest.partition(".")[0] if top == "predictions" and "." in rest else None


def also_said(claim: ClaimReport) -> str:
    """What a search finds a claim by besides its row's own words: phenomenon, all authors, other names."""
    room, cite = (phenomenon_of(claim) or "").replace("_", " "), claim.source.cite
    cite = "" if cite in short_cite(cite) else re.sub(r",| and\b", "", cite)
    own = " ".join((claim.id, claim.theory, claim.statement, short_cite(claim.source.cite))).lower().replace("-", " ")
    every = dict.fromkeys(" ".join((room, cite, ALIASES.get(claim.theory, ""))).split())
    return " ".join(word for word in every if word.lower().replace("-", " ") not in own)


def short_cite(cite: str) -> str:
    """`Cohen et al. 2021` for a work of three authors or more; several works are parted by semicolons."""

    def short(work: str) -> str:
        found = re.fullmatch(r"([^,]+),(?! after).* and .*? (\d{4}[a-z]?)", work)
        return f"{found[1]} et al. {found[2]}" if found else work

    return "; ".join(short(work.strip()) for work in cite.split(";"))
