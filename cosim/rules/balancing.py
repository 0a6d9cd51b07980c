"""Planned-value balancing (計画値同時同量): what balancing groups plan, and what they miss.

A plan is what happens, wrong by what nobody knew at its gate (`cosim.rules.forecast`); demand and generation are
planned each for itself, for they are reported each for itself. Actual less planned demand, less actual less planned
generation, is the imbalance: positive = shortfall (不足), negative = surplus (余剰).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from cosim.findings import Finding, Severity
from cosim.limits.breaches import Breaches
from cosim.limits.notices import notice
from cosim.results.figures import Figure
from cosim.rules.facts import Arrangement, BalancingFact
from cosim.rules.forecast import PlanErrors
from cosim.rules.half_hours import HALF_HOUR_H, UseAndGeneration, added_half_hours, breached, not_judgeable
from grids.arrays import FloatArray, IntArray
from simulators.axis import HALF_HOUR_S
from simulators.sinks import Layout, StepBlock
from simulators.sources.clock import epoch_seconds
from simulators.sources.noise import stream_key

RULE = "planned-balancing"
LEAST_MW = 1e-9  # planned power below which a share of it says nothing
_LABEL = "planned values missed: mean imbalance of the half hours over what was planned (計画値同時同量)"
_CERTAINTY = "sourced: facts.md 3.1, 3.3; errors of plans and tolerance assumed (planner.md 1.15)"
_HINT = "plan later (a shorter gate), forecast better, or hold back a battery for the deviation"


def planned(actual_mw: FloatArray, error: FloatArray) -> FloatArray:
    """The plan of half-hour means, MW: with a relative error; never of the other sign."""
    return np.asarray(actual_mw * np.maximum(1.0 + error, 0.0))


class Balancing:
    """Sink: energies planned and missed of every balancing group; memory does not grow with the run."""

    def __init__(self, facts: Arrangement) -> None:
        self._facts = facts
        self._groups: Sequence[BalancingFact] = facts.balancing

    def open(self, layout: Layout) -> None:
        """Find the points of each group, and key its errors by (seed, path, member)."""
        self._layout = layout
        facts, groups, members = self._facts, self._groups, layout.members
        self._means = UseAndGeneration(
            layout,
            [[at for name in group.customers for at in facts.customer[name].loads] for group in groups],
            [[at for name in group.plants for at in facts.plant[name].injections] for group in groups],
            signed=True,
        )
        self._errors = [
            PlanErrors(
                [stream_key(group.plan.seed, f"balancing.{group.name}", int(number)) for number in layout.member],
                2,  # demand, generation
                group.plan.day_ahead_error_percent / 100.0,
                group.plan.gate,
            )
            for group in groups
        ]
        self._first = epoch_seconds(layout.axis.utc[0]) // HALF_HOUR_S
        self._planned, self._short, self._over = (np.zeros((members, len(groups))) for _ in range(3))
        tolerance = np.array([group.plan.tolerance_percent for group in groups])
        none = np.zeros(len(groups))
        self._breaches = Breaches(members, none - np.inf, tolerance, none)
        self._judged = np.zeros((members, len(groups)))

    def write(self, block: StepBlock) -> None:
        """Take some steps."""
        if not self._groups:
            return
        demand, generation, first_k = self._means.add(block)
        if len(first_k):
            self._take(demand, generation, first_k)

    def _take(self, demand: FloatArray, generation: FloatArray, first_k: IntArray) -> None:
        """Half-hour means, (W, M, group)."""
        numbers = self._first + self._layout.axis.half_hour[first_k]
        error = np.stack([errors.of(numbers) for errors in self._errors], axis=2)  # (W, M, group, plan)
        plan, given = planned(demand, error[..., 0]), planned(generation, error[..., 1])
        imbalance = (demand - plan) - (generation - given)
        promised = np.abs(plan) + np.abs(given)
        self._planned = added_half_hours(self._planned, promised)
        self._short = added_half_hours(self._short, np.maximum(imbalance, 0.0))
        self._over = added_half_hours(self._over, np.maximum(-imbalance, 0.0))
        self._judged = self._judged + np.isfinite(imbalance).sum(axis=0)
        some = promised > LEAST_MW
        percent = np.where(some, 100.0 * np.abs(imbalance) / np.where(some, promised, 1.0), np.nan)
        self._breaches.add(percent, np.full(len(first_k), HALF_HOUR_H), first_k)

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    @property
    def imbalance_percent(self) -> FloatArray:
        """(M, group) mean imbalance over the planned energy; NaN where nothing was planned."""
        none = self._planned <= 0.0
        missed = self._short + self._over
        return np.where(none, np.nan, 100.0 * missed / np.where(none, 1.0, self._planned))

    def imbalance_mwh(self) -> dict[str, FloatArray]:
        """Group -> (M,) energy missed, both ways."""
        return {group.name: (self._short + self._over)[:, at] for at, group in enumerate(self._groups)}

    def figures(self) -> Iterator[Figure]:
        """Energies of every group; NaN where no half hour could be judged."""
        for at, group in enumerate(self._groups):
            judged = self._judged[:, at] > 0
            for key, values, unit in (
                ("planned_mwh", self._planned, "MWh"),
                ("shortfall_mwh", self._short, "MWh"),
                ("surplus_mwh", self._over, "MWh"),
                ("imbalance_percent", self.imbalance_percent, "%"),
            ):
                yield Figure(f"balancing:{group.name}.{key}", np.where(judged, values[:, at], np.nan), unit)

    def findings(self) -> Iterator[Finding]:
        """A warning for each group that misses more than its tolerance on average; hours = half hours that do."""
        if self._groups:
            yield from not_judgeable(RULE, self._layout)
        for at, group in enumerate(self._groups):
            percent = self.imbalance_percent[:, at]
            beyond = percent > group.plan.tolerance_percent
            if not beyond.any():
                continue
            worst = int(np.argmax(np.where(beyond, percent, -np.inf)))
            extent = breached(self._breaches, at, self._layout)
            energy = (self._short + self._over)[beyond, at].mean()
            found = notice(
                RULE,
                f"balancing:{group.name}",
                Severity.WARNING,
                replace(
                    extent,
                    hours=float(self._breaches.hours[beyond, at].mean()),
                    members=int(beyond.sum()),
                    member_share=float(beyond.mean()),
                    worst_member=int(self._layout.member[worst]),
                ),
                value=float(percent[worst]),
                limit=group.plan.tolerance_percent,
                quantity="imbalance_percent",
                unit="%",
                label=_LABEL,
                hint=_HINT,
            )
            yield replace(found, certainty=_CERTAINTY, energy_mwh=float(energy), section=_section(group, self._facts))

    def hours(self) -> dict[str, FloatArray]:
        """Finding id -> (M,) hours of half hours beyond the tolerance, of members that miss it on average."""
        found = {}
        for at, group in enumerate(self._groups):
            beyond = self.imbalance_percent[:, at] > group.plan.tolerance_percent
            if beyond.any():
                found[f"{RULE}|balancing:{group.name}"] = np.where(beyond, self._breaches.hours[:, at], 0.0)
        return found


def _section(group: BalancingFact, facts: Arrangement) -> str:
    """The section of the group's first customer or plant that lies in one."""
    known = [facts.customer[name].section for name in group.customers]
    known += [facts.plant[name].section for name in group.plants]
    return next(filter(None, known), "")
