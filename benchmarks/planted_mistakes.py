"""Which law catches which mistake: training code of a reader's kind, with one line wrong, judged by the project's rule.

    python benchmarks/planted_mistakes.py            # the table of docs/my_network.md, some minutes

Five small programs in plain torch, none of this project's. Each is asked by the laws that speak of it, as the fixture
`law` asks: what was *meant* (loss, rate, momentum, labels, parametrisation) goes into the prediction, what the program
left is measured. A law catches a mistake if it supports the program without it, and does not support it with it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

import tollens
from tollens.torch import ntk, sharpness

SEEDS = range(6)
"""As many runs as decide at the least."""


def half_mean(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The loss that is meant: half the squared error, summed over outputs, its mean over rows."""
    return 0.5 * ((outputs - targets) ** 2).sum(dim=1).mean()


LOSSES = {
    "sum for mean in the loss": lambda outputs, targets: 0.5 * ((outputs - targets) ** 2).sum(),
    "a loss without its 1/2": lambda outputs, targets: ((outputs - targets) ** 2).sum(dim=1).mean(),
}


def rows(seed: int, *, number: int = 100) -> tuple[torch.Tensor, torch.Tensor]:
    """Gaussian inputs (number, 10) with four random classes, one-hot."""
    generator = torch.Generator().manual_seed(seed)
    classes = torch.randint(0, 4, (number,), generator=generator)
    return torch.randn(number, 10, generator=generator), torch.eye(4)[classes]


# --- full batches: what the step size does to curvature


def full_batch(
    mistake: str, *, rate: float, momentum: float = 0.0, norm: bool = False, warm_up: int = 0, steps: int = 3000
) -> pd.DataFrame:
    """Sharpness of the meant loss late in full-batch descent: a row a seed; infinite where the loss is not finite."""
    found = []
    for seed in SEEDS:
        inputs, targets = rows(seed)
        torch.manual_seed(seed)
        layers: list[nn.Module] = []
        for fan_in in (10, 24):
            layers += [nn.Linear(fan_in, 24), *([nn.BatchNorm1d(24)] if norm else []), nn.Tanh()]
        model = nn.Sequential(*layers, nn.Linear(24, 4))
        loss = LOSSES.get(mistake, half_mean)
        seen = targets.roll(1, dims=0) if mistake == "labels shifted by one row" else targets
        if mistake == "batch norm left in evaluation":
            model.eval()
        optimiser = torch.optim.SGD(
            model.parameters(),
            lr=rate * (2 if mistake == "rate scaled twice" else 1),
            momentum=momentum,
            dampening=momentum if mistake == "averaging momentum for Polyak's" else 0.0,
            nesterov=mistake == "Nesterov's momentum for Polyak's",
        )
        looks = []
        for step in range(steps):
            if mistake != "gradients not zeroed":
                optimiser.zero_grad()
            value = loss(model(inputs), seen)
            value.backward()
            for group in optimiser.param_groups:
                if warm_up and mistake != "warm-up skipped":
                    group["lr"] = rate * min(1.0, (step + 1) / warm_up)
            optimiser.step()
            if not bool(torch.isfinite(value)):
                break
            if step >= steps // 2 and step % (steps // 12) == 0:
                model.train()
                looks.append(sharpness(model, half_mean, (inputs, targets)))
                model.train(mistake != "batch norm left in evaluation")
        finite = bool(torch.isfinite(value)) and np.isfinite(looks).all()
        found.append(float(np.median(looks)) if finite else float("inf"))
    return pd.DataFrame({"sharpness": found})


def edge(mistake: str, *, rate: float = 0.3, norm: bool = False, warm_up: int = 0) -> Any:
    frame = full_batch(mistake, rate=rate, norm=norm, warm_up=warm_up)
    columns = {"late_sharpness": "sharpness"}
    return tollens.judge("eos-gd-two-over-eta", frame, columns=columns, learning_rate=rate, momentum=0)


