"""Rules for practice: what a law says for some numbers, and what it was found to be worth, from a report alone.

The board's calculators and `tollens.advise` are made from the same rules. A formula is written in what Python and
JavaScript share: + - * / ** and parentheses, comparisons, `root`, `choose`, `exp`, `least`, `most`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runners.reporting.report_model import ClaimReport, Report
from runners.rule.verdicts import Outcome

OPTIMISERS = {"sgd": "sgd", "nesterov": "nesterov", "adam": "adam", "adamw": "adam"}
"""By what they are called: the one whose laws are told."""
ABSENT = "not in this report"
"""Instead of a verdict, of a claim that a report does not hold."""
_FORMULA = re.compile(r"\{([^{}]+)\}")
_NAME = re.compile(r"(?<![\w.])[a-z_]\w*")


def unbiased_coverage(samples: float, right: float, k: float) -> float:
    """1 - C(n - c, k)/C(n, k): chance that one of k samples is right, from c right ones of n. Chen et al. 2021."""
    n, c, drawn = int(samples), int(right), int(k)
    return 1 - math.comb(n - c, drawn) / math.comb(n, drawn)


FUNCTIONS = {"root": math.sqrt, "choose": unbiased_coverage, "exp": math.exp, "least": min, "most": max}
"""What formulas may call; rely.js has them under the same names."""


@dataclass(frozen=True)
class Field:
    """A number that a rule asks for; its name is the argument of `tollens.advise`."""

    name: str
    label: str
    value: str
    """An example for the board's calculator."""
    assumed: bool = False
    """Whether the example is taken, and said, where somebody names no other."""


@dataclass(frozen=True)
class Line:
    """A sentence with formulas in braces, said to users of these optimisers, where `when` is true."""

    text: str
    optimisers: tuple[str, ...] = ()
    when: str = ""

    @property
    def formulas(self) -> list[str]:
        return _FORMULA.findall(self.text)

    @property
    def reads(self) -> set[str]:
        """Names of the numbers that it takes."""
        return {name for formula in (*self.formulas, self.when) for name in _NAME.findall(formula)} - set(FUNCTIONS)

    def said(self, numbers: Mapping[str, float]) -> str | None:
        """The sentence with its numbers in three digits; None where it does not apply."""
        if self.when and not _computed(self.when, numbers) > 0:  # what cannot be computed is not true either
            return None
        return _FORMULA.sub(lambda found: short(_computed(found[1], numbers)), self.text)


@dataclass(frozen=True)
class Rule:
    """A rule of thumb, the claims that are its evidence, and what it computes."""

    key: str
    title: str
    in_short: str
    """What to do, or what comes of it, in half a line."""
    formula: str
    says: str
    claims: tuple[str, ...]
    fields: tuple[Field, ...]
    lines: tuple[Line, ...]
    optimisers: tuple[str, ...] = ()
    """Those that it speaks about; all, if there are none."""


