"""What is measured on a user's torch model, against dense Hessians, calculations by hand, and the laws themselves."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from tests.docs.conftest import blocks
from tollens.torch import Watch, coordinate_check, noise_scale, ntk, sharpness, spectrum, threshold
from tollens.watching import observables


def mean_squares(outputs, targets):
    return ((outputs - targets) ** 2).mean()


@pytest.fixture
def problem():
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2)).double()
    inputs, targets = torch.randn(40, 4).double(), torch.randn(40, 2).double()
    return model, inputs, targets


def dense_hessian(model, inputs, targets):
    names = [name for name, _ in model.named_parameters()]
    shapes = [it.shape for it in model.parameters()]
    flat = torch.cat([it.detach().flatten() for it in model.parameters()])

    def loss(vector):
        pieces = vector.split([shape.numel() for shape in shapes])
        weights = {name: piece.view(shape) for name, piece, shape in zip(names, pieces, shapes)}
        return mean_squares(torch.func.functional_call(model, weights, (inputs,)), targets)

    return torch.autograd.functional.hessian(loss, flat)


def test_sharpness_and_spectrum_are_the_dense_hessians(problem):
    model, inputs, targets = problem
    exact = torch.linalg.eigvalsh(dense_hessian(*problem)).flip(0)
    assert sharpness(model, mean_squares, (inputs, targets)) == pytest.approx(float(exact[0]), rel=3e-3)
    halves = [(inputs[:20], targets[:20]), (inputs[20:], targets[20:])]
    assert sharpness(model, mean_squares, halves) == pytest.approx(float(exact[0]), rel=3e-3)
    assert spectrum(model, mean_squares, halves, largest=5) == pytest.approx(exact[:5].numpy(), rel=1e-3)


def test_nothing_of_the_training_is_touched():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Dropout(0.5), nn.Linear(5, 1))
    inputs, targets = torch.randn(8, 3), torch.randn(8, 1)
    mean_squares(model(inputs), targets).backward()
    state = {name: it.clone() for name, it in model.state_dict().items()}
    gradients = [it.grad.clone() for it in model.parameters()]
    random = torch.random.get_rng_state()
    watch = Watch(model, mean_squares, [(inputs[:4], targets[:4]), (inputs[4:], targets[4:])], observe=OBSERVED)
    watch.step()
    assert torch.equal(torch.random.get_rng_state(), random)
    assert all(torch.equal(state[name], it) for name, it in model.state_dict().items())
    assert all(torch.equal(it.grad, grad) for it, grad in zip(model.parameters(), gradients))
    assert model.training


OBSERVED = ("loss", "sharpness", "batch_sharpness", "noise_scale", "weight_change")


def test_the_noise_scale_is_that_of_a_known_gradient():
    """f = w.x with loss f: an example's gradient is x, so that the scale is tr cov(x) / |mean x|^2 = 6 / 12."""
    generator = torch.Generator().manual_seed(1)
    model = nn.Linear(3, 1, bias=False).double()
    inputs = 2 + math.sqrt(2) * torch.randn(6000, 3, generator=generator).double()
    batches = [(it, it) for it in inputs.split(20)]
    assert noise_scale(model, lambda outputs, _: outputs.mean(), batches) == pytest.approx(0.5, rel=0.1)
    with pytest.raises(ValueError, match="two batches"):
        noise_scale(model, lambda outputs, _: outputs.mean(), batches[:1])


def test_the_kernel_is_the_product_of_jacobians(problem):
    model, inputs, _ = problem
    rows = []
    for one in inputs[:3]:
        jacobians = [torch.autograd.grad(model(one)[o], list(model.parameters())) for o in range(2)]
        rows.append(torch.stack([torch.cat([it.flatten() for it in parts]) for parts in jacobians]))
    features = torch.stack(rows)
    assert torch.allclose(ntk(model, inputs[:3]), torch.einsum("iop,jop->ij", features, features))


