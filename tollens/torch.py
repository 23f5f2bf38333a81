"""What the laws speak about, measured on a torch model of one's own, beside its own training loop.

    watch = Watch(model, loss, (inputs, targets), optimiser)
    for inputs, targets in batches:
        ...                        # the training's own step
        watch.step()
    watch.frame()                  # a row an observation; watch.costs() says what they cost, in training steps

`loss(outputs, targets)` is a mean over its batch. `data` is one batch, or a list of batches of equal size; what is said
of the full loss is the mean over them. Nothing of the training is touched: gradients, buffers (batch norm's averages),
the state of random numbers and the model's mode stay as they are. A model in training mode is observed in it, dropout
under one fixed mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.func import functional_call, jacrev, vmap

from predictions.edge_of_stability import theory
from predictions.edge_of_stability.torch_sharpness import largest_eigenvalues
from tollens.watching import Watching, curvature_seen

if TYPE_CHECKING:
    import pandas as pd

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Batch = tuple[torch.Tensor, torch.Tensor]

TOLERANCE, MOST = 3e-3, 60
"""Relative error of an eigenvalue at which a search ends, and most products with the Hessian; one costs about three
gradients of the full loss, a search from the last look's vector takes about ten."""


class Loaded:
    """A model with its loss on fixed data: losses, gradients and curvature as functions of the weights it has now."""

    def __init__(self, model: torch.nn.Module, loss: Loss, data: Batch | Sequence[Batch], *, seed: int = 0):
        _refuse_mixed(model, loss, data)
        self.model, self.loss, self.seed = model, loss, seed
        self.batches: list[Batch] = [data] if torch.is_tensor(data[0]) else list(data)  # type: ignore[list-item, arg-type]
        sizes = {len(inputs) for inputs, _ in self.batches}
        if len(sizes) != 1:
            raise ValueError(
                f"the batches have {', '.join(map(str, sorted(sizes)))} examples; give batches of equal size"
            )
        self.parameters = [it for it in model.parameters() if it.requires_grad]
        self.size = sum(it.numel() for it in self.parameters)

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """The model as it was, whatever is computed meanwhile; random numbers are the same in each such passage."""
        kept = {name: it.clone() for name, it in self.model.named_buffers()}
        devices = [it for it in {p.device for p in self.parameters} if it.type == "cuda"]
        with torch.random.fork_rng(devices=devices), torch.enable_grad():
            torch.manual_seed(self.seed)
            try:
                yield
            finally:
                with torch.no_grad():
                    for name, it in self.model.named_buffers():
                        it.copy_(kept[name])

    def value(self, batch: Batch) -> torch.Tensor:
        """Loss of a batch; its random numbers are those of every other call."""
        torch.manual_seed(self.seed)
        return self.loss(self.model(batch[0]), batch[1])

    def gradient(self, batch: Batch) -> torch.Tensor:
        """Flat, (parameters,)."""
        return _flat(torch.autograd.grad(self.value(batch), self.parameters, materialize_grads=True))

    def hessian_product(self, batches: Sequence[Batch], scale: torch.Tensor | None = None) -> Callable:
        """Map v -> D H D v, (parameters,) -> (parameters,): H is the mean loss' Hessian, D = diag(scale) or 1.

        The graph of a single batch is kept; those of several are built anew in each product, for the memory's sake.
        """
        graphs = [self._graph(batches[0])] if len(batches) == 1 else None

        def product(vector: torch.Tensor) -> torch.Tensor:
            scaled = vector if scale is None else scale * vector
            parts = self._split(scaled)
            total = torch.zeros_like(scaled)
            for gradients in graphs or map(self._graph, batches):
                pairs = [(it, part) for it, part in zip(gradients, parts) if it.requires_grad]
                images = torch.autograd.grad(
                    [it for it, _ in pairs],
                    self.parameters,
                    [part for _, part in pairs],
                    retain_graph=graphs is not None,
                    materialize_grads=True,
                )
                total += _flat(images) / len(batches)
            return total if scale is None else scale * total

        return product

    def _graph(self, batch: Batch) -> tuple[torch.Tensor, ...]:
        return torch.autograd.grad(self.value(batch), self.parameters, create_graph=True, materialize_grads=True)

    def _split(self, vector: torch.Tensor) -> list[torch.Tensor]:
        pieces = vector.split([it.numel() for it in self.parameters])
        return [piece.view_as(it) for piece, it in zip(pieces, self.parameters)]


