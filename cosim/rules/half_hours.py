"""Half-hour means of what customers use and plants give, for rules that count by half hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cosim.findings import Finding, Severity
from cosim.limits.breaches import Breaches, HalfHours
from cosim.limits.monitor import RULE_NOT_JUDGEABLE
from cosim.limits.notices import Extent, notice
from cosim.rules.sums import PointSums
from grids.arrays import BoolArray, FloatArray, IntArray
from simulators.axis import HALF_HOUR_S, TimeAxis
from simulators.sinks import Layout, StepBlock

HALF_HOUR_H = HALF_HOUR_S / 3600.0
KW_PER_MW = 1e3


class UseAndGeneration:
    """Half-hour means of groups of loads and of injections, MW.

    Half hours that are incomplete, have a step without solution or one in which a point of the group is dead are not
    judged.

    Args:
        layout: of the run.
        loads: positions of each group's loads.
        injections: positions of each group's injections.
        signed: whether what plants draw themselves counts against what they give.
    """

    def __init__(
        self,
        layout: Layout,
        loads: Sequence[Sequence[int]],
        injections: Sequence[Sequence[int]],
        *,
        signed: bool,
    ) -> None:
        self._use, self._give, self._signed = PointSums(loads), PointSums(injections), signed
        self._load_bus, self._injection_bus = layout.index.load_bus, layout.index.injection_bus
        self._means = HalfHours(layout, 2 * len(loads))

    def add(self, block: StepBlock) -> tuple[FloatArray, FloatArray, IntArray]:
        """Take some steps: (W, M, group) use and generation of the half hours that are over, and their first steps."""
        grid = block.grid
        use, given = grid.p_served_mw, grid.p_actual_mw
        both = np.concatenate((self._use.of(use), self._give.of(given if self._signed else np.maximum(given, 0.0))), 1)
        energised = grid.result.energised
        if not energised.all():
            alive = self._use.all_of(energised[:, self._load_bus]) & self._give.all_of(
                energised[:, self._injection_bus]
            )
            both = np.where(np.tile(alive, 2), both, np.nan)
        means, first_k = self._means.add(block.by_step(both), block.first_k)
        return means[..., : self._use.width], means[..., self._use.width :], first_k


def added_half_hours(total: FloatArray, mw: FloatArray) -> FloatArray:
    """(M, ...) MWh and those of half-hour means (W, M, ...), one after the other; NaN = not judged adds nothing."""
    for mean in mw:
        total = total + HALF_HOUR_H * np.nan_to_num(mean, nan=0.0)
    return total


def breached(breaches: Breaches, at: int, layout: Layout) -> Extent:
    """How long and in how many members a column of half hours broke its bound."""
    axis, touched = layout.axis, breaches.windows[:, at] > 0
    worst = int(np.argmax(np.where(touched, breaches.worst_excess[:, at], -np.inf)))
    steps = {
        "first": breaches.first_k[touched, at].min(),
        "last": breaches.last_k[touched, at].max(),
        "worst_at": breaches.worst_k[worst, at],
    }
    return Extent(
        {key: local_time(axis, int(k)) for key, k in steps.items()},
        hours=float(breaches.hours[touched, at].mean()),
        windows=int(breaches.windows[:, at].sum()),
        members=int(touched.sum()),
        member_share=float(touched.mean()),
        worst_member=int(layout.member[worst]),
    )


def local_time(axis: TimeAxis, k: int) -> str:
    """Local ISO time of the start of step k."""
    return axis.local(int(axis.edges[k])).isoformat()


def whole_run(layout: Layout, touched: BoolArray, worst: int) -> Extent:
    """The extent of something that holds for the whole run, in the members marked by `touched` (M,)."""
    axis, members = layout.axis, int(np.count_nonzero(touched))
    first, last = local_time(axis, 0), local_time(axis, axis.steps - 1)
    return Extent(
        {"first": first, "last": last, "worst_at": first},
        hours=axis.duration_s / 3600.0,
        windows=members,
        members=members,
        member_share=members / layout.members,
        worst_member=int(layout.member[worst]),
    )


def not_judgeable(rule: str, layout: Layout) -> Iterator[Finding]:
    """Said where steps are longer than a half hour."""
    if layout.axis.fits_half_hours:
        return
    yield notice(
        RULE_NOT_JUDGEABLE,
        f"limit:{rule}",
        Severity.INFORMATION,
        whole_run(layout, np.ones(layout.members, dtype=bool), 0),
        label="steps are longer than 30 minutes: half-hour means are not known",
        hint="choose a step of 30 minutes or less",
    )


def highest(known: FloatArray, values: FloatArray, means: HalfHours, block: StepBlock, layout: Layout) -> FloatArray:
    """The highest half-hour mean so far (M, ...): of `known` and what the steps (T, M, ...) complete.

    Steps longer than half an hour count by themselves: there is nothing shorter.
    """
    judged = means.add(values, block.first_k)[0] if layout.axis.fits_half_hours else values
    return known if not len(judged) else np.asarray(np.fmax(known, np.fmax.reduce(judged, axis=0)))
