"""The energy balance of a run, step by step, and the energies it adds up to.

Each step: import + realised generation + discharge + fixture generation = served load + charging + losses + fixtures +
export, and separately available = realised + curtailed by reason, demand = served + unserved, and per heat plant
CHP + boiler = served + dumped + lost + stored. The largest residual of each is kept, and when it was. Fixtures are
equipment of the network that nobody drives: shunts, or generators it came with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cosim.results.cuts import CODES, Cuts, LoadCuts, SourceCuts
from cosim.results.figures import Figure
from cosim.results.heat import HeatBalance
from cosim.results.ledger import Ledger
from cosim.results.numbers import significant
from cosim.results.port_columns import PortColumns, block_sums
from cosim.results.residuals import Residual
from cosim.results.rows import pick
from grids.arrays import BoolArray, FloatArray, IntArray
from grids.feeder import GridStep
from grids.reasons import CURTAILED, UNSERVED, Reason
from simulators import ports
from simulators.sinks import EntityLayout, Layout, StepBlock

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
INTO = ("import", "generation", "discharge", "fixture_generation")
OUT = ("export", "charge", "served", "losses", "fixtures")
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
        storage = [entity.injections for entity in layout.entities if entity.role == STORAGE]
        self._storage = np.array([point for points in storage for point in points], dtype=np.int64)
        self._other = np.setdiff1d(np.arange(len(layout.index.injection)), self._storage)
        self.residuals = {name: Residual(layout.member) for name in ("", "available_", "demand_", "heat_")}
        self._peak_mw = np.zeros(layout.members)
        self._failed = np.zeros(layout.members)
        self._ready = False

    def _prepare(self, first: StepBlock) -> None:
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

    def write(self, block: StepBlock) -> None:
        """Book some steps."""
        if not self._ready:
            self._prepare(block)
        into, out = self._system(block.grid)
        self._ledger.add(np.concatenate((into, out, *self._entity_rates(block)), axis=1), block)
        given = into.sum(axis=1)
        self._peak_mw = np.fmax(self._peak_mw, np.fmax.reduce(block.by_step(given), axis=0))
        self._failed += block.by_step(~block.grid.result.converged).sum(axis=0)
        self._book_cuts(self._sources.cuts(block), self._loads.cuts(block), block)
        for name, values in (("", given - out.sum(axis=1)), ("heat_", self._heat.residual_mw(block))):
            self.residuals[name].add(block.by_step(values), block.first_k)

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def _system(self, grid: GridStep) -> tuple[FloatArray, FloatArray]:
        """(rows, INTO) and (rows, OUT) MW of the whole network."""
        source, actual, fixture = grid.result.source_p_mw, grid.p_actual_mw, grid.result.fixture_p_mw
        giving = np.maximum(actual, 0.0)
        into = (
            np.maximum(source, 0.0),
            pick(giving, self._other),
            pick(giving, self._storage),
            np.maximum(-fixture, 0.0),
        )
        out = (
            np.maximum(-source, 0.0),
            np.maximum(-actual, 0.0),
            grid.p_served_mw,
            grid.result.losses_mw[:, np.newaxis],
            np.maximum(fixture, 0.0),
        )
        return _sums(into), _sums(out)

    def _entity_rates(self, block: StepBlock) -> tuple[FloatArray, ...]:
        """Rates in the order of `_account_names`, the network's aside."""
        grid = block.grid
        actual = pick(grid.p_actual_mw, self._points)
        boundary = grid.boundary_p_mw
        return (
            self._ports.totals(self._ports.gather(block)),
            block_sums(np.maximum(actual, 0.0), self._starts),
            block_sums(np.maximum(-actual, 0.0), self._starts),
            block_sums(pick(grid.p_served_mw, self._load_points), self._load_starts),
            np.maximum(boundary, 0.0),
            np.maximum(-boundary, 0.0),
        )

    def _account_names(self) -> Iterator[Account]:
        yield from ((f"grid.{name}_mwh", "MWh") for name in (*INTO, *OUT))
        for column in self._ports.blocks:
            name, unit = ENERGY_PORTS[column.port]
            yield f"{column.entity.subject}.{name}", unit
        for storage, other in (("discharge_mwh", "generation_mwh"), ("charge_mwh", "own_use_mwh")):
            for entity in self._injecting:
                yield f"{entity.subject}.{storage if entity.role == STORAGE else other}", "MWh"
        yield from ((f"{entity.subject}.served_mwh", "MWh") for entity in self._serving)
        for direction in ("import_mwh", "export_mwh"):
            yield from ((f"boundary:{name}.{direction}", "MWh") for name in self._layout.boundaries)

    def _book_cuts(self, sources: Cuts, loads: Cuts, block: StepBlock) -> None:
        self.residuals["available_"].add(block.by_step(sources.residual_mw), block.first_k)
        self.residuals["demand_"].add(block.by_step(loads.residual_mw), block.first_k)
        if sources.by_reason is None and loads.by_reason is None:
            return
        parts = [
            cut.by_reason if cut.by_reason is not None else np.zeros((block.rows, len(group.entities), CODES))
            for cut, group in ((sources, self._sources), (loads, self._loads))
        ]
        self._cut_ledger.add(np.concatenate(parts, axis=1).reshape(block.rows, -1), block)

    def figures(self) -> list[Figure]:
        """Every energy, residual and count of the run; empty before the first step."""
        if not self._ready:
            return []
        totals = self._ledger.totals
        energies = [Figure(key, totals[:, at], unit) for at, (key, unit) in self._told()]
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
        columns = {key: (unit, booked[:, at]) for at, (key, unit) in self._told()}
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

    def _told(self) -> Iterator[tuple[int, Account]]:
        """Position and name of every account; those of fixtures only where the network has any."""
        for at, account in enumerate(self._accounts):
            if self._layout.index.fixture or not account[0].startswith("grid.fixture"):
                yield at, account

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
                total = np.take(cut, reasons, axis=1).sum(axis=1)
                whole = whole + total
                yield f"{entity.subject}.{word}_mwh", total
            yield f"grid.{word}_mwh", whole


def _sums(parts: Sequence[FloatArray]) -> FloatArray:
    """(rows, part) sum of each part over its columns."""
    return np.stack([part.sum(axis=1) for part in parts], axis=1)


def _points(groups: Sequence[tuple[int, ...]]) -> tuple[IntArray, IntArray]:
    """All positions in a row, and where each group begins."""
    points = np.array([point for group in groups for point in group], dtype=np.int64)
    lengths = [len(group) for group in groups]
    return points, np.array([0, *np.cumsum(lengths[:-1])] if groups else [], dtype=np.int64)
