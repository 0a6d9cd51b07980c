"""Power factor at a boundary (力率): half-hour kWh and kvarh together, as a meter bills them.

As seen from the grid a boundary is lagging (遅れ) where it takes reactive power, whichever way active power flows, and
leading (進み) where it gives some. A half hour is judged where its active power is a fair part of what was contracted:
of the contract power, or, while it exports, of the agreed export where there is one (planner.md 1.18, facts.md 2.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from cosim.findings import Finding, Severity
from cosim.limits.breaches import Breaches, HalfHours
from cosim.limits.carrying import Carrying
from cosim.limits.facts import NO_SECTION, BoundaryFact, LimitFacts
from cosim.limits.hints import hint
from cosim.limits.limit import Bounds, Limit, Quantity
from cosim.limits.notices import Extent, notice
from cosim.limits.spec import LimitsSpec
from grids.arrays import FloatArray
from simulators.axis import HALF_HOUR_S
from simulators.sinks import Layout, StepBlock

RULE_LAGGING = "power-factor"
RULE_LEADING = "power-factor-leading"
KINDS = frozenset({"pcc", "section", "feeder"})
KW_PER_MW = 1000.0
_LICENSED = "distribution_licence"
_UNSURE = "assumed: facts.md 2.2 [U]"


def power_factor_limits(spec: LimitsSpec, facts: LimitFacts) -> Iterator[Limit]:
    """The lowest lagging power factor and the most leading reactive power of every boundary with contract power.

    Where no export is agreed facts.md 2.2 has no figure for the boundary, only for the equipment: a warning there.
    """
    for boundary in _judged(facts):
        section = facts.section_by_name.get(boundary.section, NO_SECTION)
        no_export = boundary.export_limit_kw == 0.0
        charging_kvar = spec.power_factor_leading_percent / 100.0 * (boundary.contract_kw or 0.0)
        at_least = f"at least {spec.power_factor_min:g} lagging"
        for rule, quantity, bounds, severity, label in (
            (
                RULE_LAGGING,
                Quantity.POWER_FACTOR,
                Bounds(lower=spec.power_factor_min),
                Severity.WARNING if no_export else Severity.VIOLATION,
                f"power factor at the boundary (受電点力率), {at_least}" + (", no reverse flow" if no_export else ""),
            ),
            (
                RULE_LEADING,
                Quantity.LEADING_KVAR,
                Bounds(upper=charging_kvar),
                Severity.WARNING,
                "not leading as seen from the grid (系統側からみて進み力率), beyond the charging of a cable",
            ),
        ):
            yield Limit(
                id=rule,
                quantity=quantity,
                subjects=(f"boundary:{boundary.name}",),
                window_s=HALF_HOUR_S,
                bounds=bounds,
                section=boundary.section,
                responsible=boundary.responsible or section.responsible,
                label=label,
                certainty=_UNSURE,
                severity=severity,
            )


def _judged(facts: LimitFacts) -> tuple[BoundaryFact, ...]:
    """Boundaries with contract power, but for the edge of a licence area: facts.md 2.2 is about points of receipt."""
    return tuple(
        one
        for one in facts.boundaries
        if one.kind in KINDS and one.contract_kw is not None and not _between_networks(one, facts)
    )


def _between_networks(boundary: BoundaryFact, facts: LimitFacts) -> bool:
    """Whether a licensee's network and the utility's meet there."""
    section = facts.section_by_name.get(boundary.section, NO_SECTION)
    return boundary.kind != "pcc" and section.wires == _LICENSED


class PowerFactorWatch:
    """Sink: judges half-hour means of active and reactive power together; memory does not grow with the run."""

    def __init__(self, spec: LimitsSpec, facts: LimitFacts) -> None:
        self._boundaries = _judged(facts)
        # lagging limits first, then leading ones, each in the order of the boundaries
        self._limits = tuple(sorted(power_factor_limits(spec, facts), key=lambda limit: limit.id))
        share = spec.power_factor_floor_percent / 100.0
        contract = [share * (one.contract_kw or 0.0) for one in self._boundaries]
        agreed = [share * one.export_limit_kw if one.export_limit_kw else 0.0 for one in self._boundaries]
        self._import_floor = np.array(contract)
        self._export_floor = np.where(np.array(agreed) > 0.0, agreed, contract)

    def open(self, layout: Layout) -> None:
        """Find the boundaries."""
        self._layout = layout
        self._at = np.array([layout.boundaries.index(one.name) for one in self._boundaries], dtype=np.int64)
        self._carrying = Carrying(layout)
        self._half_hours = HalfHours(layout, 2 * len(self._at))
        lower = np.array([limit.bounds.lower for limit in self._limits])
        upper = np.array([limit.bounds.upper for limit in self._limits])
        tolerance = np.array([limit.tolerance for limit in self._limits])
        self._breaches = Breaches(layout.members, lower, upper, tolerance)

    def write(self, block: StepBlock) -> None:
        """Take some steps."""
        if not self._limits:
            return
        grid = block.grid
        powers = KW_PER_MW * np.concatenate(
            [grid.boundary_p_mw[:, self._at], grid.boundary_q_mvar[:, self._at]], axis=1
        )
        if not (grid.result.energised.all() and self._carrying.all_closed(grid)):
            carries = self._carrying.ends_and_boundaries(grid)[1][:, self._at]
            powers = np.where(np.concatenate([carries, carries], axis=1), powers, np.nan)
        means, first_k = self._half_hours.add(block.by_step(powers), block.first_k)
        if len(means):
            hours = np.full(len(means), HALF_HOUR_S / 3600.0)
            self._breaches.add(self._values(*np.split(means, 2, axis=2)), hours, first_k)

    def _values(self, p_kw: FloatArray, q_kvar: FloatArray) -> FloatArray:
        """(W, M, 2 x boundary) power factors where lagging, then reactive power given; NaN = not judged."""
        floor = np.where(p_kw < 0.0, self._export_floor, self._import_floor)
        counts = (np.abs(p_kw) >= floor) & (p_kw != 0.0)
        factor = power_factor(p_kw, q_kvar)
        lagging = np.where(counts & (q_kvar > 0.0), factor, np.nan)
        return np.concatenate([lagging, np.where(counts, np.maximum(-q_kvar, 0.0), np.nan)], axis=2)

    def close(self, *, complete: bool) -> None:
        """Nothing to release; an unfinished half hour stays unjudged."""

    def findings(self) -> Iterator[Finding]:
        """One record per boundary and rule."""
        for at in np.flatnonzero(self._breaches.windows.any(axis=0)).tolist():
            yield self._finding(at)

    def hours(self) -> dict[str, FloatArray]:
        """Finding id -> (M,) hours of each member."""
        found = np.flatnonzero(self._breaches.windows.any(axis=0)).tolist()
        return {f"{self._limits[at].id}|{self._limits[at].subjects[0]}": self._breaches.hours[:, at] for at in found}

    def _finding(self, at: int) -> Finding:
        limit, found, axis = self._limits[at], self._breaches, self._layout.axis
        touched = found.windows[:, at] > 0
        worst = int(np.argmax(found.worst_excess[:, at]))
        value = float(found.worst_value[worst, at])
        upper = limit.quantity is Quantity.LEADING_KVAR
        bound = limit.bounds.upper if upper else limit.bounds.lower
        steps = {
            "first": found.first_k[touched, at].min(),
            "last": found.last_k[touched, at].max(),
            "worst_at": found.worst_k[worst, at],
        }
        extent = Extent(
            {key: axis.local(int(axis.edges[int(k)])).isoformat() for key, k in steps.items()},
            hours=float(found.hours[touched, at].mean()),
            windows=int(found.windows[:, at].sum()),
            members=int(touched.sum()),
            member_share=float(touched.mean()),
            worst_member=int(self._layout.member[worst]),
        )
        said = notice(
            limit.id,
            limit.subjects[0],
            limit.severity,
            extent,
            value=value,
            limit=bound,
            quantity=limit.quantity.value,
            unit=limit.quantity.unit,
            label=limit.label,
            hint=hint(limit.quantity, upper=upper),
        )
        return replace(
            said,
            section=limit.section,
            responsible=limit.responsible,
            certainty=limit.certainty,
            margin=bound - value if upper else value - bound,
            hours_above=said.hours if upper else 0.0,
        )


def power_factor(p_kw: FloatArray, q_kvar: FloatArray) -> FloatArray:
    """Active over apparent power, 0..1, without sign; NaN where there is neither."""
    apparent = np.hypot(p_kw, q_kvar)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.abs(p_kw) / apparent)
