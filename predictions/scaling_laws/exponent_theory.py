"""Where the exponents of L = E + A N^-alpha + B D^-beta come from: rival explanations, and what each predicts."""

from __future__ import annotations

import numpy as np

# Hoffmann et al. 2022 (arXiv 2203.15556), table A9: millions of parameters and width (d_model) of their models
MODEL_SHAPES = np.array(
    [
        *[(44, 512), (57, 576), (74, 640), (90, 640), (106, 640), (117, 768), (140, 768), (163, 768), (175, 896)],
        *[(196, 896), (217, 896), (251, 1024), (278, 1024), (306, 1024), (425, 1280), (489, 1280), (509, 1408)],
        *[(552, 1280), (587, 1408), (632, 1536), (664, 1408), (724, 1536), (816, 1536), (893, 1792), (1018, 1792)],
        *[(1143, 1792), (1266, 2048), (1424, 2176), (1429, 2048), (1593, 2048), (1609, 2176), (1731, 2304)],
        *[(1794, 2176), (2007, 2304), (2283, 2304), (2298, 2560), (2639, 2560), (2980, 2560), (3530, 2688)],
        *[(3802, 2816), (4084, 2944), (4516, 3072), (6796, 3584), (9293, 4096), (11452, 4352), (12295, 4608)],
        *[(12569, 4608), (13735, 4864), (14940, 4992), (16183, 5120)],
    ]
)
MEASURED_WIDTH_EXPONENT = 0.91  # of the loss of open-sourced language models: Liu et al. 2025 (arXiv 2505.10465)


def parameters_per_width() -> float:
    """p of N ~ m^p: slope of ln N against ln m over the 50 models of the table, about 2.52."""
    log_size, log_width = np.log(MODEL_SHAPES.T)
    return float(np.polyfit(log_width, log_size, 1)[0])


def superposition_size_exponent(setting, given):
    """alpha = 1/p: under strong superposition the loss falls as 1/m in the width m, and N ~ m^p.

    Liu et al. 2025 (arXiv 2505.10465): squared overlaps of many vectors in m dimensions are of the order of 1/m.
    """
    return 1 / parameters_per_width()


def measured_width_size_exponent(setting, given):
    """alpha = 0.91/p, with the width exponent that Liu et al. 2025 measured on other language models."""
    return MEASURED_WIDTH_EXPONENT / parameters_per_width()


def quanta_token_exponent(setting, given):
    """beta = alpha / (1 + alpha): a quantum used with frequency k^-(1 + alpha) needs so many of its examples.

    Michaud et al. 2023 (arXiv 2303.13506), section 2: n ~ D^(1 / (1 + alpha)) quanta are learned and L ~ n^-alpha.
    """
    alpha = given["size_exponent"]
    return alpha / (1 + alpha)


def dual_token_exponent(setting, given):
    """beta = alpha: model size and data limit the resolution of one spectrum, or of one manifold, alike.

    Bahri et al. 2021 (arXiv 2102.06701); Maloney et al. 2022 (arXiv 2210.16859).
    """
    return given["size_exponent"]