def sharpness(model: torch.nn.Module, loss: Loss, data: Batch | Sequence[Batch]) -> float:
    """Largest eigenvalue of the Hessian of the mean loss, in units of loss / parameter^2, to about .3%.

    Lanczos from a random vector, at most 60 products. Attention needs a kernel with second derivatives: run it under
    `torch.nn.attention.sdpa_kernel(SDPBackend.MATH)`.
    """
    loaded = Loaded(model, loss, data)
    with loaded.untouched():
        return _largest(loaded.hessian_product(loaded.batches), _random(loaded))[0]


def spectrum(model: torch.nn.Module, loss: Loss, data: Batch | Sequence[Batch], *, largest: int = 10) -> np.ndarray:
    """The largest eigenvalues of the Hessian of the mean loss, descending, by ARPACK's Lanczos iteration (scipy)."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    loaded = Loaded(model, loss, data)
    first = loaded.parameters[0]
    with loaded.untouched():
        product = loaded.hessian_product(loaded.batches)

        def image(vector: np.ndarray) -> np.ndarray:
            given = torch.as_tensor(vector.ravel(), dtype=first.dtype, device=first.device)
            return product(given).double().cpu().numpy()

        operator = LinearOperator((loaded.size, loaded.size), matvec=image, dtype=np.float64)
        start = _random(loaded).double().cpu().numpy()
        return np.sort(eigsh(operator, k=largest, which="LA", v0=start, tol=1e-4, return_eigenvectors=False))[::-1]


def noise_scale(model: torch.nn.Module, loss: Loss, batches: Sequence[Batch]) -> float:
    """Gradient noise scale tr(S) / |g|^2, in examples: S is the covariance of one example's gradient, g their mean.

    From batches of B: the scatter of their gradients estimates tr(S)/B, and is taken off |mean|^2, which contains it.
    McCandlish et al. 2018, section 2.2 and appendix A. Infinite where the noise leaves nothing of the gradient.
    """
    loaded = Loaded(model, loss, batches)
    if len(loaded.batches) < 2:
        raise ValueError("noise takes at least two batches to be seen; split the data")
    with loaded.untouched():
        gradients = torch.stack([loaded.gradient(batch) for batch in loaded.batches])
    mean = gradients.mean(dim=0)
    scatter = float(((gradients - mean) ** 2).sum()) / (len(gradients) - 1)
    signal = float(mean @ mean) - scatter / len(gradients)
    return len(loaded.batches[0][0]) * scatter / signal if signal > 0 else float("inf")


def ntk(model: torch.nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """Empirical neural tangent kernel (inputs, inputs), summed over outputs: K_ij = sum_o <df_o(x_i), df_o(x_j)>.

    Jacot et al. 2018. Memory: inputs x outputs x parameters numbers. Each input is passed alone, so that batch norm,
    which ties inputs together, must be in evaluation mode.
    """
    weights = {name: it.detach() for name, it in model.named_parameters() if it.requires_grad}
    buffers = dict(model.named_buffers())

    def outputs(weights: Mapping[str, torch.Tensor], one: torch.Tensor) -> torch.Tensor:
        return functional_call(model, (dict(weights), buffers), (one[None],))[0].flatten()

    jacobians = vmap(jacrev(outputs), in_dims=(None, 0), randomness="same")(weights, inputs)
    flat = torch.cat([it.flatten(start_dim=2) for it in jacobians.values()], dim=2)  # (inputs, outputs, parameters)
    return torch.einsum("iop,jop->ij", flat, flat)


def threshold(optimiser: torch.optim.Optimizer) -> float:
    """Sharpness at which the optimiser's step becomes unstable, by its first group: 2/eta and its relatives.

    SGD with Polyak's or Nesterov's momentum: of the Hessian; Adam and AdamW: of the preconditioned Hessian. Cohen et
    al. 2021, section 2, and 2022, section 3. SGD's weight decay adds to every eigenvalue and is taken off. NaN for
    others.
    """
    group = optimiser.param_groups[0]
    rate = float(group["lr"])
    if isinstance(optimiser, torch.optim.Adam):  # AdamW among them
        return theory.adam_threshold({"learning_rate": rate, "momentum": float(group["betas"][0])}, {})
    if isinstance(optimiser, torch.optim.SGD):
        setting = {"learning_rate": rate * (1 - float(group["dampening"])), "momentum": float(group["momentum"])}
        law = theory.nesterov_threshold if group["nesterov"] else theory.heavy_ball_threshold
        return law(setting, {}) - float(group["weight_decay"])
    return float("nan")


class Watch(Watching):
    """Records what the laws speak about while a model is trained. `step()` after each step; `frame()` has the rows.

    `observe` names any of
    - loss: the mean loss over `data`;
    - sharpness: largest eigenvalue of its Hessian, with the optimiser's `threshold` and their `ratio` beside it. For
      Adam and AdamW it is preconditioned: of P^-1/2 H P^-1/2, P = (1 - beta1^t)(sqrt(v/(1 - beta2^t)) + epsilon);
    - batch_sharpness: mean over batches of g_B' H_B g_B / |g_B|^2, which SGD holds at 2/eta (Andreyev and Beneventano
      2024); one product and one gradient a batch;
    - noise_scale: in examples (two batches at least);
    - kernel_change: |K - K_0| / |K_0| of the tangent kernel on the first `probe` inputs since the watch began; the
      Jacobian is probe x outputs x parameters numbers;
    - kernel_alignment: <K, Y Y'> / (|K| |Y Y'|) of that kernel with the probe's targets, class numbers one-hot;
    - weight_change: |w - w_0| / |w_0|;
    - charge_drift: of the charges |row into a unit|^2 - |column out of it|^2 (bias with the row) that gradient flow
      keeps for ReLU and linear units between two linear layers (Du et al. 2018): sum of |c - c_0| over the sum of these
      squares at first. The layers are those that a Sequential joins so; elsewhere `charges` names them in pairs, as
      [("first", "hidden"), ("hidden", "last")].
    A sharpness costs about as much as 22 to 30 steps of full-batch training; `costs()` says what each cost here.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        loss: Loss,
        data: Batch | Sequence[Batch],
        optimiser: torch.optim.Optimizer | None = None,
        *,
        observe: Sequence[str] = ("loss", "sharpness"),
        probe: int = 16,
        charges: Sequence[tuple[str, str]] | None = None,
        every: int | None = None,
        budget: float = 0.25,
        seed: int = 0,
    ):
        self._loaded, self._optimiser = Loaded(model, loss, data, seed=seed), optimiser
        self._probe = self._loaded.batches[0][0][:probe]
        known: dict[str, Callable[[], dict[str, float]]] = {
            "loss": self._loss,
            "sharpness": self._sharpness,
            "batch_sharpness": self._batch_sharpness,
            "noise_scale": self._noise_scale,
            "kernel_change": self._kernel_change,
            "kernel_alignment": self._kernel_alignment,
            "weight_change": self._weight_change,
            "charge_drift": self._charge_drift,
        }
        if unknown := [name for name in observe if name not in known]:
            raise ValueError(f"nothing is called {unknown[0]!r}; there are {', '.join(known)}")
        self._onward = _random(self._loaded)
        self._first = _flat(self._loaded.parameters).detach().clone()
        self._kernel = self._kernel_now() if "kernel_change" in observe else None
        self._joined = _joined(model, charges) if "charge_drift" in observe else []
        self._charges = self._squares() if self._joined else None
        super().__init__({name: known[name] for name in observe}, every=every, budget=budget)

    def _loss(self) -> dict[str, float]:
        with self._loaded.untouched(), torch.no_grad():
            return {"loss": float(torch.stack([self._loaded.value(batch) for batch in self._loaded.batches]).mean())}

    def _sharpness(self) -> dict[str, float]:
        scale = self._scale()
        with self._loaded.untouched():
            start = self._onward + 0.1 * self._onward.norm() * _random(self._loaded, self.count)
            value, self._onward = _largest(self._loaded.hessian_product(self._loaded.batches, scale), start)
        value = curvature_seen(value)
        if self._optimiser is None:
            return {"sharpness": value}
        edge = threshold(self._optimiser)
        return {"sharpness": value, "threshold": edge, "ratio": value / edge}

    def _scale(self) -> torch.Tensor | None:
        """P^-1/2 of Adam's preconditioner; None for other optimisers, and before Adam's first step."""
        if not isinstance(self._optimiser, torch.optim.Adam):
            return None
        states = [self._optimiser.state.get(it) for it in self._loaded.parameters]
        if not all(states):
            return None
        group, parts = self._optimiser.param_groups[0], []
        for state in states:
            assert state is not None
            step = float(state["step"])
            second = state["max_exp_avg_sq" if group["amsgrad"] else "exp_avg_sq"] / (1 - group["betas"][1] ** step)
            parts.append((1 - group["betas"][0] ** step) * (second.sqrt() + group["eps"]))
        return _flat(parts).rsqrt()

    def _batch_sharpness(self) -> dict[str, float]:
        found = []
        with self._loaded.untouched():
            for batch in self._loaded.batches:
                gradient = self._loaded.gradient(batch)
                image = self._loaded.hessian_product([batch])(gradient)
                found.append(float(gradient @ image) / float(gradient @ gradient))
        return {"batch_sharpness": curvature_seen(float(np.mean(found)))}

    def _noise_scale(self) -> dict[str, float]:
        return {"noise_scale": noise_scale(self._loaded.model, self._loaded.loss, self._loaded.batches)}

    def _kernel_now(self) -> torch.Tensor:
        with self._loaded.untouched():
            return ntk(self._loaded.model, self._probe)

    def _kernel_change(self) -> dict[str, float]:
        assert self._kernel is not None
        return {"kernel_change": float((self._kernel_now() - self._kernel).norm() / self._kernel.norm())}

    def _kernel_alignment(self) -> dict[str, float]:
        kernel, targets = self._kernel_now(), self._loaded.batches[0][1][: len(self._probe)]
        if not targets.is_floating_point():
            targets = torch.nn.functional.one_hot(targets)
        wanted = targets.reshape(len(targets), -1).to(kernel)
        wanted = wanted @ wanted.T
        return {"kernel_alignment": float((kernel * wanted).sum() / (kernel.norm() * wanted.norm()))}

    def _squares(self) -> tuple[torch.Tensor, torch.Tensor]:
        """By hidden unit: the squared norm of what leads into it, and of what leads out, (units,) each."""
        biases = [0.0 if one.bias is None else one.bias.detach() ** 2 for one, _ in self._joined]
        into = [(one.weight.detach() ** 2).sum(dim=1) + bias for (one, _), bias in zip(self._joined, biases)]
        return torch.cat(into), torch.cat([(other.weight.detach() ** 2).sum(dim=0) for _, other in self._joined])

    def _charge_drift(self) -> dict[str, float]:
        assert self._charges is not None
        (into, out), (first_into, first_out) = self._squares(), self._charges
        drift = ((into - out) - (first_into - first_out)).abs().sum() / (first_into + first_out).sum()
        return {"charge_drift": float(drift)}

    def _weight_change(self) -> dict[str, float]:
        moved = _flat(self._loaded.parameters).detach() - self._first
        return {"weight_change": float(moved.norm() / self._first.norm())}


