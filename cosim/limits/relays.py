"""What protection relays did in a run: trips, and how long breakers stood open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from cosim.findings import Finding, Severity
from cosim.limits.notices import Extent, notice
from cosim.results.figures import Figure
from grids.arrays import BoolArray, FloatArray, IntArray
from grids.protection.law import RelayKind
from grids.protection.relays import Relay
from simulators.sinks import Layout, StepBlock

RULE_TRIP = "relay-trip"

_LABELS = {
    RelayKind.REVERSE_POWER: "reverse power relay tripped: export above its setting (RPR, 67P, 逆電力継電器)",
    RelayKind.UNDER_POWER: "under-power relay tripped: import below its setting (UPR, 91L, 不足電力継電器)",
    RelayKind.OVER_VOLTAGE: "over-voltage relay tripped (OVR, 59, 過電圧継電器)",
    RelayKind.UNDER_VOLTAGE: "under-voltage relay tripped (UVR, 27, 不足電圧継電器)",
    RelayKind.OVER_FREQUENCY: "over-frequency relay tripped (OFR, 95H, 周波数上昇継電器)",
    RelayKind.UNDER_FREQUENCY: "under-frequency relay tripped (UFR, 95L, 周波数低下継電器)",
}
_POWER = "keep a minimum import (ems export-cap with min_import_kw), or charge storage before the margin is gone"
_VOLTAGE = "hold the voltage (taps, voltage_control), or agree on another setting"
_FREQUENCY = "the source's frequency left the settings: ride through, or agree on other settings"


def _hint(kind: RelayKind) -> str:
    if kind.power:
        return _POWER
    return _FREQUENCY if kind.frequency else _VOLTAGE


class RelayWatch:
    """Sink: counts trips and open hours of every relay; memory does not grow with the run.

    A relay that opens because the grid is dead is counted, and no finding: that hour is one of `no-supply`.
    """

    def open(self, layout: Layout) -> None:
        """One record for each relay."""
        self._layout = layout
        self._records = tuple(_Record(relay, layout.members) for relay in layout.relays)

    def write(self, block: StepBlock) -> None:
        """Take some steps."""
        if not self._records:
            return
        did = block.grid.relays
        if not (did.open.any() or did.tripped.any()):  # the usual block
            return
        for record in self._records:
            record.add(block)

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def figures(self) -> Iterator[Figure]:
        """Trips of all breakers of a relay, and hours in which any of them stood open."""
        for record in self._records:
            yield Figure(f"{record.relay.subject}.trips", record.trips.astype(np.float64), "1")
            yield Figure(f"{record.relay.subject}.open_h", record.hours, "h")

    def findings(self) -> Iterator[Finding]:
        """One record per relay that tripped on a live grid."""
        for record in self._records:
            if record.judged.any():
                yield self._finding(record)

    def hours(self) -> dict[str, FloatArray]:
        """Finding id -> (M,) hours of each member."""
        return {f"{RULE_TRIP}|{r.relay.subject}": r.hours for r in self._records if r.judged.any()}

    def _finding(self, record: _Record) -> Finding:
        axis, relay = self._layout.axis, record.relay
        tripped = record.judged > 0
        worst = int(np.argmin(record.margin))
        steps = {
            "first": record.first_k[tripped].min(),
            "last": record.last_k[tripped].max(),
            "worst_at": record.worst_k[worst],
        }
        value, margin = float(record.value[worst]), float(record.margin[worst])
        limit = value + margin if relay.kind.over else value - margin
        told = notice(
            RULE_TRIP,
            relay.subject,
            Severity.VIOLATION,
            Extent(
                {key: axis.local(int(axis.edges[int(k)])).isoformat() for key, k in steps.items()},
                hours=float(record.hours[tripped].mean()),
                windows=int(record.judged.sum()),
                members=int(tripped.sum()),
                member_share=float(tripped.mean()),
                worst_member=int(self._layout.member[worst]),
            ),
            value=value,
            limit=limit,
            quantity=relay.kind.quantity,
            unit=relay.kind.unit,
            label=_LABELS[relay.kind],
            hint=_hint(relay.kind),
        )
        return replace(told, margin=margin, section=relay.section)


class _Record:
    """One relay, (M,) each; the worst trip is the one furthest beyond its setting."""

    def __init__(self, relay: Relay, members: int) -> None:
        self.relay = relay
        self.trips: IntArray = np.zeros(members, dtype=np.int64)
        self.judged: IntArray = np.zeros(members, dtype=np.int64)  # trips on a live grid
        self.hours: FloatArray = np.zeros(members)
        self.first_k: IntArray = np.full(members, -1, dtype=np.int64)
        self.last_k: IntArray = np.full(members, -1, dtype=np.int64)
        self.margin: FloatArray = np.full(members, np.inf)
        self.value: FloatArray = np.full(members, np.nan)
        self.worst_k: IntArray = np.full(members, -1, dtype=np.int64)

    def add(self, block: StepBlock) -> None:
        """Count the steps of a block."""
        did, own = block.grid.relays, self.relay.points
        open_ = block.by_step(did.open[:, own]).any(axis=2)
        for hours, now in zip(block.hours.tolist(), open_, strict=True):
            self.hours = self.hours + hours * now
        tripped, live = block.by_step(did.tripped[:, own]), block.by_step(did.live[:, own])
        measured, margin = block.by_step(did.measured[:, own]), block.by_step(did.margin[:, own])
        for step in np.flatnonzero(tripped.any(axis=(1, 2))).tolist():
            self.trips = self.trips + tripped[step].sum(axis=1)
            self._judge(block.first_k + step, tripped[step] & live[step], measured[step], margin[step])

    def _judge(self, k: int, tripped: BoolArray, measured: FloatArray, margin: FloatArray) -> None:
        """Take the trips on a live grid of one step, (M, point)."""
        self.judged = self.judged + tripped.sum(axis=1)
        any_ = tripped.any(axis=1)
        self.first_k = np.where(any_ & (self.first_k < 0), k, self.first_k)
        self.last_k = np.where(any_, k, self.last_k)
        beyond = np.where(tripped, margin, np.inf)
        at = beyond.argmin(axis=1)
        rows = np.arange(len(at))
        worse = beyond[rows, at] < self.margin
        self.margin = np.where(worse, beyond[rows, at], self.margin)
        self.value = np.where(worse, measured[rows, at], self.value)
        self.worst_k = np.where(worse, k, self.worst_k)
