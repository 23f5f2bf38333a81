"""What theory says of ridge regression on Gaussian features with the spectrum lambda_i = i^-a and target v_i^2 ~ i^-b.

Risks are expectations over rows, features and noise, for the finite number of modes M of the condition; their relative
error is of the order of 1/n (and 1/k), as the exactly solvable isotropic case shows: (n - 1)/(n - 1 - p) in place of
n/(n - p). Exponents are those of an infinite spectrum. Conventions as in `self_consistent`.
"""

from __future__ import annotations

import numpy as np

from predictions.feature_regression import self_consistent
from predictions.feature_regression.setting import (
    eigenvalues,
    feature_eigenvalues,
    sample_count,
    samples_and_features,
    target_energies,
    test_variances,
)
from predictions.instruments.fits import log_slope

# --- kernel regression ------------------------------------------------------------------------------------------------


def kernel_risk(setting, given):
    """Test risk of kernel ridge regression, test rows like training rows. Simon et al. 2021 (arXiv 2110.03922).

    For a condition with finitely many features: what infinitely many would give.
    """
    return _kernel_risk(setting).test


def kernel_train_error(setting, given):
    """Training error of kernel ridge regression. Simon et al. 2021 (arXiv 2110.03922)."""
    return _kernel_risk(setting).train


def noiseless_kernel_risk(setting, given):
    """Test risk of kernel ridge regression on labels without noise, whatever noise there is."""
    return _kernel_risk(setting, noise_variance=0.0).test


def shifted_kernel_risk(setting, given):
    """Test risk on rows with features of another spectrum than in training. Canatar et al. 2021 (arXiv 2106.02261)."""
    return _kernel_risk(setting, test_variances=test_variances(setting)).test


def bias_only_risk(setting, given):
    """Test risk if every mode were learnt at its learnability without fluctuations: sum (1 - l_i)^2 v_i^2 + sigma^2."""
    spectrum = eigenvalues(setting)
    kappa = self_consistent.effective_ridge(spectrum, sample_count(setting), setting["ridge"])
    missed = (kappa / (spectrum + kappa)) ** 2 * target_energies(setting)
    return np.sum(missed) + setting["noise_variance"]


def noiseless_exponent(setting, given):
    """Exponent of the risk in n without noise, M infinite: -min(b - 1, 2a). Cui et al. 2021 (arXiv 2105.15004).

    Theirs is n^(-2 alpha min(r, 1)) with a = alpha and b = 1 + 2 alpha r.
    """
    return -min(setting["target_exponent"] - 1, 2 * setting["eigenvalue_exponent"])


def unsaturated_exponent(setting, given):
    """Exponent of the target's energy beyond mode n, -(b - 1): as if n samples taught n modes and no more."""
    return 1 - setting["target_exponent"]


def noisy_kernel_exponent(setting, given):
    """Slope of ln risk against ln n over the tuple of `samples`, noise included."""
    return _slope(kernel_risk, setting, "samples")


def noise_gain(setting, given):
    """Rise of the test risk for a unit of noise variance, E0 = n / (n - sum l_i^2). Simon et al. 2021."""
    return _kernel_risk(setting, noise_variance=1.0).test - _kernel_risk(setting, noise_variance=0.0).test


def interpolator_noise_gain(setting, given):
    """`noise_gain` of the minimum-norm interpolator, whatever the ridge is. Mallinar et al. 2022 (arXiv 2207.06569)."""
    return noise_gain({**setting, "ridge": 0.0}, given)


def tempered_noise_gain(setting, given):
    """Limit a of `interpolator_noise_gain` for M >> n >> 1: sum l^2 / sum l is then 1 - 1/a."""
    return setting["eigenvalue_exponent"]


# --- least squares on isotropic features ------------------------------------------------------------------------------


def isotropic_excess_risk(setting, given):
    """Excess risk of minimum-norm least squares, p isotropic features, |v|^2 = 1: exact at every n and p.

    p sigma^2 / (n - p - 1) for p < n - 1, by the mean of an inverse Wishart matrix, and (1 - n/p) + n sigma^2 /
    (p - n - 1) for p > n + 1; g sigma^2 / (1 - g) and (1 - 1/g) + sigma^2 / (g - 1) for g = p/n and n infinite.
    Hastie et al. 2019 (arXiv 1903.08560).
    """
    n, p, variance = setting["samples"], setting["modes"], setting["noise_variance"]
    if p < n - 1:
        return p * variance / (n - p - 1)
    if p > n + 1:
        return (1 - n / p) + n * variance / (p - n - 1)
    raise ValueError(f"{p} features and {n} samples: the expected risk is infinite")