@pytest.mark.parametrize(
    ("optimiser", "expected"),
    [
        (lambda p: torch.optim.SGD(p, lr=0.1), 20),
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), 38),
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.9), 380),  # an averaging momentum
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True), 38 / 2.8),
        (lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.5), 19.5),
        (lambda p: torch.optim.Adam(p, lr=1e-3), 38_000),
        (lambda p: torch.optim.AdamW(p, lr=1e-3, betas=(0.5, 0.99)), 6_000),
    ],
)
def test_thresholds_are_those_of_a_quadratic(optimiser, expected):
    assert threshold(optimiser([nn.Parameter(torch.zeros(1))])) == pytest.approx(expected)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_below_the_threshold_a_quadratic_stays_and_above_it_grows(momentum):
    """Independent of the formula: descend on lambda x^2 / 2 with torch's own optimiser."""
    for factor, grows in ((0.98, False), (1.02, True)):
        x = nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
        optimiser = torch.optim.SGD([x], lr=0.1, momentum=momentum)
        curvature = factor * threshold(optimiser)
        for _ in range(2000):
            optimiser.zero_grad()
            (curvature * x**2 / 2).sum().backward()
            optimiser.step()
            if float(x.detach().abs()) > 1e6:
                break
        assert (float(x.detach().abs()) > 1e3) is grows


def test_adams_sharpness_is_preconditioned(problem):
    model, inputs, targets = problem
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(3):
        optimiser.zero_grad()
        mean_squares(model(inputs), targets).backward()
        optimiser.step()
    watch = Watch(model, mean_squares, (inputs, targets), optimiser, observe=["sharpness"])
    second = torch.cat([optimiser.state[it]["exp_avg_sq"].flatten() for it in model.parameters()])
    scale = 1 / ((1 - 0.9**3) * (torch.sqrt(second / (1 - 0.999**3)) + 1e-8))
    exact = np.linalg.eigvals(np.diag(scale.numpy()) @ dense_hessian(*problem).numpy()).real.max()
    row = watch.frame().iloc[0]
    assert row["sharpness"] == pytest.approx(exact, rel=3e-3)
    assert row["ratio"] == pytest.approx(exact / 38_000, rel=3e-3)


def test_batch_sharpness_is_the_curvature_along_each_batches_gradient(problem):
    model, inputs, targets = problem
    batches = [(inputs[i : i + 10], targets[i : i + 10]) for i in range(0, 40, 10)]
    expected = []
    for batch in batches:
        gradient = torch.cat(
            [
                it.flatten()
                for it in torch.autograd.grad(mean_squares(model(batch[0]), batch[1]), list(model.parameters()))
            ]
        )
        expected.append(float(gradient @ dense_hessian(model, *batch) @ gradient / (gradient @ gradient)))
    watch = Watch(model, mean_squares, batches, observe=["batch_sharpness"])
    assert watch.frame()["batch_sharpness"][0] == pytest.approx(np.mean(expected))


def test_full_batch_descent_is_seen_to_stop_at_two_over_eta():
    """The law itself, on a model that no experiment here has: a convolution."""
    torch.manual_seed(1)
    model = nn.Sequential(
        nn.Conv1d(1, 8, 5, padding=2), nn.Tanh(), nn.Flatten(), nn.Linear(8 * 16, 32), nn.Tanh(), nn.Linear(32, 4)
    )
    inputs = torch.randn(64, 1, 16)
    targets = nn.functional.one_hot(torch.randint(0, 4, (64,)), 4).float()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.3)
    watch = Watch(model, mean_squares, (inputs, targets), optimiser, every=50)
    for _ in range(2000):
        optimiser.zero_grad()
        mean_squares(model(inputs), targets).backward()
        optimiser.step()
        watch.step()
    frame = watch.frame()
    assert frame["threshold"].unique() == pytest.approx([2 / 0.3])
    assert frame["ratio"].iloc[0] < 0.6
    assert 0.95 < frame["ratio"].iloc[-10:].median() < 1.1
    assert watch.costs().loc["sharpness", "looks"] == 41


def test_a_run_that_diverged_is_seen_as_infinitely_sharp(problem):
    """Not as NaN, which says that nobody looked."""
    model, inputs, targets = problem
    with torch.no_grad():
        model[0].weight.fill_(float("nan"))
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    row = (
        Watch(model, mean_squares, (inputs, targets), optimiser, observe=["sharpness", "batch_sharpness"])
        .frame()
        .iloc[0]
    )
    assert (row["sharpness"], row["ratio"], row["batch_sharpness"]) == (math.inf, math.inf, math.inf)


