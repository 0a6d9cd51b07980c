"""Curtailed and unserved power by reason: every kilowatt that is missing has exactly one.

available = realised + curtailed by reason; demand = served + unserved by reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosim.results.port_columns import PortColumns
from grids.arrays import BoolArray, FloatArray, IntArray
from grids.reasons import Reason
from simulators import ports
from simulators.sinks import EntityLayout, StepRecord

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
class CutStep:
    """One step of a group of entities."""

    by_reason: FloatArray | None  # (M, entity, Reason) MW; None = nothing was cut
    residual_mw: FloatArray  # (M,) what no reason explains, largest single amount


class SourceCuts:
    """Curtailment of every entity that says what it could have given."""

    def __init__(self, entities: Sequence[EntityLayout], first: StepRecord) -> None:
        self.entities = tuple(
            entity
            for entity in entities
            if ports.P_AVAILABLE in first.ports.get(entity.subject, {}) and entity.injections
        )
        self._columns = PortColumns(self.entities, _SOURCE_PORTS, first)
        self._injections = np.array([point for entity in self.entities for point in entity.injections], dtype=np.int64)
        self._entity = _entity_of_unit(self.entities)
        self._take = {port: self._positions(port) for port in _SOURCE_PORTS}

    def _positions(self, port: str) -> IntArray:
        """(unit,) column of each unit; units of entities without this port read the padding column of zeros."""
        blocks = {block.entity.subject: block for block in self._columns.of(port)}
        positions: list[int] = []
        for entity in self.entities:
            block = blocks.get(entity.subject)
            columns = range(block.columns.start, block.columns.stop) if block else [self._columns.width] * entity.units
            positions += columns
        return np.array(positions, dtype=np.int64)

    def step(self, record: StepRecord) -> CutStep:
        """Curtailment of one step."""
        values = self._columns.gather(record.ports)
        padded = np.concatenate((values, np.zeros((len(values), 1))), axis=1)
        available, request, rating, voltage, held, held_reason = (padded[:, self._take[port]] for port in _SOURCE_PORTS)
        refused = request - record.grid.p_actual_mw[:, self._injections]
        refused_reason = record.grid.injection_reason[:, self._injections]
        # what the device itself does not explain has no reason: it is booked under NONE and shows as residual
        lost = available - request - rating - voltage - held
        return _cut_step(
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


class LoadCuts:
    """Unserved demand of every load entity.

    Loads that depend on voltage (`voltage_dependent`, a mask over the network's loads) take what the voltage makes of
    them: their difference is neither unserved nor a residual.
    """

    def __init__(
        self, entities: Sequence[EntityLayout], first: StepRecord, voltage_dependent: BoolArray | None = None
    ) -> None:
        self.entities = tuple(
            entity for entity in entities if ports.P_LOAD in first.ports.get(entity.subject, {}) and entity.loads
        )
        self._columns = PortColumns(self.entities, (ports.P_LOAD,), first)
        self._loads = np.array([point for entity in self.entities for point in entity.loads], dtype=np.int64)
        self._entity = _entity_of_unit(self.entities)
        self._steady = None if voltage_dependent is None else ~voltage_dependent[self._loads]

    def step(self, record: StepRecord) -> CutStep:
        """Unserved demand of one step."""
        demand = self._columns.gather(record.ports)
        missing = demand - record.grid.p_served_mw[:, self._loads]
        reason = record.grid.load_reason[:, self._loads]
        if self._steady is not None:
            missing = np.where((reason == Reason.NONE) & ~self._steady, 0.0, missing)
        return _cut_step(len(self.entities), self._entity, ((missing, reason),))


def _cut_step(entities: int, entity: IntArray, amounts: Sequence[tuple[FloatArray, IntArray | Reason]]) -> CutStep:
    """Sort amounts (M, unit) under (entity, reason); what carries no reason is the residual."""
    members = len(amounts[0][0])
    by_reason: FloatArray | None = None
    residual = np.zeros(members)
    for amount, reason in amounts:
        rows, units = np.nonzero(np.abs(amount) > NEGLIGIBLE_MW)  # NaN compares false: not converged, not booked
        if not len(rows):
            continue
        cut = amount[rows, units]
        codes = np.full(len(rows), reason) if isinstance(reason, Reason) else reason[rows, units]
        if by_reason is None:
            by_reason = np.zeros((members, entities, CODES))
        np.add.at(by_reason, (rows, entity[units], codes), cut)
        unexplained = codes == Reason.NONE
        np.maximum.at(residual, rows[unexplained], np.abs(cut[unexplained]))
    return CutStep(by_reason, residual)


def _entity_of_unit(entities: Sequence[EntityLayout]) -> IntArray:
    return np.repeat(np.arange(len(entities)), [entity.units for entity in entities]).astype(np.int64)
