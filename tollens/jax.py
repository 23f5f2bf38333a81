"""What the laws speak about, measured on a JAX model of one's own, beside its own training loop.

    watch = Watch(loss, batch, parameters)          # loss(parameters, batch) -> (), a mean over the batch
    for batch in batches:
        ...                                         # the training's own step
        watch.step(parameters)
    watch.frame()

Parameters are any pytree of floating-point arrays. What is called here is compiled once a shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from predictions.instruments import curvature
from tollens.watching import Watching, curvature_seen

Parameters = Any
Batch = Any
Loss = Callable[[Parameters, Batch], jax.Array]


def sharpness(loss: Loss, parameters: Parameters, batch: Batch, *, scale: Parameters | None = None) -> float:
    """Largest eigenvalue of the loss' Hessian H, in units of loss / parameter^2, to about .3%.

    With `scale`, a tree like the parameters: of S H S, S = diag(scale); for Adam scale = P^-1/2 with
    P = (1 - beta1^t)(sqrt(v/(1 - beta2^t)) + epsilon): its edge is 38/eta at beta1 = .9 (Cohen et al. 2022, section 3).
    """
    weights, restore = ravel_pytree(parameters)
    flat_scale = jnp.ones_like(weights) if scale is None else ravel_pytree(scale)[0]
    start = jax.random.normal(jax.random.key(0), weights.shape, weights.dtype)
    return float(_sharpness(loss, restore, weights, batch, flat_scale, start, curvature.CERTAIN).value)


def spectrum(loss: Loss, parameters: Parameters, batch: Batch, *, largest: int = 10) -> np.ndarray:
    """The largest eigenvalues of the loss' Hessian, descending, by ARPACK's Lanczos iteration (scipy)."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    weights, restore = ravel_pytree(parameters)
    product = jax.jit(curvature.hessian_product(lambda flat: loss(restore(flat), batch), weights))

    def image(vector: np.ndarray) -> np.ndarray:
        return np.asarray(product(jnp.asarray(vector.ravel(), weights.dtype)), np.float64)

    operator = LinearOperator((weights.size, weights.size), matvec=image, dtype=np.float64)
    start = np.random.default_rng(0).standard_normal(weights.size)
    return np.sort(eigsh(operator, k=largest, which="LA", v0=start, tol=1e-4, return_eigenvectors=False))[::-1]


def noise_scale(loss: Loss, parameters: Parameters, batches: Sequence[Batch], *, examples: int) -> float:
    """Gradient noise scale tr(S) / |g|^2, in examples, from the gradients of batches of so many `examples` each.

    S is the covariance of one example's gradient, g their mean. The scatter of the batches' gradients estimates
    tr(S) / examples, and is taken off |mean|^2, which contains it. McCandlish et al. 2018, section 2.2 and appendix A.
    Infinite where the noise leaves nothing of the gradient.
    """
    if len(batches) < 2:
        raise ValueError("noise takes at least two batches to be seen; split the data")
    gradients = jnp.stack([ravel_pytree(jax.grad(loss)(parameters, batch))[0] for batch in batches])
    mean = gradients.mean(axis=0)
    scatter = float(((gradients - mean) ** 2).sum()) / (len(batches) - 1)
    signal = float(mean @ mean) - scatter / len(batches)
    return examples * scatter / signal if signal > 0 else float("inf")


def ntk(apply: Callable[[Parameters, jax.Array], jax.Array], parameters: Parameters, inputs: jax.Array) -> jax.Array:
    """Empirical neural tangent kernel (inputs, inputs), summed over outputs: K_ij = sum_o <df_o(x_i), df_o(x_j)>.

    `apply(parameters, inputs)` takes (inputs, ...) to (inputs, outputs). Memory: inputs x outputs x parameters numbers.
    Jacot et al. 2018.
    """
    weights, restore = ravel_pytree(parameters)
    jacobian = jax.vmap(lambda one: jax.jacrev(lambda flat: apply(restore(flat), one[None])[0].ravel())(weights))(
        inputs
    )
    return jnp.einsum("iop,jop->ij", jacobian, jacobian)


