"""Highest and lowest values of a run: voltages by level and customer, loading, half-hour powers, storage, starts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from cosim.limits.breaches import HalfHours
from cosim.results.figures import Figure
from cosim.results.port_columns import PortColumns
from cosim.results.rows import pick
from grids.arrays import FloatArray
from grids.powerflow.contract import BranchKind
from simulators import ports
from simulators.sinks import Layout, StepBlock

KW_PER_MW = 1000.0
_STATES = {ports.SOC: "soc", ports.TANK_SOC: "tank_soc"}


class Range:
    """Running minimum and maximum of an array; NaN where nothing was ever seen."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.low: FloatArray = np.full(shape, np.nan)
        self.high: FloatArray = np.full(shape, np.nan)

    def add(self, values: FloatArray) -> None:
        """Take more arrays, (T, ...); their NaN do not count."""
        if not len(values):
            return
        # fmin and fmax skip NaN, but cost four times as much
        low, high = (np.fmin, np.fmax) if np.isnan(values).any() else (np.minimum, np.maximum)
        self.low = np.fmin(self.low, low.reduce(values, axis=0))
        self.high = np.fmax(self.high, high.reduce(values, axis=0))


class Extremes:
    """Sink: running extremes. Dead and not converged steps do not count.

    Args:
        customers: customer -> names of the buses it is supplied at.
    """

    def __init__(self, customers: Mapping[str, Sequence[str]] | None = None) -> None:
        self._customers = dict(customers or {})

    def open(self, layout: Layout) -> None:
        """Set up for the network's sizes."""
        self._layout = layout
        members, index = layout.members, layout.index
        self._vm = Range((members, len(index.bus)))
        self._rated = np.flatnonzero(np.isfinite(index.branch_rating).any(axis=1))
        self._loading = Range((members, len(self._rated)))
        self._power = Range((members, 2 * len(layout.boundaries)))  # imports, then exports
        self._half_hours = HalfHours(layout, 2 * len(layout.boundaries))
        self._ready = False

    def _prepare(self, first: StepBlock) -> None:
        entities = self._layout.entities
        self._states = PortColumns(entities, tuple(_STATES), first)
        self._state_range = Range((self._layout.members, self._states.width))
        self._on = PortColumns(entities, (ports.ON,), first)
        self._was_on: FloatArray = np.zeros((self._layout.members, self._on.width))
        self._starts = np.zeros((self._layout.members, len(self._on.blocks)))
        self._ready = True

    def write(self, block: StepBlock) -> None:
        """Take some steps."""
        if not self._ready:
            self._prepare(block)
        result = block.grid.result
        alive = result.energised
        self._vm.add(block.by_step(result.vm_pu if alive.all() else np.where(alive, result.vm_pu, np.nan)))
        self._loading.add(block.by_step(pick(result.loading_percent, self._rated)))
        self._boundaries(block)
        if self._states.width:
            states = self._states.gather(block)
            if not result.converged.all():
                states = np.where(result.converged[:, np.newaxis], states, np.nan)
            self._state_range.add(block.by_step(states))
        if self._on.width:
            on = block.by_step(self._on.gather(block))
            before = np.concatenate((self._was_on[np.newaxis], on[:-1]))
            started = (on > before).astype(np.float64).reshape(block.rows, -1)
            self._starts = self._starts + block.by_step(self._on.totals(started)).sum(axis=0)
            self._was_on = on[-1]

    def _boundaries(self, block: StepBlock) -> None:
        power = block.grid.boundary_p_mw
        both = block.by_step(np.concatenate((np.maximum(power, 0.0), np.maximum(-power, 0.0)), axis=1))
        if not self._layout.axis.fits_half_hours:
            self._power.add(both)  # a step longer than half an hour is all there is
            return
        self._power.add(self._half_hours.add(both, block.first_k)[0])

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def figures(self) -> list[Figure]:
        """Every extreme of the run; empty before the first step."""
        if not self._ready:
            return []
        return [*self._voltages(), *self._loadings(), *self._powers(), *self._devices()]

    def _voltages(self) -> Iterator[Figure]:
        groups: dict[str, list[int]] = defaultdict(list)
        inside = set(self._layout.index.star_bus)
        for bus, vn_kv in enumerate(self._layout.index.bus_vn_kv.tolist()):
            if bus not in inside:
                groups[f"level:{vn_kv:g}kV"].append(bus)
        position = {name: bus for bus, name in enumerate(self._layout.index.bus)}
        for customer, names in self._customers.items():
            groups[f"customer:{customer}"] = [position[name] for name in names]
        for subject, buses in groups.items():
            if buses:
                yield Figure(f"{subject}.vm_min_pu", np.fmin.reduce(self._vm.low[:, buses], axis=1), "pu")
                yield Figure(f"{subject}.vm_max_pu", np.fmax.reduce(self._vm.high[:, buses], axis=1), "pu")

    def _loadings(self) -> Iterator[Figure]:
        kinds = self._layout.index.branch_kind
        for kind in (BranchKind.LINE, BranchKind.TRAFO):
            branches = [column for column, branch in enumerate(self._rated.tolist()) if kinds[branch] is kind]
            if branches:
                highest = np.fmax.reduce(self._loading.high[:, branches], axis=1)
                yield Figure(f"grid.max_{kind.value}_loading_percent", highest, "%")

    def _powers(self) -> Iterator[Figure]:
        names = self._layout.boundaries
        means = self._power.high * KW_PER_MW
        for at, name in enumerate(names):
            yield Figure(f"boundary:{name}.max_import_kw", means[:, at], "kW")
            yield Figure(f"boundary:{name}.max_export_kw", means[:, len(names) + at], "kW")

    def _devices(self) -> Iterator[Figure]:
        for block in self._states.blocks:
            subject, name = block.entity.subject, _STATES[block.port]
            low, high = self._state_range.low[:, block.columns], self._state_range.high[:, block.columns]
            yield Figure(f"{subject}.{name}_min", np.fmin.reduce(low, axis=1), "1")
            yield Figure(f"{subject}.{name}_max", np.fmax.reduce(high, axis=1), "1")
        for at, block in enumerate(self._on.blocks):
            yield Figure(f"{block.entity.subject}.starts", self._starts[:, at], "1")
