"""What all controlled inverters of some members do at their terminal voltages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.regulators.responses import Response

PROBE_PU = 1e-7  # for the slopes


@dataclass(frozen=True, slots=True)
class Law:
    """Responses and what is asked of them, (n, N): members, inverters."""

    responses: tuple[tuple[slice, Response], ...]
    p_asked: FloatArray
    q_asked: FloatArray
    rated: FloatArray  # (n or 1, N) MW or MVA
    rise: FloatArray  # (n or 1, N) from bus to terminals, pu per MW given
    held: BoolArray | None = None  # (n, N) inverters that give nothing

    def only(self, members: IntArray) -> Law:
        """Of these members, by position."""
        return Law(
            tuple((columns, response.rows(members)) for columns, response in self.responses),
            self.p_asked[members],
            self.q_asked[members],
            rows_of(self.rated, members),
            rows_of(self.rise, members),
            None if self.held is None else self.held[members],
        )

    def powers(self, terminal_pu: FloatArray) -> tuple[FloatArray, FloatArray]:
        """P and Q at these terminal voltages, MW and MVar."""
        p, q = np.empty_like(terminal_pu), np.empty_like(terminal_pu)
        for columns, response in self.responses:
            p[:, columns], q[:, columns] = response.powers(
                terminal_pu[:, columns], self.p_asked[:, columns], self.q_asked[:, columns]
            )
        if self.held is not None:
            p[self.held], q[self.held] = 0.0, 0.0
        return p, q

    def slopes(self, terminal_pu: FloatArray) -> tuple[FloatArray, FloatArray]:
        """dP/dV and dQ/dV, MW and MVar per pu."""
        above, below = self.powers(terminal_pu + PROBE_PU), self.powers(terminal_pu - PROBE_PU)
        p, q = ((high - low) / (2.0 * PROBE_PU) for high, low in zip(above, below, strict=True))
        return p, q

    def terminal(self, voltage_pu: FloatArray, p_mw: FloatArray) -> FloatArray:
        """Terminal voltage when the bus has this voltage and this much is given."""
        return np.asarray(voltage_pu + self.rise * p_mw)


def rows_of(array: FloatArray, members: IntArray) -> FloatArray:
    """Rows of these members; one row stands for all."""
    return array if len(array) == 1 else array[members]
