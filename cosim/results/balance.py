"""The energy balance of a run, step by step, and the energies it adds up to.

Each step: import + realised generation + discharge = served load + charging + losses + export, and separately
available = realised + curtailed by reason, demand = served + unserved, and per heat plant
CHP + boiler = served + dumped + lost + stored. The largest residual of each is kept, and when it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cosim.results.cuts import CODES, CutStep, LoadCuts, SourceCuts
from cosim.results.figures import Figure
from cosim.results.heat import HeatBalance
from cosim.results.ledger import Ledger
from cosim.results.numbers import significant
from cosim.results.port_columns import PortColumns, block_sums
from cosim.results.residuals import Residual
from grids.arrays import BoolArray, FloatArray, IntArray
from grids.feeder import GridStep
from grids.reasons import CURTAILED, UNSERVED, Reason
from simulators import ports
from simulators.sinks import EntityLayout, Layout, StepRecord

STORAGE = "storage"
# port -> figure and unit of its integral over time
ENERGY_PORTS = {
    ports.P_AVAILABLE: ("available_mwh", "MWh"),
    ports.P_LOAD: ("demand_mwh", "MWh"),
    ports.LOSS: ("loss_mwh", "MWh"),
    ports.HEAT_DEMAND: ("heat_demand_mwh", "MWh"),
    ports.HEAT_CHP: ("heat_chp_mwh", "MWh"),
    ports.HEAT_BOILER: ("heat_boiler_mwh", "MWh"),
    ports.HEAT_DUMPED: ("heat_dumped_mwh", "MWh"),
    ports.HEAT_SERVED: ("heat_served_mwh", "MWh"),
    ports.HEAT_UNSERVED: ("heat_unserved_mwh", "MWh"),
    ports.HEAT_LOSS: ("heat_loss_mwh", "MWh"),
    ports.FUEL: ("fuel_kg", "kg"),
    ports.FUEL_GAS: ("fuel_nm3", "Nm3"),
    ports.CO2: ("co2_kg", "kg"),
    ports.ON: ("run_hours", "h"),
}
SYSTEM = ("import", "export", "generation", "discharge", "charge", "served", "losses")
Account = tuple[str, str]  # figure key, unit


class Balance:
    """Sink: balances and energies. `figures()` after the run, `monthly()` for tables.

    Args:
        voltage_dependent: mask over the network's loads whose power follows the voltage.
    """

    def __init__(self, voltage_dependent: BoolArray | None = None) -> None:
        self._voltage_dependent = voltage_dependent

    def open(self, layout: Layout) -> None:
        """Note where entities sit in the grid arrays."""
        self._layout = layout
        members = layout.members
        storage = [entity.injections for entity in layout.entities if entity.role == STORAGE]
        self._is_storage: BoolArray = np.zeros(len(layout.index.injection), dtype=bool)
        self._is_storage[[point for points in storage for point in points]] = True
        self.residuals = {name: Residual(members) for name in ("", "available_", "demand_", "heat_")}
        self._peak_mw = np.zeros(members)
        self._failed = np.zeros(members)
        self._ready = False

    def _prepare(self, first: StepRecord) -> None:
        """What only the first step tells: which ports there are, and how wide."""
        layout = self._layout
        entities = layout.entities
        self._ports = PortColumns(entities, tuple(ENERGY_PORTS), first)
        self._sources = SourceCuts(entities, first)
        self._loads = LoadCuts(entities, first, self._voltage_dependent)
        self._heat = HeatBalance(entities, first)
        self._injecting = tuple(entity for entity in entities if entity.injections)
        self._points, self._starts = _points([entity.injections for entity in self._injecting])
        self._serving = tuple(entity for entity in entities if entity.loads)
        self._load_points, self._load_starts = _points([entity.loads for entity in self._serving])
        self._accounts = tuple(self._account_names())
        self._ledger = Ledger(layout.axis, layout.members, len(self._accounts))
        cut_entities = len(self._sources.entities) + len(self._loads.entities)
        self._cut_ledger = Ledger(layout.axis, layout.members, cut_entities * CODES)
        self._ready = True

    def write(self, step: StepRecord) -> None:
        """Book one step."""
        if not self._ready:
            self._prepare(step)
        grid, converged = step.grid, step.grid.result.converged
        system = self._system(grid)
        self._ledger.add(np.concatenate((system, *self._entity_rates(step)), axis=1), step.k, converged)
        into, out = system[:, [0, 2, 3]].sum(axis=1), system[:, [1, 4, 5, 6]].sum(axis=1)
        self._peak_mw = np.fmax(self._peak_mw, into)
        self._failed += ~converged
        self.residuals[""].add(into - out, step.k)
        self._book_cuts(self._sources.step(step), self._loads.step(step), step.k, converged)
        self.residuals["heat_"].add(self._heat.residual_mw(step), step.k)

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def _system(self, grid: GridStep) -> FloatArray:
        """(members, SYSTEM) MW of the whole network."""
        source, actual = grid.result.source_p_mw, grid.p_actual_mw
        giving, taking = np.maximum(actual, 0.0), np.maximum(-actual, 0.0)
        return np.stack(
            (
                np.maximum(source, 0.0).sum(axis=1),
                np.maximum(-source, 0.0).sum(axis=1),
                giving[:, ~self._is_storage].sum(axis=1),
                giving[:, self._is_storage].sum(axis=1),
                taking.sum(axis=1),
                grid.p_served_mw.sum(axis=1),
                grid.result.losses_mw,
            ),
            axis=1,
        )

    def _entity_rates(self, step: StepRecord) -> tuple[FloatArray, ...]:
        """Rates in the order of `_account_names`, system aside."""
        grid = step.grid
        actual = grid.p_actual_mw[:, self._points]
        boundary = grid.boundary_p_mw
        return (
            self._ports.totals(self._ports.gather(step.ports)),
            block_sums(np.maximum(actual, 0.0), self._starts),
            block_sums(np.maximum(-actual, 0.0), self._starts),
            block_sums(grid.p_served_mw[:, self._load_points], self._load_starts),
            np.maximum(boundary, 0.0),
            np.maximum(-boundary, 0.0),
        )

    def _account_names(self) -> Iterator[Account]:
        yield from ((f"grid.{name}_mwh", "MWh") for name in SYSTEM)
        for block in self._ports.blocks:
            name, unit = ENERGY_PORTS[block.port]
            yield f"{block.entity.subject}.{name}", unit
        for storage, other in (("discharge_mwh", "generation_mwh"), ("charge_mwh", "own_use_mwh")):
            for entity in self._injecting:
                yield f"{entity.subject}.{storage if entity.role == STORAGE else other}", "MWh"
        yield from ((f"{entity.subject}.served_mwh", "MWh") for entity in self._serving)
        for direction in ("import_mwh", "export_mwh"):
            yield from ((f"boundary:{name}.{direction}", "MWh") for name in self._layout.boundaries)

    def _book_cuts(self, sources: CutStep, loads: CutStep, k: int, converged: BoolArray) -> None:
        self.residuals["available_"].add(sources.residual_mw, k)
        self.residuals["demand_"].add(loads.residual_mw, k)
        if sources.by_reason is None and loads.by_reason is None:
            return
        members = len(converged)
        parts = [
            cut.by_reason if cut.by_reason is not None else np.zeros((members, len(group.entities), CODES))
            for cut, group in ((sources, self._sources), (loads, self._loads))
        ]
        self._cut_ledger.add(np.concatenate(parts, axis=1).reshape(members, -1), k, converged)

    def figures(self) -> list[Figure]:
        """Every energy, residual and count of the run; empty before the first step."""
        if not self._ready:
            return []
        totals = self._ledger.totals
        energies = [Figure(key, totals[:, at], unit) for at, (key, unit) in enumerate(self._accounts)]
        residuals = [Figure(f"balance.{name}residual_mw", each.worst, "MW") for name, each in self.residuals.items()]
        return [
            *energies,
            *(Figure(key, values, "MWh") for key, values in self._cut_energies(self._cut_ledger.totals)),
            *residuals,
            Figure("balance.peak_flow_mw", self._peak_mw, "MW"),
            Figure("grid.failed_steps", self._failed, "1"),
        ]

    def monthly(self) -> dict[str, Any]:
        """`{months, energies: {key: {unit, values: [one a month]}}, residuals}`; members are averaged."""
        if not self._ready:
            return {"months": [], "energies": {}, "residuals": {}}
        booked = self._ledger.booked.mean(axis=1)
        columns = {key: (unit, booked[:, at]) for at, (key, unit) in enumerate(self._accounts)}
        by_month = [dict(self._cut_energies(month)) for month in self._cut_ledger.booked]
        columns |= {key: ("MWh", np.array([month[key].mean() for month in by_month])) for key in by_month[0]}
        return {
            "months": list(self._ledger.months),
            "energies": {
                key: {"unit": unit, "values": [significant(float(value)) for value in values]}
                for key, (unit, values) in sorted(columns.items())
            },
            "residuals": {
                f"{name}residual_mw": residual.as_dict(self._layout.axis) for name, residual in self.residuals.items()
            },
        }

    def _cut_energies(self, booked: FloatArray) -> Iterator[tuple[str, FloatArray]]:
        """Key and (members,) energy of every cut, from (members, entity x reason)."""
        groups: tuple[tuple[Sequence[EntityLayout], str, tuple[Reason, ...]], ...] = (
            (self._sources.entities, "curtailed", CURTAILED),
            (self._loads.entities, "unserved", UNSERVED),
        )
        table = booked.reshape(len(booked), -1, CODES)
        position = 0
        for entities, word, reasons in groups:
            whole = np.zeros(len(booked))
            for entity in entities:
                cut = table[:, position]
                position += 1
                for reason in reasons:
                    yield f"{entity.subject}.{word}_{reason.label}_mwh", cut[:, reason]
                total = cut[:, list(reasons)].sum(axis=1)
                whole = whole + total
                yield f"{entity.subject}.{word}_mwh", total
            yield f"grid.{word}_mwh", whole


def _points(groups: Sequence[tuple[int, ...]]) -> tuple[IntArray, IntArray]:
    """All positions in a row, and where each group begins."""
    points = np.array([point for group in groups for point in group], dtype=np.int64)
    lengths = [len(group) for group in groups]
    return points, np.array([0, *np.cumsum(lengths[:-1])] if groups else [], dtype=np.int64)
