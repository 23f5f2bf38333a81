"""The first step of Adam on one example, to first order in the learning rate, at finite width.

f = W3 phi(z2), z2 = W2 phi(z1), z1 = W1 x, phi = tanh; the step is -s eta_l sign(df/dW_l), s the error's sign:
    dW3_i  ~ sign phi(z2_i),    dW2_ij ~ sign(W3_i) sign phi(z1_j),    dW1_jk ~ sign((W2^T d2)_j) sign(x_k),
d2 = W3 phi'(z2). Every factor points the same way as what it meets (alignment), so that sums over w units grow as w:
    |df|  = eta3 w E|phi2| + eta2 w^2 E|W3| E phi2' E|phi1| + eta1 |x|_1 w E|W2^T d2| E phi1'
    dz2_i = eta2 w E|phi1| sign(W3_i) + eta1 |x|_1 (sqrt(2/pi) E phi1' d2_i/rms(d2) + g_i),    g_i ~ N(0, E phi1'^2)
(given v = W2^T d2, a row of W2 is d2_i v/|d2|^2 plus independent Gaussians: hence the two terms of the bracket).
With Gaussian weights all are Gaussian integrals: z1 ~ N(0, |x|^2/d = 1), z2 ~ N(0, E phi1^2). Learning rates eta_l and
the size of W3 are those of Tensor Programs V (Yang et al. 2022, arXiv 2203.03466, table 3): maximal-update makes every
term of order one in the width, standard makes them grow up to w^3/2. Left out: terms of order w^-1/2 that differ from
one network to the next, and the second order in eta.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from predictions.hyperparameter_transfer import parametrisations

# Gauss-Legendre on half of the line: all averages are of even functions, and |phi| has a kink at 0
NODES, MASSES = np.polynomial.legendre.leggauss(100)
NODES = 5 * (NODES + 1)
MASSES = MASSES * np.exp(-(NODES**2) / 2)
MASSES = MASSES / MASSES.sum()
ALIGNED = np.sqrt(2 / np.pi)  # E|g| of a standard Gaussian


def output_move(setting, given) -> float:
    """|df| of the first step on one example."""
    return float(sum(_output_terms(setting, given)))


def hidden_move(setting, given) -> float:
    """Root mean square over units of dz2 in the first step on one example."""
    own, below = _hidden_terms(setting, given)
    first, second = _averages()
    shared = ALIGNED * second["slope"] / np.sqrt(second["square_slope"])  # mean of sign(W3_i) d2_i / rms(d2)
    aligned = ALIGNED * first["slope"] * below
    return float(np.sqrt(own**2 + 2 * own * aligned * shared + aligned**2 + first["square_slope"] * below**2))


def own_hidden_move(setting, given) -> float:
    """eta2 w E|phi1|: the step of a layer's own weights alone."""
    return float(_hidden_terms(setting, given)[0])


def unaligned_output_move(setting, given) -> float:
    """|df| if the signs of a layer's step and of what it meets were independent: sums over w units grow as sqrt(w)."""
    above, middle, below = _output_terms(setting, given)
    width = setting["width"]
    return float(np.linalg.norm([above / width**0.5, middle / width, below / width**0.5]))


def twice_output_move(setting, given) -> float:
    """|df| after two steps on the same example: the second repeats the first, as the signs stay."""
    return 2 * output_move(setting, given)


def twice_hidden_move(setting, given) -> float:
    """Root mean square of dz2 after two steps on the same example."""
    return 2 * hidden_move(setting, given)


def _output_terms(setting, given) -> tuple[float, float, float]:
    """Contributions to |df| of the steps of W3, W2 and W1."""
    width = setting["width"]
    below, middle, above, deviation = _rates_and_output_deviation(setting)
    first, second = _averages()
    norm = float(np.asarray(given["absolute_inputs"]).mean())
    through = ALIGNED * deviation * np.sqrt(second["square_slope"])  # E|(W2^T d2)_j|: W2 has variance 1/w
    return (
        above * width * second["size"],
        middle * width**2 * ALIGNED * deviation * second["slope"] * first["size"],
        below * norm * width * through * first["slope"],
    )


