"""Curtailed and unserved power by reason: every kilowatt that is missing has exactly one.

available = realised + curtailed by reason; demand = served + unserved by reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosim.results.port_columns import PortColumns
from cosim.results.rows import pick
from grids.arrays import BoolArray, FloatArray, IntArray
from grids.reasons import Reason
from simulators import ports
from simulators.sinks import EntityLayout, StepBlock

CODES = len(Reason)
NEGLIGIBLE_MW = 1e-12
_SOURCE_PORTS = (
    ports.P_AVAILABLE,
    ports.P,
    ports.CUT_RATING,
    ports.CUT_VOLTAGE,
    ports.CUT_SET,
    ports.SET_REASON,
)


@dataclass(frozen=True, slots=True)
class Cuts:
    """Some steps of a group of entities; a row is one member in one step."""

    by_reason: FloatArray | None  # (rows, entity, Reason) MW; None = nothing was cut
    residual_mw: FloatArray  # (rows,) what no reason explains, largest single amount


class SourceCuts:
    """Curtailment of every entity that says what it could have given."""

    def __init__(self, entities: Sequence[EntityLayout], first: StepBlock) -> None:
        self.entities = tuple(
            entity
            for entity in entities
            if ports.P_AVAILABLE in first.ports.get(entity.subject, {}) and entity.injections
        )
        self._ports = tuple(_PerUnit(self.entities, port, first) for port in _SOURCE_PORTS)
        self._injections = np.array([point for entity in self.entities for point in entity.injections], dtype=np.int64)
        self._entity = _entity_of_unit(self.entities)

    def cuts(self, block: StepBlock) -> Cuts:
        """Curtailment in some steps."""
        grid = block.grid
        available, request, rating, voltage, held, held_reason = (port.gather(block) for port in self._ports)
        refused = request - pick(grid.p_actual_mw, self._injections)
        refused_reason = pick(grid.injection_reason, self._injections)
        # what the device itself does not explain has no reason: it is booked under NONE and shows as residual
        lost = available - request - rating - voltage - held
        return _cuts(
            len(self.entities),
            self._entity,
            (
                (rating, Reason.RATING),
                (voltage, Reason.VOLTAGE),
                (held, held_reason.astype(np.int64)),
                (refused, refused_reason),
                (lost, Reason.NONE),
            ),
        )


class _PerUnit:
    """One port of all units; 0 for units of entities that do not publish it."""

    def __init__(self, entities: Sequence[EntityLayout], port: str, first: StepBlock) -> None:
        self._columns = PortColumns(entities, (port,), first)
        publishing = {block.entity.subject for block in self._columns.blocks}
        has = [entity.subject in publishing for entity in entities]
        self._at = np.flatnonzero(np.repeat(has, [entity.units for entity in entities]))
        self._units = sum(entity.units for entity in entities)

    def gather(self, block: StepBlock) -> FloatArray:
        """(rows, unit)."""
        values = self._columns.gather(block)
        if values.shape[1] == self._units:
            return values
        everyone = np.zeros((block.rows, self._units))
        everyone[:, self._at] = values
        return everyone


class LoadCuts:
    """Unserved demand of every load entity.

    Loads that depend on voltage (`voltage_dependent`, a mask over the network's loads) take what the voltage makes of
    them: their difference is neither unserved nor a residual.
    """

    def __init__(
        self, entities: Sequence[EntityLayout], first: StepBlock, voltage_dependent: BoolArray | None = None
    ) -> None:
        self.entities = tuple(
            entity for entity in entities if ports.P_LOAD in first.ports.get(entity.subject, {}) and entity.loads
        )
        self._columns = PortColumns(self.entities, (ports.P_LOAD,), first)
        self._loads = np.array([point for entity in self.entities for point in entity.loads], dtype=np.int64)
        self._entity = _entity_of_unit(self.entities)
        self._steady = None if voltage_dependent is None else ~voltage_dependent[self._loads]

    def cuts(self, block: StepBlock) -> Cuts:
        """Unserved demand in some steps."""
        demand = self._columns.gather(block)
        missing = demand - pick(block.grid.p_served_mw, self._loads)
        reason = pick(block.grid.load_reason, self._loads)
        if self._steady is not None:
            missing = np.where((reason == Reason.NONE) & ~self._steady, 0.0, missing)
        return _cuts(len(self.entities), self._entity, ((missing, reason),))


def _cuts(entities: int, entity: IntArray, amounts: Sequence[tuple[FloatArray, IntArray | Reason]]) -> Cuts:
    """Sort amounts (rows, unit) under (entity, reason); what carries no reason is the residual."""
    count = len(amounts[0][0])
    by_reason: FloatArray | None = None
    residual = np.zeros(count)
    for amount, reason in amounts:
        cutting = np.abs(amount) > NEGLIGIBLE_MW  # NaN compares false: not converged, not booked
        if not cutting.any():
            continue
        rows, units = np.nonzero(cutting)
        cut = amount[rows, units]
        codes = np.full(len(rows), reason) if isinstance(reason, Reason) else reason[rows, units]
        if by_reason is None:
            by_reason = np.zeros((count, entities, CODES))
        np.add.at(by_reason, (rows, entity[units], codes), cut)
        unexplained = codes == Reason.NONE
        np.maximum.at(residual, rows[unexplained], np.abs(cut[unexplained]))
    return Cuts(by_reason, residual)


def _entity_of_unit(entities: Sequence[EntityLayout]) -> IntArray:
    return np.repeat(np.arange(len(entities)), [entity.units for entity in entities]).astype(np.int64)
