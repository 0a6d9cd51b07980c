"""The state of the wires: everything a power flow depends on besides powers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grids.arrays import BoolArray, FloatArray
from grids.powerflow.contract import FlowState


@dataclass(frozen=True, slots=True)
class WireState:
    """Switches, branches, taps and sources, per member; never written, always replaced."""

    closed: BoolArray  # (M, switch)
    in_service: BoolArray  # (M, branch)
    tap_pos: FloatArray  # (M, tap)
    source_on: BoolArray  # (M, source)
    source_vm_pu: FloatArray  # (M, source)

    def spread(self, members: int) -> WireState:
        """The state of one member for `members` of them."""
        return WireState(
            closed=np.repeat(self.closed[:1], members, axis=0),
            in_service=np.repeat(self.in_service[:1], members, axis=0),
            tap_pos=np.repeat(self.tap_pos[:1], members, axis=0),
            source_on=np.repeat(self.source_on[:1], members, axis=0),
            source_vm_pu=np.repeat(self.source_vm_pu[:1], members, axis=0),
        )

    def flow(self, p_mw: FloatArray, q_mvar: FloatArray, p_load_mw: FloatArray, q_load_mvar: FloatArray) -> FlowState:
        """A flow state: these wires with powers at the connection points."""
        return FlowState(
            p_mw=p_mw,
            q_mvar=q_mvar,
            p_load_mw=p_load_mw,
            q_load_mvar=q_load_mvar,
            closed=self.closed,
            in_service=self.in_service,
            tap_pos=self.tap_pos,
            source_on=self.source_on,
            source_vm_pu=self.source_vm_pu,
        )
