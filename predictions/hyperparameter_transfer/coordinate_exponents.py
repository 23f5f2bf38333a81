"""How far the first step of Adam moves a transformer's coordinates: the power of the width w, parametrisation by table.

The step is minus the sign of the gradient times the layer's rate. A step meets what made its gradient: sums over w (or
over the d ~ w units of a head) of its products with activations are coherent, of order w and not w^1/2. With the
exponents of `parametrisations.Exponents`, and x, q, k, h of order one in each coordinate:
    embedding   dx, by its own rate                                       input_rate
    hidden      dz = dW x + W dx, w coherent terms each                   max(hidden_rate + 1, input_rate)
    attention   s dq.k, dq = dW_q x, s = d^-1/2 m^attention, d terms      hidden_rate + 1 + attention + 1/2
    output      df = dU h + U dh, U = w^-1/2 m^readout, dh as dz          max(output_rate + 1, readout + 1/2 + hidden)
(dz from dx: a unit's own part of what moves x is w^-1/2, over w terms of w^-1/2.) Maximal update makes all of them 0.
Yang et al. 2022 (arXiv 2203.03466), table 3, definition 4.1 (attention over d) and appendix J (why each line).

At finite width coherence is partial. A gradient that sums over n positions has the sign of each with correlation
(2/pi n)^1/2, and what does not point its way adds 1/d to the square: ln-slopes over heads of 32 to 256 units are
lower by 0.07 for n = 8 and by 0.12 for n = 16. So far one block; in the last
of several the stream is moved, too, by the inner layers below (4 w coherent terms), and meets keys unaligned: that adds
a term of w^-1/2 which is as large as the aligned one where (2 d / pi n)^1/2 is that move's size over the queries' own.
"""

from __future__ import annotations

from predictions.hyperparameter_transfer.parametrisations import EXPONENTS


def embedding_exponent(setting, given) -> float:
    """d ln rms(dx) / d ln w of embedded characters."""
    return float(EXPONENTS[setting["parametrisation"]].input_rate)


def hidden_exponent(setting, given) -> float:
    """Of a block's inner pre-activations."""
    powers = EXPONENTS[setting["parametrisation"]]
    return float(max(powers.hidden_rate + 1, powers.input_rate))


def attention_exponent(setting, given) -> float:
    """Of attention logits."""
    powers = EXPONENTS[setting["parametrisation"]]
    return float(powers.hidden_rate + 1 + powers.attention + 0.5)


def output_exponent(setting, given) -> float:
    """Of the next character's logit."""
    powers = EXPONENTS[setting["parametrisation"]]
    return float(max(powers.output_rate + 1, powers.readout + 0.5 + hidden_exponent(setting, given)))


def width_free(setting, given) -> float:
    """0, for every coordinate in the maximal-update parametrisation."""
    return 0.0


def root_attention(setting, given) -> float:
    """1/2: attention logits over the root of the head's width, everything else as in maximal update."""
    return attention_exponent({"parametrisation": "root-attention"}, given)