RULES = (
    Rule(
        "edge", "How large a curvature a step size ends in",
        "Full batches: sharpness ends at 2/η",
        r"\lambda_{\max} = \frac{2 + 2\beta}{\eta}",
        "With full batches training stops sharpening there. It is no upper limit for the step size of a run that "
        "starts sharper, and with small batches the sharpness stays below.",
        ("eos-gd-two-over-eta", "eos-heavy-ball", "eos-nesterov", "eos-adam-38", "eos-gd-colour-images",
         "eos-gd-image-networks", "eos-sgd-lambda-max", "eos-sgd-below-edge", "eos-ce-terminal"),
        (Field("learning_rate", "step size η", "0.1"), Field("momentum", "momentum β", "0", assumed=True),
         Field("beta1", "Adam's β₁", "0.9", assumed=True), Field("sharpness", "sharpness met", "20")),
        (Line("Full-batch descent settles near sharpness {(2 + 2 * momentum) / learning_rate} (Polyak's momentum).",
              ("sgd",)),
         Line("With Nesterov's: {(2 + 2 * momentum) / (learning_rate * (1 + 2 * momentum))}.", ("nesterov",)),
         Line("With full-batch Adam the preconditioned sharpness: "
              "{(2 + 2 * beta1) / ((1 - beta1) * learning_rate)}.", ("adam",)),
         Line("Where the sharpness is {sharpness}, descent becomes unstable at steps of "
              "{(2 + 2 * momentum) / sharpness} (Polyak's momentum).", ("sgd",), when="sharpness"),
         Line("Where the sharpness is {sharpness}, descent becomes unstable at steps of "
              "{(2 + 2 * momentum) / (sharpness * (1 + 2 * momentum))} (Nesterov's).",
              ("nesterov",), when="sharpness")),
    ),
    Rule(
        "width", "The learning rate when the width changes",
        "Twice the width: half Adam's rate in hidden and output layers (μP)",
        r"\eta_{\mathrm{hidden}} \propto 1 / w",
        "In the maximal-update parametrisation the base rate stays as it was tuned at a small width. Adam's rate for "
        "hidden and output matrices is divided by the factor of the width: twice the width, half the rate. It says "
        "nothing about depth, batch or length of training, nor about other parametrisations.",
        ("mup-lr-transfer", "mup-lr-transfer-transformer", "mup-regret", "mup-regret-transformer", "sp-lr-shift",
         "sp-lr-shift-transformer", "by-layer-lr-transfer-transformer"),
        (Field("learning_rate", "best rate at the small width", "0.002"), Field("width", "small width", "64"),
         Field("new_width", "large width", "256")),
        (Line("Adam's rate for hidden and output matrices: {learning_rate * width / new_width}; for input weights and "
              "biases it stays {learning_rate}."),),
        ("adam",),
    ),
    Rule(
        "attention", "The scale of attention when heads become wider",
        "Wider heads: q·k over width (μP)",
        r"q^T k \, \frac{\sqrt{d_0}}{d}",
        "In the maximal-update parametrisation logits are divided by the head's width d, so that all is as before at "
        "the width d₀ at which one tunes. Divided by its root, the first step of Adam moves them as the root of d.",
        ("mup-attention-first-move", "root-attention-first-move", "mup-lr-transfer-transformer"),
        (Field("head_width", "head's width d₀", "64"), Field("new_head_width", "new width d", "256")),
        (Line("Multiply q·k by {root(head_width) / new_head_width}; the root's rule has {1 / root(new_head_width)}, "
              "and lets Adam's first step move the logits {root(new_head_width / head_width)} times as far."),),
        ("adam",),
    ),
    Rule(
        "batch", "The learning rate when the batch changes",
        "k times the batch: k times SGD's rate",
        r"\eta' = \eta \frac{B'}{B} < \frac{2 + 2\beta}{\lambda_{\max}}",
        "For plain stochastic gradient descent, in proportion, while the batch is below the noise scale and the step "
        "below its limit of stability. The root of the factor is other optimisers' rule and fails for this one.",
        ("linear-scaling-rule", "linear-scaling-limit", "square-root-scaling-rule", "rate-square-root-of-batch"),
        (Field("learning_rate", "learning rate", "0.05"), Field("batch", "batch", "32"),
         Field("new_batch", "new batch", "128"), Field("sharpness", "largest sharpness met", "20"),
         Field("momentum", "momentum β", "0", assumed=True)),
        (Line("SGD, linear rule: {learning_rate * new_batch / batch}.", ("sgd", "nesterov")),
         Line("Root rule: {learning_rate * root(new_batch / batch)}.", ("adam",)),
         Line("The linear rule is beyond its limit of stability, {(2 + 2 * momentum) / sharpness}.", ("sgd",),
              when="learning_rate * new_batch / batch > (2 + 2 * momentum) / sharpness")),
    ),
    Rule(
        "repeat", "What tokens are worth that are seen again",
        "Four passes cost next to nothing",
        r"D' = U + U R^* \left(1 - e^{-(n - 1)/R^*}\right)",
        "n passes over U unique tokens do as much as one over D' different ones. R* = 15.4 is one published fit "
        "(Muennighoff et al. 2023, arXiv 2305.16264); up to four passes cost next to nothing.",
        ("four-epochs-cost-nothing", "repeated-epochs-decay"),
        (Field("unique_tokens", "unique tokens U", "1e9"), Field("epochs", "passes n", "4"),
         Field("repetition", "R*", "15.4", assumed=True)),
        (Line("{epochs} passes do as much as one over "
              "{unique_tokens * (1 + repetition * (1 - exp((1 - epochs) / repetition))) / 1e9} billion different "
              "tokens; no number of passes as much as {unique_tokens * (1 + repetition) / 1e9} billion."),),
    ),
    Rule(
        "compute", "How to divide compute between parameters and tokens",
        "Compute: size and tokens grow alike",
        r"L = E + \frac{A}{N^\alpha} + \frac{B}{D^\beta}, \qquad N \propto C^{\beta / (\alpha + \beta)}",
        "The fields hold the constants of one published refit (Besiroglu et al. 2024, arXiv 2404.10102); another "
        "corpus or protocol has others. The limits are 95%, from errors of 0.02 in α and β, without their correlation.",
        ("chinchilla-exponent-identity", "chinchilla-published-parameters", "chinchilla-extrapolation",
         "kaplan-n-opt-073", "equal-growth-in-seven-sources", "protocol-not-corpus", "loss-eightfold-ahead"),
        (Field("flop", "compute C in FLOP", "1e21"), Field("size_factor", "A", "482", assumed=True),
         Field("alpha", "α", "0.3478", assumed=True), Field("token_factor", "B", "2085", assumed=True),
         Field("beta", "β", "0.3658", assumed=True), Field("error", "error of α and β", "0.02", assumed=True)),
        (Line("N = {(alpha * size_factor / (beta * token_factor)) ** (1 / (alpha + beta))"
              " * (flop / 6) ** (beta / (alpha + beta)) / 1e9} billion parameters, "
              "D = {(beta * token_factor / (alpha * size_factor)) ** (1 / (alpha + beta))"
              " * (flop / 6) ** (alpha / (alpha + beta)) / 1e9} billion tokens (6 N D = C); "
              "N grows as C to the {beta / (alpha + beta)} "
              "({beta / (alpha + beta) - 1.96 * error * root(alpha ** 2 + beta ** 2) / (alpha + beta) ** 2} to "
              "{beta / (alpha + beta) + 1.96 * error * root(alpha ** 2 + beta ** 2) / (alpha + beta) ** 2})."),),
    ),
    Rule(
        "pass", "Coverage by k samples",
        "pass@k from n samples, without bias",
        r"\mathrm{pass@}k = 1 - \binom{n - c}{k} / \binom{n}{k}",
        "Unbiased for k up to the n samples drawn, c of them right. Beyond n one needs a model of difficulties.",
        ("coverage-from-200-samples",),
        (Field("samples", "samples n", "200"), Field("right", "right ones c", "12"), Field("k", "k", "10")),
        (Line("pass@{k} = {100 * choose(samples, right, k)}%.", when="most(k, right) <= samples"),
         Line("k and the right ones are at most the samples.", when="most(k, right) > samples")),
    ),
)  # fmt: skip


