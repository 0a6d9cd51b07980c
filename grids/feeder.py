"""One step of a feeder: injections and loads in, the full AC state and the boundary flows out."""

from __future__ import annotations

from dataclasses import dataclass

from grids.arrays import FloatArray, IntArray
from grids.powerflow.contract import FlowResult, FlowState


@dataclass(frozen=True, slots=True)
class GridStep:
    """What one step of the wires produced. M = members; means over the step.

    `boundary_p_mw` is the net import through each boundary *into* its section (sum over all its ends);
    `end_p_mw` is the flow through each single boundary end, positive from the present source side to the end
    side; a negative value is reverse flow. Both per `Feeder.boundaries` / `Feeder.ends`.
    """

    state: FlowState  # as solved: actual powers, final taps and switches
    result: FlowResult
    p_actual_mw: FloatArray  # (M, injection) what was really injected (0 where dead)
    q_actual_mvar: FloatArray  # (M, injection)
    p_served_mw: FloatArray  # (M, load) what was really served (0 where dead)
    q_served_mvar: FloatArray  # (M, load)
    injection_reason: IntArray  # (M, injection) Reason where actual differs from request
    load_reason: IntArray  # (M, load) Reason where served differs from demand
    boundary_p_mw: FloatArray  # (M, boundary) into the section
    boundary_q_mvar: FloatArray  # (M, boundary)
    end_p_mw: FloatArray  # (M, end) from the present source side towards the end side
    end_q_mvar: FloatArray  # (M, end)