def heavy_ball(mistake: str) -> Any:
    rate, momentum = 0.6, 0.5
    frame = full_batch(mistake, rate=rate, momentum=momentum)
    columns = {"late_sharpness": "sharpness"}
    return tollens.judge("eos-heavy-ball", frame, columns=columns, learning_rate=rate, momentum=momentum)


# --- a lazy network: how far the weights move


def lazy(mistake: str, *, multiplier: float = 30.0, steps: int = 400) -> Any:
    """A wide network whose output is multiplied and whose first output is taken off, trained for some time."""
    found = []
    for seed in SEEDS:
        inputs, labels = rows(seed, number=24)
        labels = labels[:, :1] - labels[:, 1:2]
        torch.manual_seed(seed)
        width = 1024
        model = nn.Sequential(nn.Linear(10, width), nn.Tanh(), nn.Linear(width, 1))
        first = model(inputs).detach()
        kernel = ntk(model, inputs) / len(inputs)  # of the mean over rows
        eigenvalues, vectors = torch.linalg.eigh(kernel.double())
        rate = 1.0 / float(eigenvalues[-1])
        start = nn.utils.parameters_to_vector(model.parameters()).detach().clone()
        loss = LOSSES.get(mistake, half_mean)
        seen = labels.roll(1, dims=0) if mistake == "labels shifted by one row" else labels
        twice = 2 if mistake == "rate scaled twice" else 1
        optimiser = torch.optim.SGD(model.parameters(), lr=rate * twice)
        for _ in range(steps):
            optimiser.zero_grad()
            loss(model(inputs) - first, seen / multiplier).backward()
            optimiser.step()
        moved = nn.utils.parameters_to_vector(model.parameters()).detach() - start
        modes = (vectors.T @ labels.double())[:, 0]
        given = {"kernel_eigenvalues": eigenvalues.numpy() * len(inputs), "labels": modes.numpy()}
        found.append({"moved": float(moved.double().norm()), **given})
    columns = {"displacement": "moved", "given.kernel_eigenvalues": "kernel_eigenvalues", "given.labels": "labels"}
    settings = {"relative_learning_rate": 1.0, "steps": steps, "multiplier": multiplier}
    return tollens.judge("lazy-displacement-from-kernel", pd.DataFrame(found), columns=columns, **settings)


# --- batches: many small steps and few large ones


