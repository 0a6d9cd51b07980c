"""`drivers.json`: what drives an ensemble. Rank correlation of each varied path with each figure and finding.

Spearman's coefficient says how well one grows (or falls) with the other in any monotonic way: 1 always together, -1
always against each other, 0 not at all. It is no proof of a cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.results.figures import Figure
from cosim.results.members import hours_column
from cosim.results.numbers import significant
from grids.arrays import BoolArray, FloatArray

if TYPE_CHECKING:
    from cosim.ensemble.draws import Draws

SCHEMA = "cosim-drivers/1"
FAILED_STEPS = "grid.failed_steps"
FEWEST_MEMBERS = 10  # below that a coefficient says next to nothing
NEGLIGIBLE = 1e-9  # of the largest value
CHANCE = 0.01  # two-sided: of a hundred pairs that have nothing to do with each other, one looks significant


def find_drivers(draws: Draws, figures: Sequence[Figure], hours: Mapping[str, FloatArray]) -> dict[str, Any]:
    """The content of `drivers.json`.

    Members with steps that did not converge have partial figures: they count only for how often that happened.

    Returns:
        `members` that were compared, `significant_rho` (coefficients beyond it come by chance in 1 % of unrelated
        pairs; None with fewer than 10 members), `paths` compared, `left_out` (path and why), and `rho`: figure key or
        `hours|rule|subject` -> path -> coefficient, strongest first. Not compared are residuals, and figures that are
        the same for all members or that some member lacks.
    """
    targets = {figure.key: figure.values for figure in figures if not figure.key.endswith("residual_mw")}
    targets |= {hours_column(finding): values for finding, values in hours.items()}
    whole = targets.get(FAILED_STEPS, np.zeros(draws.count)) == 0
    every = np.ones_like(whole)
    numbers, left_out = _numbers(draws)
    failures = {name for name in targets if name == FAILED_STEPS or name.startswith(hours_column("convergence|"))}
    rho = _correlations(numbers, {name: values for name, values in targets.items() if name not in failures}, whole)
    rho |= _correlations(numbers, {name: targets[name] for name in failures}, every)
    compared = int(whole.sum())
    return {
        "schema": SCHEMA,
        "method": "Spearman rank correlation",
        "members": compared,
        "significant_rho": significant(significant_rho(compared)) if compared >= FEWEST_MEMBERS else None,
        "paths": list(numbers),
        "left_out": left_out,
        "rho": dict(sorted(rho.items())),
    }


def _correlations(
    numbers: Mapping[str, FloatArray], targets: Mapping[str, FloatArray], rows: BoolArray
) -> dict[str, dict[str, float | None]]:
    """Target -> path -> coefficient over some members, of what differs among them."""
    inputs = {path: values[rows] for path, values in numbers.items() if _differ(values[rows])}
    outputs = {name: values[rows] for name, values in targets.items() if _differ(values[rows])}
    if not inputs or not outputs:
        return {}
    rho = rank_correlation(list(inputs.values()), list(outputs.values()))
    return _strongest_first(list(inputs), outputs, rho)


def significant_rho(members: int) -> float:
    """Coefficient that unrelated columns of so many members pass with probability `CHANCE` (Student's t)."""
    from scipy.stats import t  # noqa: PLC0415

    freedom = members - 2
    bound = float(t.ppf(1.0 - CHANCE / 2.0, freedom))
    return float(bound / np.sqrt(freedom + bound**2))


def rank_correlation(inputs: Sequence[FloatArray], outputs: Sequence[FloatArray]) -> FloatArray:
    """(inputs, outputs) Spearman's coefficients; equal values share their mean rank. Every column must differ."""
    from scipy.stats import rankdata  # noqa: PLC0415

    def standard(columns: Sequence[FloatArray]) -> FloatArray:
        ranks = rankdata(np.array(columns, dtype=np.float64), axis=1)
        centred = ranks - ranks.mean(axis=1, keepdims=True)
        return np.asarray(centred / np.sqrt((centred**2).sum(axis=1, keepdims=True)))

    return np.clip(standard(inputs) @ standard(outputs).T, -1.0, 1.0)


def _numbers(draws: Draws) -> tuple[dict[str, FloatArray], list[dict[str, str]]]:
    """Varied paths that have an order and differ between members, as numbers; and the others, with the reason."""
    numbers: dict[str, FloatArray] = {}
    left_out = []
    for one in draws.drawn:
        if one.route[-1] == "seed" or not all(isinstance(value, bool | int | float) for value in one.values):
            left_out.append({"path": one.path, "why": "its values have no order"})
        elif not _differ(values := np.array(one.values, dtype=np.float64)):
            left_out.append({"path": one.path, "why": "every member has the same value"})
        else:
            numbers[one.path] = values
    return numbers, left_out


def _differ(values: FloatArray) -> bool:
    """Whether there are values for all, and they differ by more than rounding."""
    return len(values) > 1 and bool(np.ptp(values) > NEGLIGIBLE * np.abs(values).max())  # NaN compares false


def _strongest_first(
    paths: Sequence[str], targets: Mapping[str, FloatArray], rho: FloatArray
) -> dict[str, dict[str, float | None]]:
    order = np.argsort(-np.abs(rho), axis=0, kind="stable")
    return {
        target: {paths[at]: significant(round(float(rho[at, column]), 6)) for at in order[:, column].tolist()}
        for column, target in enumerate(targets)
    }