def _joined(
    model: torch.nn.Module, named: Sequence[tuple[str, str]] | None
) -> list[tuple[torch.nn.Linear, torch.nn.Linear]]:
    """Linear layers of which one's units are the other's inputs: those named, else what Sequentials join by ReLU."""
    if named is not None:
        pairs = [(model.get_submodule(one), model.get_submodule(other)) for one, other in named]
        for names, (one, other) in zip(named, pairs):
            if not (isinstance(one, torch.nn.Linear) and isinstance(other, torch.nn.Linear)):
                raise ValueError(f"charges: {' and '.join(names)} are not two linear layers")
            if one.out_features != other.in_features:
                told = f"{names[0]} has {one.out_features} units, and {names[1]} takes {other.in_features}"
                raise ValueError(f"charges: {told}; name layers of which one feeds the other")
    else:
        chains = [
            [part for part in it if not isinstance(part, torch.nn.ReLU | torch.nn.LeakyReLU | torch.nn.Identity)]
            for it in model.modules()
            if isinstance(it, torch.nn.Sequential)
        ]
        joined = [pair for chain in chains for pair in pairwise(chain)]
        pairs = [pair for pair in joined if all(isinstance(it, torch.nn.Linear) for it in pair)]
    if not pairs:
        raise ValueError(
            "charges are those of ReLU or linear units between two linear layers, and no Sequential of this model has "
            'them; name the layers in pairs: charges=[("first", "hidden"), ...]'
        )
    return pairs  # type: ignore[return-value]