class Standard(nn.Module):
    """A multilayer perceptron in torch's own parametrisation, or in muP: three lines differ."""

    def __init__(self, width: int, *, mup: bool):
        super().__init__()
        self.first, self.hidden, self.last = nn.Linear(10, width), nn.Linear(width, width), nn.Linear(width, 3)
        if mup:
            nn.init.normal_(self.last.weight, std=1 / width)

    def forward(self, x):
        return self.last(torch.relu(self.hidden(torch.relu(self.first(x)))))


@pytest.mark.parametrize(("mup", "hidden", "output"), [(True, 0, 0), (False, 1, 1)])
def test_a_coordinate_check_tells_mup_from_a_model_that_is_wrong(mup, hidden, output):
    """One step of Adam at a fixed rate moves hidden units and the output by width; rates of 1/width undo it."""

    def optimiser(model, width):
        scaled = [*model.hidden.parameters(), *model.last.parameters()] if mup else []
        others = [it for it in model.parameters() if not any(it is one for one in scaled)]
        groups = [{"params": others, "lr": 1e-3}] + ([{"params": scaled, "lr": 1e-3 * 64 / width}] if mup else [])
        return torch.optim.Adam(groups)

    torch.manual_seed(0)
    data = torch.randn(64, 10), torch.randn(64, 3)
    make = lambda width: Standard(width, mup=mup)  # noqa: E731
    frame = coordinate_check(make, [64, 128, 256, 512], mean_squares, data, optimiser)
    assert frame.loc["hidden", "move_exponent"] == pytest.approx(hidden, abs=0.25)
    assert frame.loc["output", "move_exponent"] == pytest.approx(output, abs=0.3)
    assert list(frame.index) == ["first", "hidden", "last", "output"]


def test_what_is_not_known_is_said(problem):
    model, inputs, targets = problem
    with pytest.raises(ValueError, match="'sharp'; there are loss, sharpness"):
        Watch(model, mean_squares, (inputs, targets), observe=["sharp"])
    with pytest.raises(ValueError, match="batches of equal size"):
        Watch(model, mean_squares, [(inputs[:10], targets[:10]), (inputs[10:], targets[10:])])


def test_arguments_in_another_order_are_told_apart(problem):
    model, inputs, targets = problem
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    for wrong, told in (
        ((mean_squares, model, (inputs, targets)), "model is function"),
        ((model, mean_squares, inputs), "pair"),
        ((model, mean_squares, optimiser), "data is an optimiser"),
        ((model, 0.5, (inputs, targets)), "loss is float"),
    ):
        with pytest.raises(TypeError, match=told):
            Watch(*wrong)
    with pytest.raises(TypeError, match=r"watch\.frame\(\)"):
        observables(Watch(model, mean_squares, (inputs, targets)))


@pytest.mark.parametrize("widths", [[64], [64, 64], 64])
def test_a_coordinate_check_of_one_width_has_no_exponent(problem, widths):
    _, inputs, targets = problem
    with pytest.raises(ValueError, match="two different widths"):
        coordinate_check(lambda width: nn.Linear(4, 2), widths, mean_squares, (inputs, targets), lambda it, width: it)


def test_a_coordinate_check_wants_a_function_and_not_a_model(problem):
    model, inputs, targets = problem
    with pytest.raises(TypeError, match="lambda width"):
        coordinate_check(model, [8, 16], mean_squares, (inputs, targets), lambda it, width: it)


@pytest.mark.parametrize(("rate", "steps"), [(0.02, 200), (0.01, 400)])
def test_charges_drift_as_steps_are_long_and_not_with_time(rate, steps):
    """ReLU units under descent: over a fixed time the drift is of first order in the step (the flow keeps them)."""
    drift = {}
    for shorter in (1, 2):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)).double()
        inputs, targets = torch.randn(20, 4).double(), torch.randn(20, 2).double()
        optimiser = torch.optim.SGD(model.parameters(), lr=rate / shorter)
        watch = Watch(
            model, mean_squares, (inputs, targets), optimiser, observe=["charge_drift"], every=steps * shorter
        )
        for _ in range(steps * shorter):
            optimiser.zero_grad()
            mean_squares(model(inputs), targets).backward()
            optimiser.step()
            watch.step()
        assert watch.frame()["charge_drift"].iloc[0] == 0
        drift[shorter] = watch.frame()["charge_drift"].iloc[-1]
    assert 0 < drift[1] < 0.05
    assert drift[1] / drift[2] == pytest.approx(2, rel=0.1)


