"""Adam for many networks at once: every network is a slice of the weights, with a learning rate of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch

FIRST_DECAY, SECOND_DECAY = 0.9, 0.999
EPSILON = 1e-20  # only keeps a gradient of exactly zero from dividing by zero: a larger one would matter to wide layers


class Adam:
    """w <- w - rate m_hat / (sqrt(v_hat) + epsilon), with bias correction (Kingma and Ba 2015, algorithm 1).

    `rates`: for each weight its learning rate, a number or a tensor that broadcasts against the weight. Networks do not
    mix, since a loss summed over networks has each network's own gradient.
    """

    def __init__(self, weights: Sequence[torch.Tensor], rates: Sequence) -> None:
        self.weights, self.rates, self.steps = list(weights), list(rates), 0
        self.firsts, self.seconds = ([torch.zeros_like(weight) for weight in weights] for _ in range(2))

    @property
    def carry(self) -> tuple:
        """All that changes from step to step: weights, both averages and the number of steps."""
        return self.weights, self.firsts, self.seconds, self.steps

    @carry.setter
    def carry(self, carry: tuple) -> None:
        self.weights, self.firsts, self.seconds, self.steps = carry

    def step(self, loss: torch.Tensor, *, schedule: float = 1.0) -> None:
        """One step down the gradient of `loss`, a number, with `schedule` times the learning rates."""
        gradients = torch.autograd.grad(loss, self.weights)
        self.steps += 1
        first_bias, second_bias = (1 - decay**self.steps for decay in (FIRST_DECAY, SECOND_DECAY))
        with torch.no_grad():
            for weight, gradient, first, second, rate in zip(
                self.weights, gradients, self.firsts, self.seconds, self.rates
            ):
                first.lerp_(gradient, 1 - FIRST_DECAY)
                second.mul_(SECOND_DECAY).addcmul_(gradient, gradient, value=1 - SECOND_DECAY)
                size = (second / second_bias).sqrt_().add_(EPSILON)
                weight.sub_((first / first_bias).div_(size).mul_(rate * schedule))