def _refuse_mixed(model: object, loss: object, data: Any) -> None:
    """TypeError for arguments of a watch that stand in another order than model, loss, data, optimiser."""
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"model is {type(model).__name__}, no torch module; the order is model, loss, data, optimiser")
    if isinstance(data, torch.optim.Optimizer):
        raise TypeError("data is an optimiser; the order is model, loss, data, optimiser")
    if torch.is_tensor(data):
        raise TypeError("data is one tensor; give the pair (inputs, targets), or a list of such pairs")
    if not callable(loss):
        raise TypeError(f"loss is {type(loss).__name__}; give a function of outputs and targets")


def coordinate_check(
    make_model: Callable[[int], torch.nn.Module],
    widths: Sequence[int],
    loss: Loss,
    data: Batch,
    make_optimiser: Callable[[torch.nn.Module, int], torch.optim.Optimizer],
    *,
    steps: int = 1,
    seeds: int = 4,
) -> pd.DataFrame:
    """How each module's outputs scale with width: a row a module, with the exponents of their size and of their move.

    `size`: mean |output| at initialisation; `move`: mean |change| after `steps` steps on `data`. Both are fitted as
    powers of width over the medians of `seeds` initialisations. In muP hidden modules and the output move as width^0
    (Yang et al. 2022, appendix D.1); an exponent above 0 blows up as the model grows, one below dies out.
    """
    import pandas as pd

    if isinstance(make_model, torch.nn.Module):
        raise TypeError(
            "make_model is a model; give a function from a width to a new one: lambda width: MyModel(width)"
        )
    if isinstance(widths, int) or len(set(widths)) < 2:
        raise ValueError(
            f"widths is {widths}: an exponent needs two different widths at the least, as in [64, 128, 256]"
        )
    found: dict[str, dict[int, list[tuple[float, float]]]] = {}
    for width in widths:
        for seed in range(seeds):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                model = make_model(width)
                before = _outputs(model, data[0])
                optimiser = make_optimiser(model, width)
                for _ in range(steps):
                    optimiser.zero_grad()
                    loss(model(data[0]), data[1]).backward()
                    optimiser.step()
                after = _outputs(model, data[0])
            for name, first in before.items():
                measured = float(first.abs().mean()), float((after[name] - first).abs().mean())
                found.setdefault(name, {}).setdefault(width, []).append(measured)
    rows = {}
    for name, by_width in found.items():
        size, move = np.array([np.median(by_width[width], axis=0) for width in widths]).T
        rows[name] = {"size_exponent": _exponent(widths, size), "move_exponent": _exponent(widths, move)}
        rows[name] |= {f"move_at_{width}": value for width, value in zip(widths, move)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("module")


def _outputs(model: torch.nn.Module, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """What each module without parts puts out, and the model as a whole."""
    found: dict[str, torch.Tensor] = {}

    def keep(name: str) -> Callable:
        def hook(module: Any, given: Any, output: Any) -> None:
            if torch.is_tensor(output):
                found[name] = output.detach().clone()

        return hook

    parts = [(name, it) for name, it in model.named_modules() if not list(it.children())]
    hooks = [it.register_forward_hook(keep(name or "model")) for name, it in parts]
    with torch.no_grad():
        found["output"] = model(inputs).detach().clone()
    for hook in hooks:
        hook.remove()
    return found


def _exponent(widths: Sequence[int], values: np.ndarray) -> float:
    """Slope of log values over log widths; NaN where something did not move at all, or is not finite."""
    if not (np.isfinite(values).all() and (values > 0).all()):
        return float("nan")
    return float(np.polyfit(np.log(widths), np.log(values), 1)[0])


def _largest(product: Callable, start: torch.Tensor) -> tuple[float, torch.Tensor]:
    values, onward = largest_eigenvalues(lambda it: product(it[0])[None], start[None], tolerance=TOLERANCE, most=MOST)
    return float(values[0]), onward[0]


def _random(loaded: Loaded, number: int = 0) -> torch.Tensor:
    """A random direction of length one, (parameters,), from the watch's own seed."""
    first = loaded.parameters[0]
    generator = torch.Generator().manual_seed(loaded.seed + number)
    vector = torch.randn(loaded.size, generator=generator).to(first)
    return vector / vector.norm()


def _flat(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.cat([it.reshape(-1) for it in tensors])