class Branches(nn.Module):
    """Two layers side by side, of the same size as one that follows: their order in `modules()` joins nothing."""

    def __init__(self):
        super().__init__()
        self.left, self.right, self.last = (nn.Linear(4, 4, bias=False).double() for _ in range(3))

    def forward(self, x):
        return self.last(torch.relu(self.left(x)) + self.right(x))


def test_charges_are_those_of_layers_that_lead_into_each_other():
    torch.manual_seed(0)
    data = torch.randn(20, 4).double(), torch.randn(20, 4).double()
    watch = {"observe": ["charge_drift"], "every": 1}
    with pytest.raises(ValueError, match=r'name the layers in pairs: charges=\[\("first", "hidden"\), ...\]'):
        Watch(Branches(), mean_squares, data, **watch)
    tanh = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 4)).double()
    with pytest.raises(ValueError, match="ReLU or linear units"):
        Watch(tanh, mean_squares, data, **watch)
    with pytest.raises(ValueError, match="0 has 8 units, and 0 takes 4"):
        Watch(tanh, mean_squares, data, charges=[("0", "0")], **watch)
    model = Branches()
    named = Watch(model, mean_squares, data, charges=[("left", "last")], **watch)
    with torch.no_grad():
        before = (model.left.weight**2).sum() + (model.last.weight**2).sum()
        model.right.weight *= 2  # no charge of left's units
        model.left.weight[0] *= 2  # adds 3 of its squared norm to the charge of the first unit
        moved = 0.75 * (model.left.weight[0] ** 2).sum()
    assert named.step()["charge_drift"] == pytest.approx(float(moved / before))


def test_a_kernel_of_labels_is_aligned_and_one_of_inputs_as_its_matrix_says():
    """A linear model's kernel is X X', whatever its weights: its alignment follows by hand."""
    inputs = torch.eye(4).double()
    model = nn.Linear(4, 1, bias=False).double()
    loss = lambda outputs, _: outputs.square().mean()  # noqa: E731
    targets = torch.tensor([[1.0], [1.0], [1.0], [1.0]]).double()  # Y Y' is all ones: <1, 11'> / (2 x 4) = 1/2
    observed = Watch(model, loss, (inputs, targets), observe=["kernel_alignment"]).frame()
    assert observed["kernel_alignment"].iloc[0] == pytest.approx(0.5)
    classes = Watch(model, loss, (inputs, torch.tensor([0, 1, 2, 3])), observe=["kernel_alignment"]).frame()
    assert classes["kernel_alignment"].iloc[0] == pytest.approx(1.0)


def test_the_callbacks_of_the_documents_watch_a_training(monkeypatch):
    """Lightning's and Hugging Face's, upon stand-ins of the two classes that they derive from."""
    (snippet,) = (it for it in blocks("docs/my_network.md") if "lightning.Callback" in it.text)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2))
    batches = [(torch.randn(8, 4), torch.randn(8, 2)) for _ in range(3)]
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    names = {
        "lightning": SimpleNamespace(Callback=object),
        "transformers": SimpleNamespace(TrainerCallback=object),
        "Watch": Watch,
        "loss": mean_squares,
        "batches": batches,
    }
    exec(snippet.text, names)
    one, other = names["Tollens"](), names["TollensToo"]()
    one.on_train_start(SimpleNamespace(optimizers=[optimiser]), model)
    other.on_train_begin("args", "state", "control", model=model, optimizer=optimiser, tokenizer=None)
    for _ in range(12):
        one.on_train_batch_end("trainer", "module", "outputs", "batch", 0)
        other.on_step_end("args", "state", "control", logs={})
    for callback in (one, other):
        assert callback.watch.count == 12
        assert callback.watch.frame()["threshold"].iloc[0] == pytest.approx(20)