def batches(mistake: str, *, batch: int = 4, times: int = 8, rate: float = 0.005, budget: int = 1600) -> Any:
    """Loss after as many rows in large batches as in small ones, averaged over four orders."""
    found = []
    for seed in SEEDS:
        inputs, targets = rows(seed, number=600)
        means = []
        for size, step in ((batch, rate), (batch * times, rate * times)):
            if mistake == "rate scaled twice" and size != batch:
                step *= times
            if mistake == "rate scaled by the root of the batch" and size != batch:
                step = rate * times**0.5
            losses = []
            for order in range(4):
                torch.manual_seed(seed)
                model = nn.Sequential(nn.Linear(10, 64), nn.Tanh(), nn.Linear(64, 4))
                generator = torch.Generator().manual_seed(100 * seed + order)
                optimiser = torch.optim.SGD(model.parameters(), lr=step)
                loss = LOSSES.get(mistake, half_mean)
                for _ in range(budget // size):
                    drawn = torch.randint(0, 600, (size,), generator=generator)
                    optimiser.zero_grad()
                    loss(model(inputs[drawn]), targets[drawn]).backward()
                    optimiser.step()
                losses.append(float(half_mean(model(inputs), targets).detach()))
            means.append(np.mean(losses))
        found.append(means[1] / means[0])
    frame = pd.DataFrame({"ratio": found})
    return tollens.judge("linear-scaling-rule", frame, columns={"loss_ratio": "ratio"}, rule="linear", times=times)


# --- widths: how far the first step of Adam moves


def widths(mistake: str, *, measured: str) -> Any:
    """A perceptron in the maximal-update parametrisation, base width 64, under AdamW: how far two layers move."""
    found = []
    for seed in SEEDS:
        for width in (64, 128, 256, 512):
            torch.manual_seed(seed)
            multiple = width / 64
            inputs, targets = rows(seed, number=16)
            first, hidden, last = (nn.Linear(*fans, bias=False) for fans in ((10, width), (width, width), (width, 4)))
            for layer in (first, hidden, last):
                nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
            if mistake != "muP without its readout line":
                last.weight.data /= multiple**0.5
            slower = 1.0 if mistake == "muP without its hidden rate" else multiple
            early = multiple if mistake == "muP with the input's rate divided" else 1.0
            groups = [
                {"params": first.weight, "lr": 1e-3 / early},
                {"params": hidden.weight, "lr": 1e-3 / slower},
                {"params": last.weight, "lr": 1e-3 / multiple},
            ]
            coupled = mistake == "weight decay coupled for decoupled"
            optimiser = (torch.optim.Adam if coupled else torch.optim.AdamW)(groups, weight_decay=0.1)
            loss = LOSSES.get(mistake, half_mean)

            before = _perceptron(first, hidden, last, inputs)
            loss(before["output_move"], targets).backward()
            optimiser.step()
            after = _perceptron(first, hidden, last, inputs)
            found.append(
                {name: float((after[name] - it).detach().square().mean().sqrt()) for name, it in before.items()}
            )
            found[-1] |= {"width": width, "seed": seed}
    claim = {"hidden_move": "mup-hidden-coordinate-check", "output_move": "mup-coordinate-check"}[measured]
    columns = {measured: measured, "width": "width", "trial": "seed"}
    return tollens.judge(claim, pd.DataFrame(found), columns=columns, steps=1)


def _perceptron(first: nn.Linear, hidden: nn.Linear, last: nn.Linear, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    inner = hidden(torch.relu(first(inputs)))
    return {"hidden_move": inner, "output_move": last(torch.relu(inner))}


def attention(mistake: str, *, scale: str, heads: int = 128) -> Any:
    """Heads of attention, each a network of its own, over 8 tokens of 16 kinds, rates of muP: how far the first
    step of Adam moves their logits."""
    powers = {"attention without 1/sqrt(d)": 0.0, "attention over sqrt(d) for muP's d": -0.5}
    power = powers.get(mistake, {"root": -0.5, "head": -1.0}[scale])
    found = []
    for seed in SEEDS:
        for width in (32, 64, 128, 256):
            generator = torch.Generator().manual_seed(seed)
            slower = 1.0 if mistake == "muP without its hidden rate" else width / 32
            squares = [_attention_move(width, width**power, slower, generator) ** 2 for _ in range(heads)]
            found.append({"move": np.sqrt(np.mean(squares)), "width": width, "seed": seed})
    claim = {"root": "root-attention-first-move", "head": "mup-attention-first-move"}[scale]
    columns = {"attention_move": "move", "width": "width", "trial": "seed"}
    return tollens.judge(claim, pd.DataFrame(found), columns=columns)


def _attention_move(width: int, scale: float, slower: float, generator: torch.Generator) -> float:
    tokens, following = torch.randint(0, 16, (2, 8), generator=generator)

    def normal(*shape: int, std: float) -> nn.Parameter:
        return nn.Parameter(std * torch.randn(*shape, generator=generator))

    embedding, readout = normal(16, width, std=1.0), normal(width, 16, std=1 / width)
    query, key, value = (normal(width, width, std=width**-0.5) for _ in range(3))
    optimiser = torch.optim.Adam(
        [
            {"params": embedding, "lr": 1e-3},
            {"params": [query, key, value], "lr": 1e-3 / slower},
            {"params": readout, "lr": 1e-3 * 32 / width},
        ]
    )

    def logits() -> torch.Tensor:
        x = embedding[tokens]
        return (x @ query) @ (x @ key).T * scale

    before = logits()
    nn.functional.cross_entropy(before.softmax(dim=1) @ (embedding[tokens] @ value) @ readout, following).backward()
    optimiser.step()
    return float((logits() - before).detach().square().mean().sqrt())


LAWS: dict[str, Callable[[str], Any]] = {
    "two over eta": edge,
    "two over eta, batch norm": partial(edge, norm=True),
    "two over eta, warm-up": partial(edge, rate=1.4, warm_up=500),
    "heavy ball": heavy_ball,
    "lazy displacement": lazy,
    "linear scaling": batches,
    "muP, hidden": partial(widths, measured="hidden_move"),
    "muP, output": partial(widths, measured="output_move"),
    "attention over the root": partial(attention, scale="root"),
    "muP, attention": partial(attention, scale="head"),
}
"""By name: a program that, with a mistake or with none, is judged by one law."""
LOSS, RATE = ("two over eta", "lazy displacement"), ("two over eta", "lazy displacement", "linear scaling")
PLANTED = {
    "averaging momentum for Polyak's": ("heavy ball",),
    "Nesterov's momentum for Polyak's": ("heavy ball",),
    "sum for mean in the loss": (*RATE, "muP, hidden"),
    "a loss without its 1/2": (*RATE, "muP, hidden"),
    "attention without 1/sqrt(d)": ("attention over the root",),
    "attention over sqrt(d) for muP's d": ("muP, attention",),
    "labels shifted by one row": LOSS,
    "batch norm left in evaluation": ("two over eta, batch norm",),
    "rate scaled twice": RATE,
    "rate scaled by the root of the batch": ("linear scaling",),
    "weight decay coupled for decoupled": ("muP, hidden", "muP, output"),
    "warm-up skipped": ("two over eta, warm-up",),
    "gradients not zeroed": ("two over eta",),
    "muP without its hidden rate": ("muP, hidden", "muP, output", "muP, attention"),
    "muP without its readout line": ("muP, hidden", "muP, output"),
    "muP with the input's rate divided": ("muP, hidden", "muP, output"),
}
"""By mistake: the laws that are asked of the program with it."""


def table(mistakes: dict[str, tuple[str, ...]] = PLANTED) -> pd.DataFrame:
    """A row a mistake and law: the verdicts without and with it, and the median of what is compared, with it."""
    sound = {law: LAWS[law]("") for law in dict.fromkeys(law for laws in mistakes.values() for law in laws)}
    rows = []
    for mistake, laws in mistakes.items():
        for law in laws:
            judged = LAWS[law](mistake)
            middle = float(judged.runs["agreement"].median())
            rows.append(
                (mistake, law, judged.claim, sound[law].verdict, judged.verdict, judged.entry.agreement.by, middle)
            )
    names = ["mistake", "law", "claim", "sound", "mistaken", "by", "median"]
    return pd.DataFrame(rows, columns=names)


def written(found: pd.DataFrame) -> str:
    """The table in Markdown, a line a mistake; laws that do not support the sound program say nothing and are named."""
    lines = ["| Mistake | Refuted by | Undecided | Missed by |", "|---|---|---|---|"]
    for mistake, rows in found.groupby("mistake", sort=False):
        told: dict[str, list[str]] = {"refuted": [], "inconclusive": [], "supported": []}
        for row in rows.itertuples():
            far = "diverged" if np.isinf(row.median) else f"{row.by} {row.median:.2f}"
            doubt = "" if row.sound == "supported" else f"; sound: {row.sound}"
            told[row.mistaken].append(f"{row.law} ({far}{doubt})")
        lines.append(f"| {mistake} | {' | '.join(', '.join(laws) for laws in told.values())} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mistakes", nargs="*", metavar="MISTAKE", help="Only these.")
    chosen = parser.parse_args().mistakes
    torch.set_num_threads(1)
    found = table({name: laws for name, laws in PLANTED.items() if not chosen or name in chosen})
    print(found.to_string(index=False, float_format="{:.3f}".format))
    print()
    print(written(found))


if __name__ == "__main__":
    main()