class Watch(Watching):
    """Records loss and sharpness while training, and more where it is told of the network.

    `step(parameters)` after each step; `frame()` has a row an observation, `costs()` what it cost in training steps.
    `threshold`: the sharpness at which the optimiser becomes unstable (2/eta for gradient descent), with their ratio.
    `apply` and `inputs` add kernel_change, |K - K_0| / |K_0| of the tangent kernel on these inputs, and with their
    `targets`, numbers or classes, kernel_alignment, <K, Y Y'> / (|K| |Y Y'|). `layers` adds charge_drift, for networks
    of ReLU or linear units: it gives, of the parameters, the successive matrices (inputs, units), a bias as a last row;
    gradient flow keeps |into a unit|^2 - |out of it|^2 (Du et al. 2018), and the drift is the sum of |c - c_0| over the
    sum of these squares at first.
    """

    def __init__(
        self,
        loss: Loss,
        batch: Batch,
        parameters: Parameters,
        *,
        threshold: float | None = None,
        apply: Callable[[Parameters, jax.Array], jax.Array] | None = None,
        inputs: jax.Array | None = None,
        targets: jax.Array | None = None,
        layers: Callable[[Parameters], Sequence[jax.Array]] | None = None,
        every: int | None = None,
        budget: float = 0.25,
    ):
        self._loss, self._batch, self._parameters, self._threshold = loss, batch, parameters, threshold
        weights, self._restore = ravel_pytree(parameters)
        self._onward = jax.random.normal(jax.random.key(0), weights.shape, weights.dtype)
        observations: dict[str, Callable[[], dict[str, float]]] = {"loss": self._value, "sharpness": self._sharpness}
        if (apply is None) != (inputs is None):
            raise ValueError("the kernel takes both: apply, and the inputs to probe it with")
        if apply is not None and inputs is not None:
            self._ntk = jax.jit(partial(ntk, apply, inputs=inputs))
            self._kernel = self._ntk(parameters)
            observations["kernel_change"] = self._kernel_change
            if targets is not None:
                self._wanted = _of_targets(targets)
                observations["kernel_alignment"] = self._kernel_alignment
        elif targets is not None:
            raise ValueError("targets are those of the kernel's inputs; give apply and inputs with them")
        if layers is not None:
            self._layers = layers
            self._charges = _squares(layers(parameters))
            observations["charge_drift"] = self._charge_drift
        self._jitted = jax.jit(loss)
        super().__init__(observations, every=every, budget=budget)

    def step(self, parameters: Parameters) -> dict[str, float]:  # type: ignore[override]
        """To be called after each step of the training, with the parameters that it left."""
        self._parameters = jax.block_until_ready(parameters)  # else the training's time would be counted as the look's
        return super().step()

    def _value(self) -> dict[str, float]:
        return {"loss": float(self._jitted(self._parameters, self._batch))}

    def _sharpness(self) -> dict[str, float]:
        weights, _ = ravel_pytree(self._parameters)
        noise = jax.random.normal(jax.random.key(self.count), weights.shape, weights.dtype)
        start = self._onward / jnp.linalg.norm(self._onward) + 0.1 * noise / jnp.linalg.norm(noise)
        found = _sharpness(
            self._loss, self._restore, weights, self._batch, jnp.ones_like(weights), start, curvature.NEAR
        )
        self._onward, value = found.onward, curvature_seen(float(found.value))
        if self._threshold is None:
            return {"sharpness": value}
        return {"sharpness": value, "threshold": self._threshold, "ratio": value / self._threshold}

    def _kernel_change(self) -> dict[str, float]:
        now = self._ntk(self._parameters)
        return {"kernel_change": float(jnp.linalg.norm(now - self._kernel) / jnp.linalg.norm(self._kernel))}

    def _kernel_alignment(self) -> dict[str, float]:
        now = self._ntk(self._parameters)
        scale = jnp.linalg.norm(now) * jnp.linalg.norm(self._wanted)
        return {"kernel_alignment": float(jnp.sum(now * self._wanted) / scale)}

    def _charge_drift(self) -> dict[str, float]:
        (into, out), (first_into, first_out) = _squares(self._layers(self._parameters)), self._charges
        drift = jnp.abs((into - out) - (first_into - first_out)).sum() / (first_into + first_out).sum()
        return {"charge_drift": float(drift)}


def _of_targets(targets: jax.Array) -> jax.Array:
    """Y Y', (inputs, inputs), of targets or of class numbers as one-hot."""
    wanted = jnp.asarray(targets)
    if jnp.issubdtype(wanted.dtype, jnp.integer):
        wanted = jax.nn.one_hot(wanted, int(wanted.max()) + 1)
    wanted = wanted.reshape(len(wanted), -1)
    return wanted @ wanted.T


def _squares(layers: Sequence[jax.Array]) -> tuple[jax.Array, jax.Array]:
    """By hidden unit: the squared norm of what leads into it, and of what leads out, (units,) each."""
    pairs = list(pairwise(layers))
    for one, other in pairs:
        if one.ndim != 2 or other.ndim != 2 or len(other) - one.shape[1] not in (0, 1):
            problem = f"a matrix of shape {one.shape} does not lead into one of {other.shape}"
            raise ValueError(f"layers: {problem}; give matrices (inputs, units) in their order, a bias as a last row")
    if not pairs:
        raise ValueError("layers: charges are those of hidden units, between two matrices at least")
    into = [(one**2).sum(axis=0) for one, _ in pairs]
    return jnp.concatenate(into), jnp.concatenate([(it[: one.shape[1]] ** 2).sum(axis=1) for one, it in pairs])


@partial(jax.jit, static_argnums=(0, 1, 6))
def _sharpness(loss, restore, weights, batch, scale, start, until) -> curvature.Eigenpair:
    product = curvature.hessian_product(lambda flat: loss(restore(flat), batch), weights)
    return curvature.largest_eigenpair(lambda vector: scale * product(scale * vector), start, most=100, until=until)
