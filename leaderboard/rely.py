"""What a practitioner may rely on: rules with the evidence for them, from the report alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runners.reporting.report_model import ClaimReport


@dataclass(frozen=True)
class Field:
    """One number that a calculator asks for."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class Rule:
    """A rule of thumb, the claims that are its evidence, and its calculator."""

    key: str
    title: str
    formula: str
    says: str
    claims: tuple[str, ...]
    fields: tuple[Field, ...]


RULES = (
    Rule(
        "edge", "How large a curvature a step size ends in",
        r"\lambda_{\max} = \frac{2 + 2\beta}{\eta}",
        "With full batches training stops sharpening there. It is no upper limit for the step size of a run that "
        "starts sharper, and with small batches the sharpness stays below.",
        ("eos-gd-two-over-eta", "eos-heavy-ball", "eos-nesterov", "eos-adam-38", "eos-gd-colour-images",
         "eos-gd-image-networks", "eos-sgd-lambda-max", "eos-sgd-below-edge", "eos-ce-terminal"),
        (Field("eta", "step size η", "0.1"), Field("beta", "momentum β", "0")),
    ),
    Rule(
        "width", "The learning rate when the width changes",
        r"\eta_{\mathrm{hidden}} \propto 1 / w",
        "In the maximal-update parametrisation a rate that is tuned at a small width is kept, which for Adam divides "
        "the rate of hidden and output matrices by the factor of the width: twice the width, half that rate. It says "
        "nothing about depth, batch or length of training.",
        ("mup-lr-transfer", "mup-lr-transfer-transformer", "mup-regret", "mup-regret-transformer", "sp-lr-shift",
         "sp-lr-shift-transformer", "by-layer-lr-transfer-transformer"),
        (Field("eta", "best rate at the small width", "0.002"), Field("from", "small width", "256"),
         Field("to", "large width", "512")),
    ),
    Rule(
        "batch", "The learning rate when the batch changes",
        r"\eta' = \eta \frac{B'}{B} < \frac{2}{\lambda_{\max}}",
        "For plain stochastic gradient descent, in proportion, while the batch is below the noise scale and the step "
        "below its limit of stability. The root of the factor is other optimisers' rule and fails for this one.",
        ("linear-scaling-rule", "linear-scaling-limit", "square-root-scaling-rule", "rate-square-root-of-batch"),
        (Field("eta", "learning rate", "0.05"), Field("from", "batch", "32"), Field("to", "new batch", "128"),
         Field("sharpness", "largest sharpness met", "20")),
    ),
    Rule(
        "compute", "How to divide compute between parameters and tokens",
        r"L = E + \frac{A}{N^\alpha} + \frac{B}{D^\beta}, \qquad N \propto C^{\beta / (\alpha + \beta)}",
        "The fields hold the constants of one published refit (Besiroglu et al. 2024, arXiv 2404.10102); another "
        "corpus or protocol has others. The limits are 95%, from errors of 0.02 in α and β, without their correlation.",
        ("chinchilla-exponent-identity", "chinchilla-published-parameters", "chinchilla-extrapolation",
         "kaplan-n-opt-073", "equal-growth-in-seven-sources", "protocol-not-corpus", "loss-eightfold-ahead"),
        (Field("flop", "compute C in FLOP", "1e21"), Field("lossA", "A", "482"), Field("alpha", "α", "0.3478"),
         Field("lossB", "B", "2085"), Field("beta", "β", "0.3658"), Field("error", "error of α and β", "0.02")),
    ),
    Rule(
        "pass", "Coverage by k samples",
        r"\mathrm{pass@}k = 1 - \binom{n - c}{k} / \binom{n}{k}",
        "Unbiased for k up to the n samples drawn, c of them right. Beyond n one needs a model of difficulties.",
        ("coverage-from-200-samples",),
        (Field("samples", "samples n", "200"), Field("right", "right ones c", "12"), Field("k", "k", "10")),
    ),
)  # fmt: skip


def rely_context(claims: Sequence[ClaimReport]) -> dict[str, Any]:
    """Each rule with those of its claims that the report holds: what stands, and what fails or is open."""
    said = {claim.id: claim for claim in claims}
    return {"rules": [(rule, [said[name] for name in rule.claims if name in said]) for rule in RULES]}