def isotropic_ridge_excess_risk(setting, given):
    """Excess risk of ridge regression on isotropic features, from the self-consistent equations."""
    return _kernel_risk(setting).test - setting["noise_variance"]


def classical_excess_risk(setting, given):
    """p sigma^2 / n: the cost of p parameters on the training rows themselves, as textbooks count it."""
    return setting["modes"] * setting["noise_variance"] / setting["samples"]


# --- random features --------------------------------------------------------------------------------------------------


def random_feature_risk(setting, given):
    """Test risk of ridge regression on random features with isotropic weights. Simon et al. 2023 (arXiv 2311.14646)."""
    return _random_feature_risk(setting, eigenvalues(setting)).test


def tilted_feature_risk(setting, given):
    """Test risk if the weights have the variance i^-c in mode i: the same equations for the eigenvalues i^-(a+c)."""
    return _random_feature_risk(setting, feature_eigenvalues(setting)).test


def random_feature_train_error(setting, given):
    """Training error on random features with isotropic weights. Simon et al. 2023 (arXiv 2311.14646), section 4."""
    return _random_feature_risk(setting, eigenvalues(setting)).train


def bottleneck_risk(setting, given):
    """Ridgeless risk for v_i^2 ~ lambda_i if the scarcer of samples and features, m, were the only limit.

    m gamma sum v^2 / sum lambda with sum_i lambda_i / (lambda_i + gamma) = m.
    """
    spectrum = eigenvalues(setting)
    gamma = self_consistent.effective_ridge(spectrum, setting["size"])
    return setting["size"] * gamma / np.sum(spectrum)


def spectrum_risk(setting, given):
    """Ridgeless, noiseless risk for v_i^2 ~ lambda_i: n k gamma / |n - k| sum v^2 / sum lambda, m = min(n, k).

    `random_feature_risk` in closed form: for k < n, kappa = 0, z = k and the risk is (k gamma) n / (n - k); for n < k,
    z = n, kappa = gamma (k - n) / k and both brackets have the factor n - q, which cancels. Symmetric in n and k, as
    Maloney et al. 2022 (arXiv 2210.16859) found. That symmetry is exact: averaged over signs of v, the risk is
    |L W F^+ Phi L - L|^2 with F = Phi L W and L^2 = diag(lambda), and transposition exchanges Phi and W.
    """
    samples, features = samples_and_features(setting)
    return bottleneck_risk(setting, given) / (1 - min(samples, features) / max(samples, features))


def spectrum_exponent(setting, given):
    """Exponent of `spectrum_risk` for an infinite spectrum i^-(1 + alpha): -alpha. Maloney et al. 2022."""
    return 1 - setting["eigenvalue_exponent"]


def random_feature_size_exponent(setting, given):
    """Slope of ln risk against ln m over the tuple of sizes, for any target."""
    return _slope(random_feature_risk, setting, "size")


def random_feature_ratio_exponent(setting, given):
    """Slope of ln risk against ln k/n over the tuple of ratios at one size, for any target."""
    return _slope(random_feature_risk, setting, "features_per_sample")


def _kernel_risk(setting, **changes):
    fixed = {"ridge": setting["ridge"], "noise_variance": setting["noise_variance"], **changes}
    return self_consistent.kernel_risk(eigenvalues(setting), target_energies(setting), sample_count(setting), **fixed)


def _random_feature_risk(setting, spectrum):
    samples, features = samples_and_features(setting)
    return self_consistent.random_feature_risk(
        spectrum,
        target_energies(setting),
        samples,
        features,
        ridge=setting["ridge"],
        noise_variance=setting["noise_variance"],
    )


def _slope(theory, setting, axis):
    """Least-squares slope of ln theory against ln axis over the values that the condition holds for that axis."""
    risks = [theory({**setting, axis: value}, {}) for value in setting[axis]]
    return log_slope(setting[axis], risks)


def dual_slope(setting, given):
    """Slope of ln risk in ln(k/n) between k/n = r and 1/r: 0, as R(n, k) = R(k, n) without a ridge.

    Maloney, Roberts and Sully 2022 (arXiv 2210.16859); Zhang 2024 (arXiv 2405.19398).
    """
    return 0.0
