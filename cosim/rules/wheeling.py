"""Self-wheeling (自己託送): what is wheeled must be used at its destination in the same half hour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from cosim.findings import Finding, Severity
from cosim.limits.breaches import Breaches
from cosim.limits.notices import notice
from cosim.results.figures import Figure
from cosim.rules.facts import Arrangement
from cosim.rules.half_hours import (
    HALF_HOUR_H,
    KW_PER_MW,
    UseAndGeneration,
    added_half_hours,
    breached,
    not_judgeable,
)
from grids.arrays import FloatArray
from simulators.sinks import Layout, StepBlock

RULE = "wheeling-surplus"
_LABEL = "wheeled beyond the demand of the same half hour: it cannot be used at the destination (自己託送の余剰)"
_CERTAINTY = "sourced: facts.md 3.1, 3.3; loss rate assumed (facts.md 6.2 [U])"
_HINT = "hold generation below the destination's demand, sell the rest elsewhere, or store it before it is wheeled"


class Wheeling:
    """Sink: energy delivered, not usable and still bought of everything that is wheeled.

    The named plants wheel all they generate. Memory does not grow with the run.

    Args:
        facts: the arrangement.
        tolerance_kw: surplus that no meter would show.
    """

    def __init__(self, facts: Arrangement, tolerance_kw: float) -> None:
        self._facts, self._tolerance_kw = facts, tolerance_kw
        self._ways = facts.wheeling

    def open(self, layout: Layout) -> None:
        """Find the points of each plant and customer."""
        self._layout = layout
        facts, ways, members = self._facts, self._ways, layout.members
        self._means = UseAndGeneration(
            layout,
            [facts.customer[way.customer].loads for way in ways],
            [[at for name in way.plants for at in facts.plant[name].injections] for way in ways],
            signed=False,
        )
        self._kept = np.array([1.0 - way.loss_percent / 100.0 for way in ways])
        shape = (members, len(ways))
        self._delivered, self._surplus, self._bought, self._most_bought_kw = (np.zeros(shape) for _ in range(4))
        none = np.zeros(len(ways))
        self._breaches = Breaches(members, none - np.inf, none, none + self._tolerance_kw)
        self._judged = np.zeros(shape)

    def write(self, block: StepBlock) -> None:
        """Take some steps."""
        if not self._ways:
            return
        demand, generation, first_k = self._means.add(block)
        arriving = generation * self._kept
        surplus, bought = np.maximum(arriving - demand, 0.0), np.maximum(demand - arriving, 0.0)
        self._delivered = added_half_hours(self._delivered, np.minimum(arriving, demand))
        self._surplus = added_half_hours(self._surplus, surplus)
        self._bought = added_half_hours(self._bought, bought)
        self._judged = self._judged + np.isfinite(surplus).sum(axis=0)
        for mean in bought:
            self._most_bought_kw = np.fmax(self._most_bought_kw, KW_PER_MW * mean)
        self._breaches.add(KW_PER_MW * surplus, np.full(len(first_k), HALF_HOUR_H), first_k)

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def amounts(self) -> dict[str, dict[str, FloatArray]]:
        """Customer -> what it takes of wheeled energy, and still buys, (M,) each."""
        return {
            way.customer: {
                "wheeled_mwh": self._delivered[:, at],
                "purchased_mwh": self._bought[:, at],
                "max_purchased_kw": self._most_bought_kw[:, at],
            }
            for at, way in enumerate(self._ways)
        }

    def figures(self) -> Iterator[Figure]:
        """Energies of everything wheeled, at the destination; NaN where no half hour could be judged."""
        for at, way in enumerate(self._ways):
            for key, values, unit in (
                ("delivered_mwh", self._delivered, "MWh"),
                ("surplus_mwh", self._surplus, "MWh"),
                ("residual_purchase_mwh", self._bought, "MWh"),
                ("max_residual_purchase_kw", self._most_bought_kw, "kW"),
            ):
                judged = np.where(self._judged[:, at] > 0, values[:, at], np.nan)
                yield Figure(f"wheeling:{way.name}.{key}", judged, unit)

    def findings(self) -> Iterator[Finding]:
        """A violation for everything wheeled that was not used in some half hour."""
        if self._ways:
            yield from not_judgeable(RULE, self._layout)
        for at in np.flatnonzero(self._breaches.windows.any(axis=0)).tolist():
            way, touched = self._ways[at], self._breaches.windows[:, at] > 0
            found = notice(
                RULE,
                f"wheeling:{way.name}",
                Severity.VIOLATION,
                breached(self._breaches, at, self._layout),
                value=float(self._breaches.worst_value[:, at].max()),
                limit=0.0,
                quantity="surplus_kw",
                unit="kW",
                label=_LABEL,
                hint=_HINT,
            )
            energy = float(self._breaches.energy[touched, at].mean()) / KW_PER_MW
            section = self._facts.customer[way.customer].section
            yield replace(found, certainty=_CERTAINTY, energy_mwh=energy, section=section)

    def hours(self) -> dict[str, FloatArray]:
        """Finding id -> (M,) hours with surplus."""
        return {
            f"{RULE}|wheeling:{self._ways[at].name}": self._breaches.hours[:, at]
            for at in np.flatnonzero(self._breaches.windows.any(axis=0)).tolist()
        }