def short(value: float) -> str:
    """In three digits, as the board's calculators write them: `38`, `0.00125`, `1,000,000`."""
    if not math.isfinite(value):
        return "–"
    rounded = float(f"{value:.3g}")
    text = f"{rounded:,.{max(0, 2 - math.floor(math.log10(abs(rounded)))) if rounded else 0}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True)
class Evidence:
    """What became of a claim behind a rule."""

    claim: str
    statement: str
    verdict: str
    """Its verdict, or ABSENT."""
    reach: str
    """wide, narrow or open; empty where nothing was drawn."""
    scope: str
    """From where to where it was measured."""
    off_by: str
    """By how much it is off at most, where its verdict says that it holds."""
    fails: str
    """Where it fails, or why it is not supported."""


@dataclass(frozen=True)
class Told:
    """A rule on somebody's numbers."""

    rule: Rule
    lines: tuple[str, ...]
    assumed: tuple[str, ...]
    """Numbers that nobody named: `beta1 = 0.9`."""
    evidence: tuple[Evidence, ...]


def told(rule: Rule, numbers: Mapping[str, float], optimiser: str | None, report: Report) -> Told | None:
    """What a rule says with these numbers; None where it speaks of others, or no line has all that it reads."""
    if optimiser and rule.optimisers and OPTIMISERS[optimiser] not in rule.optimisers:
        return None
    assumed = {it.name: float(it.value) for it in rule.fields if it.assumed and it.name not in numbers}
    known = {**assumed, **numbers}
    applying = [it for it in rule.lines if not (optimiser and it.optimisers) or OPTIMISERS[optimiser] in it.optimisers]
    applying = [it for it in applying if it.reads <= set(known)]
    said = [text for it in applying if (text := it.said(known)) is not None]
    read = set().union(*(it.reads for it in applying)) if applying else set()
    taken = tuple(f"{name} = {value:g}" for name, value in assumed.items() if name in read)
    return Told(rule, tuple(said), taken, evidence(rule, report)) if said else None


def evidence(rule: Rule, report: Report) -> tuple[Evidence, ...]:
    """What a report says of each of a rule's claims."""
    reports = {it.id: it for it in report.falsifiable}
    return tuple(_evidence(reports[it]) if it in reports else _unknown(it) for it in rule.claims)


def script(rules: Sequence[Rule] = RULES) -> str:
    """The rules as a script for the board: `RULES[key](fields)` gives the sentences of its calculator."""
    written = []
    for rule in rules:
        names = ", ".join(field.name for field in rule.fields)
        lines = [f"[{it.when or 'true'}, () => {_template(it.text)}]" for it in rule.lines]
        written.append(f"{json.dumps(rule.key)}: ({{ {names} }}) => sentences([{', '.join(lines)}])")
    return "const RULES = {\n  " + ",\n  ".join(written) + ",\n};\n"


def _template(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
    return f"`{_FORMULA.sub(lambda found: '${short(' + found[1] + ')}', quoted)}`"


def _computed(formula: str, numbers: Mapping[str, float]) -> float:
    """A formula of RULES, no text of anybody else's."""
    try:
        return eval(formula, {"__builtins__": {}}, {**FUNCTIONS, **numbers})
    except (ZeroDivisionError, OverflowError):
        return math.nan


def _evidence(claim: ClaimReport) -> Evidence:
    reach = claim.reach.word if claim.reach else ""
    off = ""
    if claim.kind != "bound" and claim.agrees_to_within is not None and claim.verdict == Outcome.SUPPORTED.word:
        difference = claim.agreement.by == "difference"
        off = f"{claim.agrees_to_within:.2g}" if difference else f"{claim.agrees_to_within:.1%}"
    failing = [claim.reason] if claim.verdict != Outcome.SUPPORTED.word else []
    failing += [claim.reach.fails_where] if claim.reach and claim.reach.fails_where else []
    return Evidence(claim.id, claim.statement, claim.verdict, reach, claim.scope, off, "; ".join(failing))


def _unknown(name: str) -> Evidence:
    return Evidence(name, "", ABSENT, "", "", "", "")
