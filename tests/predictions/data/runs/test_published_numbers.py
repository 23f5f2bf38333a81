"""Each table against a number that its authors, or somebody else, published."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import Akima1DInterpolator
from scipy.optimize import curve_fit, minimize
from scipy.stats import spearmanr

from predictions.data.runs import monkeys

# --- losses over sizes and tokens ------------------------------------------------------------------------------------


def test_chinchilla_gives_the_refit_of_besiroglu_et_al(table_of):
    # their section 2: A 482.01, B 2085.43, alpha .3478, beta .3658, E 1.8172, on 240 of 245 points. Their likelihood
    # has a free scale, 5e-6 at its maximum, and the Huber width of 1e-3 is in its units: what they minimise is the sum
    # of absolute deviations of ln L. (With a width of 1e-3 of ln L itself the minimum is A 477.8, B 2143.4.)
    runs = table_of("chinchilla").query("not outlier")
    assert len(runs) == 240
    size, tokens, loss = (np.log(runs[name].to_numpy()) for name in ("parameters", "tokens", "loss"))

    def deviations(parameters):
        log_floor, log_a, log_b, alpha, beta = parameters
        predicted = np.logaddexp(np.logaddexp(log_a - alpha * size, log_b - beta * tokens), log_floor)
        return np.sum(np.abs(predicted - loss))

    found = np.array([np.log(1.8), np.log(450), np.log(1900), 0.345, 0.36])
    options = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 20_000, "maxfev": 20_000, "adaptive": True}
    for _ in range(12):  # restarts: a simplex shrinks in the valley along which A goes with alpha, B with beta
        found = minimize(deviations, found, method="Nelder-Mead", options=options).x
    assert np.exp(found[1]) == pytest.approx(482.01, abs=0.01)
    assert np.exp(found[2]) == pytest.approx(2085.43, abs=0.05)
    assert found[3] == pytest.approx(0.3478, abs=5e-5)
    assert found[4] == pytest.approx(0.3658, abs=1e-4)
    assert np.exp(found[0]) == pytest.approx(1.8172, abs=4e-4)


def test_isoflops_repeat_the_points_of_chinchilla_and_of_llama_twice(table_of):
    points = table_of("isoflops")
    assert points["source"].nunique() == 8
    both = table_of("chinchilla")
    mine = points[points["source"].str.startswith("epochai_chinchilla")]
    assert len(mine) == 123
    there = np.log(both[["parameters", "loss"]].to_numpy())
    distance = [np.abs(there - row).sum(axis=1).min() for row in np.log(mine[["parameters", "loss"]].to_numpy())]
    assert max(distance) < 1e-6
    drawn, exponentiated = (points[points["source"] == f"llama_3/{kind}_loss"] for kind in ("raw", "exp"))
    np.testing.assert_allclose(np.exp(drawn["loss"].sort_values()), exponentiated["loss"].sort_values(), rtol=1e-9)


@pytest.mark.parametrize(
    ("protocol", "exponent"),
    [
        ("base/long/kaplan/kaplan/train", 0.83),
        ("base/long/kaplan/standard/val", 0.70),
        ("base/short/kaplan/standard/val", 0.60),
        ("base/short/chinchilla/standard/val", 0.57),
        ("tuned/short/const/standard/val", 0.50),
    ],
)
def test_porian_leads_from_kaplan_to_chinchilla(table_of, protocol, exponent):
    # figure 1: N* ~ C^a under each protocol
    minima = table_of("porian", "minima").query("corpus == 'rw' and protocol == @protocol")
    slope, _ = np.polyfit(np.log(minima["flop"]), np.log(minima["parameters"]), 1)
    assert slope == pytest.approx(exponent, abs=0.005)
    budgets, sizes = [], []
    for budget, curve in table_of("porian").query("corpus == 'rw' and protocol == @protocol").groupby("flop"):
        log_size, log_loss = np.log(curve.sort_values("parameters")[["parameters", "loss"]].to_numpy()).T
        fine = np.linspace(log_size[0], log_size[-1], 2000)
        lowest = Akima1DInterpolator(log_size, log_loss)(fine).argmin()
        if 0 < lowest < len(fine) - 1:
            budgets.append(np.log(budget))
            sizes.append(fine[lowest])
    assert np.polyfit(budgets, sizes, 1)[0] == pytest.approx(exponent, abs=0.01), "the curves have these minima"


@pytest.mark.parametrize(
    ("corpus", "floor", "a", "b", "exponent"),
    [
        ("c4_original", 1.51, 141, 190, 0.121),
        ("rpj", 1.84, 212, 367, 0.136),
        ("rw_original", 1.73, 157, 246, 0.127),
    ],
)
def test_over_training_gives_the_coefficients_of_gadre_et_al(table_of, corpus, floor, a, b, exponent):
    # L = E + (a M^eta + b M^-eta) C^-eta with M = D/N, fitted to five small runs; appendix, fits on C4's validation set
    runs = table_of("over_training").query("family == @corpus")
    smallest = runs["model"] == "d=96_l=8_h=4"
    others = runs["model"].isin(["d=512_l=8_h=4", "d=576_l=24_h=8", "d=1024_l=24_h=8"])
    fitted = runs[((runs["multiplier"] == 1) & (smallest | others)) | ((runs["multiplier"] == 16) & smallest)]
    assert len(fitted) == 5

    def law(inputs, floor, log_a, log_b, exponent):
        log_compute, log_ratio = inputs
        rising = np.exp(log_a + exponent * (log_ratio - log_compute))
        return floor + rising + np.exp(log_b - exponent * (log_ratio + log_compute))

    inputs = np.log([fitted["flop"], fitted["tokens"] / fitted["parameters"]])
    found, _ = curve_fit(law, inputs, fitted["loss"], p0=(1.7, np.log(150), np.log(250), 0.13), maxfev=20_000)
    assert found[0] == pytest.approx(floor, abs=0.005)
    assert np.exp(found[1]) == pytest.approx(a, abs=1)
    assert np.exp(found[2]) == pytest.approx(b, abs=1)
    assert found[3] == pytest.approx(exponent, abs=5e-4)


def test_over_training_reads_the_batch_of_the_command_line(table_of):
    large = table_of("over_training").query("model == 'open_lm_7b'")
    assert len(large) == 3
    assert (large["batch"] == 2048 * 2048).all()


@pytest.mark.parametrize(("decayed", "published"), [(True, 0.7722), (False, 0.4452)])
def test_repetition_gives_the_explained_variance_of_muennighoff_et_al(table_of, decayed, published):
    # their fit on 182 runs: alpha = beta = .3527, R*_D = 15.39, R*_N = 5.31; without the decay, R^2 = .445
    everything = table_of("repetition")
    assert len(everything) == 296
    runs = everything[everything["fitted"]]
    assert len(runs) == 182
    a, b, floor, exponent = np.exp(6.255414), np.exp(7.3049974), np.exp(0.6254804), 0.3526596
    size, tokens, unique = (runs[name].to_numpy() for name in ("parameters", "tokens", "unique_tokens"))
    if decayed:
        # parameters beyond what is optimal for the unique tokens, and epochs beyond the first, decay exponentially
        best = (a / b) ** (1 / exponent) * unique  # N* at which both terms cost the same, as alpha = beta
        used = np.minimum(best, size)
        size = used * (1 + 5.309743 * -np.expm1(-np.maximum(size / used - 1, 0) / 5.309743))
        tokens = unique * (1 + 15.387756 * -np.expm1(-(tokens / unique - 1) / 15.387756))
    predicted = floor + a * size**-exponent + b * tokens**-exponent
    loss = runs["loss"].to_numpy()
    explained = 1 - np.sum((loss - predicted) ** 2) / np.sum((loss - loss.mean()) ** 2)
    assert explained == pytest.approx(published, abs=5e-5)


def test_routing_follows_the_law_of_clark_et_al(table_of):
    # their table 3: log10 L = a log N + b log E' + c log N log E' + d, where E' saturates between E_start and E_max
    published = {
        "S-Base": (-0.082, -0.108, 0.009, 1.104, 1.847, 314.478),
        "RL-R": (-0.083, -0.126, 0.012, 1.111, 1.880, 469.982),
        "Hash": (-0.087, -0.136, 0.012, 1.157, 4.175, 477.741),
    }
    runs = table_of("routing").query("final and k == 1 and routing_frequency == 0.5 and seed == 42")
    for router, (a, b, c, d, start, most) in published.items():
        routed = runs[runs["router"] == router]
        assert len(routed) > 50
        size = np.log10(routed["parameters"])
        experts = np.log10(1 / (1 / (routed["experts"] - 1 + 1 / (1 / start - 1 / most)) + 1 / most))
        error = np.log(10) * (a * size + b * experts + c * size * experts + d) - np.log(routed["loss"])
        assert error.abs().max() < 0.04, router  # coefficients of three decimals alone move ln L by up to 1.5%
        assert error.std() < 0.01, router


def test_routing_counts_compute_by_its_architecture(table_of):
    dense = table_of("routing").query("final and router == 'Dense' and widening == 1").drop_duplicates("family")
    inner = {"15M": 8 * 32, "25M": 8 * 64, "55M": 12 * 64, "130M": 16 * 64, "370M": 12 * 128, "1.3B": 16 * 128}
    attention = 6 * dense["layers"] * 2048 * dense["family"].map(inner)  # scores, sums, relative positions
    a_token = 2 * dense["parameters"] + 2 * 32_000 * dense["width"] + attention
    np.testing.assert_allclose(dense["flop"] / dense["tokens"], 3 * a_token, rtol=0.004)
    assert (dense["tokens"] / 249_000 == 524_288).all()


def test_olmo_s_13b_scores_are_those_that_its_forecasts_were_held_against(table_of):
    # allenai/OLMo-ladder, figures/chained_main.csv: means of the last five evaluations
    last = table_of("olmo_ladder").query("run == 'peteish13_eval_full'").sort_values("step").tail(5)
    published = {
        "hellaswag_val": 0.831905996799469,
        "arc_challenge_test": 0.638054609298706,
        "piqa_val": 0.8295973896980285,
        "csqa_val": 0.7410319447517395,
        "socialiqa_val": 0.6159672379493714,
        "openbookqa_test": 0.4863999903202057,
    }
    for task, accuracy in published.items():
        assert last[f"accuracy_{task}"].mean() == pytest.approx(accuracy, abs=1e-9), task


def test_olmo_s_runs_have_their_multiples_of_twenty_tokens_a_parameter(table_of):
    ladder = table_of("olmo_ladder").query("final and schedule == 'cosine to a tenth'")
    assert len(ladder) == 30
    multiple = ladder["run"].str.extract(r"-([\d.]+)xC")[0].astype(float)
    np.testing.assert_allclose(ladder["tokens"], 20 * multiple * ladder["parameters"], rtol=3e-3)  # whole steps


# --- rates, batches, schedules ---------------------------------------------------------------------------------------


def test_steplaw_s_law_finds_nearly_the_best_of_each_grid(table_of):
    # eta = 1.79 N^-.713 D^.307, batch = .58 D^.571 (abstract); on average .09% above the best, on their test set
    runs = table_of("steplaw")
    assert runs["family"].nunique() == 17
    excess = []
    for _, cell in runs.groupby("family"):
        size, tokens = cell[["parameters", "tokens"]].iloc[0]
        rate, batch = 1.79 * size**-0.713 * tokens**0.307, 0.58 * tokens**0.571
        nearest = (np.abs(np.log(cell["rate"] / rate)) + np.abs(np.log(cell["batch"] / batch))).idxmin()
        excess.append(cell["loss"][nearest] / cell["loss"].min() - 1)
    assert np.mean(excess) == pytest.approx(0.00094, abs=0.0005)
    assert max(excess) < 0.005


def test_steplaw_counts_what_its_shapes_say(table_of):
    runs = table_of("steplaw")
    by_shape = runs["layers"] * (4 * runs["width"] ** 2 + 3 * runs["width"] * runs["hidden_width"])
    np.testing.assert_array_equal(runs["parameters"], by_shape)
    np.testing.assert_allclose(runs["steps"] * runs["batch"], runs["tokens"], rtol=0.003)
    assert runs.groupby("family")["rate"].nunique().max() == 12


def test_multi_power_s_rates_are_those_of_their_schedules(table_of):
    curves = table_of("multi_power")
    assert curves["run"].nunique() == 27
    step, last = curves["step"], curves["schedule"].str.extract(r"_(\d+)$")[0].astype(float)
    expected = {
        "cosine": 0.1 + 0.45 * (1 + np.cos(np.pi * (step - 2160) / (last - 2160))),
        "constant": 1.0 + 0 * step,
        "wsd": np.where(step <= 20_000, 1, 0.1 ** ((step - 20_000) / 4_000)),
        "wsdld": np.where(step <= 20_000, 1, 1 - 0.9 * (step - 20_000) / 4_000),
        "wsdcon": np.where(step < 8_000, 1, last / 30),
    }
    for kind, share in expected.items():
        rows = curves["schedule"].str.split("_").str[0] == kind
        assert rows.sum() > 300
        np.testing.assert_allclose(curves["rate_now"][rows], 3e-4 * np.asarray(share)[rows], rtol=1e-9, err_msg=kind)


def test_misfitting_ends_where_the_authors_say(table_of):
    runs = table_of("misfitting")
    assert len(runs) == 4852
    assert runs["final"].sum() == 261  # the rows of their file of last checkpoints
    assert (runs["batch"] == 512 * 2048).all()
    # N counts embedding and unembedding of 50,432 entries: widths come out as multiples of 64
    assert ((runs["parameters"] - runs["non_embedding"]) / (2 * 50_432) % 64 == 0).all()


# --- shapes, mixtures, vocabularies ----------------------------------------------------------------------------------


def test_gemstones_count_what_their_shapes_say(table_of):
    runs = table_of("gemstones")
    assert runs["family"].nunique() == 22
    width, layers = runs["width"], runs["layers"]
    body = width * (15 * width * layers + 2 * layers + 1)
    square = width != 384  # whose heads are together narrower than the model
    np.testing.assert_array_equal(runs["non_embedding"][square], body[square])
    assert runs.query("final")["tokens"].unique() == pytest.approx([350e9], rel=1e-3)


@pytest.mark.parametrize(("size", "published"), [("60m", 0.8926), ("1B", 0.8801)])
def test_regmix_s_linear_regression_ranks_larger_models_as_published(table_of, size, published):
    # their table 2: fitted to 512 models of 1M, Spearman's correlation with unseen mixtures on larger models
    runs = table_of("regmix")
    weights = [name for name in runs if name.startswith("weight_")]
    assert len(weights) == 17
    fitted, unseen = runs[runs["family"] == "1m"], runs[runs["family"] == size]
    coefficients, *_ = np.linalg.lstsq(fitted[weights], fitted["loss"], rcond=None)
    ranked = spearmanr(unseen[weights] @ coefficients, unseen["loss"]).statistic
    assert ranked == pytest.approx(published, abs=0.006)


def test_vocabularies_hold_the_characters_that_the_authors_fitted(table_of):
    runs = table_of("vocabulary")
    log_entries = np.log(runs["vocabulary"])
    tokens_a_character = 0.00639222 * log_entries**2 - 0.15811069 * log_entries + 1.20470122  # approach1_isoflops.py
    np.testing.assert_allclose(runs["tokens"] / runs["characters"], tokens_a_character, rtol=1e-9)
    # approach 1 of section 4: vocabulary parameters of the best runs grow as C^0.42
    ordered = runs.sort_values("flop")
    envelope = ordered[ordered["loss"] < ordered["loss"].cummin().shift(fill_value=np.inf)]
    slope, _ = np.polyfit(np.log(envelope["flop"]), np.log(envelope["vocabulary_parameters"]), 1)
    assert slope == pytest.approx(0.42, abs=0.03)


# --- scores ----------------------------------------------------------------------------------------------------------


def test_monkeys_solve_what_brown_et_al_report(table_of):
    # arXiv 2407.21787, section 2: Pythia-160M solves 0.27% of MATH with one sample, 57% with 10,000
    counts = table_of("monkeys")
    assert len(counts) == 7 * 128
    model = counts.query("family == 'Pythia 160M'")
    coverage = {k: monkeys.pass_at(k, model["samples"], model["correct"]).mean() for k in (1, 10_000)}
    assert coverage[1] == pytest.approx(0.0027, abs=5e-5)
    assert coverage[10_000] == pytest.approx(0.57, abs=0.005)


def test_monkeys_coverage_is_the_file_s_own_at_every_k(table_of):
    theirs = table_of("monkeys", "published_coverage").merge(table_of("monkeys"), on=["family", "problem"])
    for k, rows in theirs.groupby("k"):
        np.testing.assert_allclose(monkeys.pass_at(k, rows["samples"], rows["correct"]), rows["coverage"], atol=1e-9)


def test_pass_at_by_hand():
    # 2 right of 4, two drawn: both wrong in 1 of 6 pairs
    assert monkeys.pass_at(2, np.array([4, 4, 4]), np.array([2, 0, 3])) == pytest.approx([5 / 6, 0, 1])


def test_three_components_explain_the_observed_benchmarks(table_of):
    # Ruan et al. 2024, section 3.2: about 97% of the variance, missing scores imputed from the first component
    models = table_of("observational")
    assert models["family"].nunique() == 47
    scores = models[[*models.columns[-8:]]].to_numpy()
    missing = np.isnan(scores)
    filled = np.where(missing, np.nanmean(scores, axis=0), scores)
    for _ in range(200):
        mean = filled.mean(axis=0)
        left, strengths, right = np.linalg.svd(filled - mean, full_matrices=False)
        filled = np.where(missing, mean + strengths[0] * np.outer(left[:, 0], right[0]), filled)
    assert np.sum(strengths[:3] ** 2) / np.sum(strengths**2) == pytest.approx(0.97, abs=0.01)
    known = models.dropna(subset="tokens")
    np.testing.assert_allclose(known["flop"], 6 * known["parameters"] * known["tokens"], rtol=1e-9)


def test_emergent_scores_belong_to_observed_models(table_of):
    assert len(table_of("observational", "emergent")) == 84


def test_imagenet_s_classifiers_have_the_accuracies_of_torchvision(table_of):
    models = table_of("imagenet_testbed").set_index("run")
    assert models.shape == (338, 1 + 213)  # Taori et al. 2020: 213 test conditions
    documented = {"resnet18": 0.69758, "resnet50": 0.76130, "resnet152": 0.78312, "vgg16": 0.71592, "alexnet": 0.56522}
    for name, accuracy in documented.items():
        assert models["val"][name] == pytest.approx(accuracy, abs=1e-5), name