def _hidden_terms(setting, given) -> tuple[float, float]:
    """eta2 w E|phi1| and eta1 |x|_1."""
    below, middle, _, _ = _rates_and_output_deviation(setting)
    norm = float(np.asarray(given["absolute_inputs"]).mean())
    return middle * setting["width"] * _averages()[0]["size"], below * norm


def _rates_and_output_deviation(setting) -> tuple[float, float, float, float]:
    """Learning rates of the three layers, first to last, and the standard deviation of W3."""
    multiple = setting["width"] / setting["base_width"]
    name, rate = setting["parametrisation"], setting["learning_rate"]
    rates = [rate * parametrisations.rate_factor(name, kind, multiple=multiple) for kind in parametrisations.kinds(3)]
    deviation = parametrisations.initial_deviation(name, "output", setting["width"], multiple=multiple)
    return rates[0], rates[1], rates[2], deviation


def _averages() -> tuple[dict[str, float], dict[str, float]]:
    """Gaussian averages over units of both hidden layers: |phi|, phi', phi'^2."""
    first_variance = 1.0  # |x|^2 = d, weights of variance 1/d
    second_variance = _mean(lambda z: np.tanh(z) ** 2, first_variance)
    return _layer(first_variance), _layer(second_variance)


def _layer(variance: float) -> dict[str, float]:
    return {
        "size": _mean(lambda z: np.abs(np.tanh(z)), variance),
        "slope": _mean(lambda z: np.cosh(z) ** -2, variance),
        "square_slope": _mean(lambda z: np.cosh(z) ** -4, variance),
    }


def _mean(function: Callable[[np.ndarray], np.ndarray], variance: float) -> float:
    """E f(z) of an even function over z ~ N(0, variance)."""
    return float(MASSES @ function(np.sqrt(variance) * NODES))


def width_free_moves(setting, given):
    """d ln rms / d ln w = 0 of the moves of output and hidden pre-activations, in the maximal-update parametrisation.

    Each weight moves by its rate, with a sign that is that of its gradient, so that w inputs of order one add up
    coherently: a hidden layer's rate 1/w moves z by order one, and the readout's rate 1/w the output. Yang et al. 2022
    (arXiv 2203.03466), table 3 and appendix D; `output_move` and `hidden_move` have the first step in full.
    """
    return 0.0


def width_free_rate(setting, given):
    """d ln eta* / d ln w = 0: where every move is width-free at a given rate, so is the rate of least loss.

    Yang et al. 2022 (arXiv 2203.03466), abstract and table 3 for Adam; Everett et al. 2024 (arXiv 2407.05872) for
    rates by layer with the weights of the standard parametrisation, at full alignment.
    """
    return 0.0


def standard_rate_exponent(setting, given):
    """d ln eta* / d ln w = -1: at one rate for all layers a hidden layer of w coherent inputs moves z by eta w.

    Everett et al. 2024 (arXiv 2407.05872), the standard parametrisation with one rate, full alignment.
    """
    return -1.0


def depth_free_rate(setting, given):
    """d ln eta / d ln L = 0 of the rate eta in eta L^-1/2, which moves the stream by order one at any depth L.

    Adam moves W_l by its rate, with the signs of its gradient, and the block's output by L^-1/2 times that. Down the
    stream all blocks have alike inputs and backward signals, up to what lies between them, so that L moves add up:
    L L^-1/2 eta L^-1/2 = eta. Yang et al. 2023 (arXiv 2310.02244), abstract.
    """
    return 0.0


def unscaled_rate_exponent(setting, given):
    """-1/2, if the rate is eta at any depth: L blocks move the stream by L^1/2 eta."""
    return -0.5
