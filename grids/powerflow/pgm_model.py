"""One topology's power-grid-model, and the two ways to call it: an update of a single member, or a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from grids.arrays import FloatArray, IntArray
from grids.errors import GridError
from grids.powerflow.pgm_input import Table

Columns = Mapping[str, Mapping[str, np.ndarray[Any, Any]]]  # component -> attribute -> (members, element)

ERROR_TOLERANCE = 1e-8  # pu of voltage between two iterations: Newton's next one would be far below 1e-12
MAX_ITERATIONS = 20
FLOAT_BYTES = 8
ENDS = ("p_from", "p_to", "q_from", "q_to", "i_from", "i_to")
OUTPUT = {
    "node": ("u_pu", "u_angle", "energized"),
    "generic_branch": ENDS,
    "transformer": ENDS,
    "shunt": ("p", "q"),
}
_STAYING = {"transformer": "tap_pos", "source": "u_ref"}  # seldom change: sent only where the model holds others
_UNSOLVABLE = ("IterationDiverge", "SparseMatrixError")


class PgmModel:
    """A model whose statuses are those of one topology."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        from power_grid_model import PowerGridModel, initialize_array  # noqa: PLC0415
        from power_grid_model.errors import PowerGridError  # noqa: PLC0415

        self._model = PowerGridModel(dict(tables))
        self._error = PowerGridError
        self._held = {name: tables[name][attr].copy() for name, attr in _STAYING.items() if name in tables}
        self._columns = {name: list(attrs) for name, attrs in OUTPUT.items() if name in tables}
        self._rows = list(self._columns)
        self._buffers: dict[str, Table] = {}
        for name in ("sym_load", "sym_gen", *_STAYING):
            if name in tables:
                self._buffers[name] = initialize_array("update", name, len(tables[name]))
                self._buffers[name]["id"] = tables[name]["id"]
        self._options = {"error_tolerance": ERROR_TOLERANCE, "max_iterations": MAX_ITERATIONS}

    def single(self, columns: Columns) -> Mapping[str, Any] | None:
        """Solve the one member of `columns`; component -> attribute -> (element,), or None without a solution.

        An update and a plain call, with rows out: a third of the fixed cost of a batch of one.
        """
        update = {}
        for name, given in columns.items():
            staying = _STAYING.get(name)
            if staying is not None:
                if np.array_equal(given[staying][0], self._held[name]):
                    continue
                self._held[name] = given[staying][0].copy()
            buffer = self._buffers[name]
            for attribute, values in given.items():
                buffer[attribute] = values[0]
            update[name] = buffer
        self._model.update(update_data=update)
        try:
            output: Mapping[str, Any] = self._model.calculate_power_flow(
                output_component_types=self._rows, **self._options
            )
        except self._error as error:
            _must_be_unsolvable(error)
            return None
        return output

    def batch(self, columns: Columns, threads: int) -> tuple[Mapping[str, Any], IntArray]:
        """Solve every member of `columns`: component -> attribute -> (members, element), and who has no solution.

        The rows of those come as uninitialised memory; here they are overwritten with zeros.
        """
        update = {
            name: dict(given)
            for name, given in columns.items()
            if name not in _STAYING or len(given) > 1 or (given[_STAYING[name]] != self._held[name]).any()
        }
        output: Mapping[str, Any] = self._model.calculate_power_flow(
            update_data=update,
            output_component_types=self._columns,
            threading=threads if threads > 1 else -1,
            continue_on_batch_error=True,
            **self._options,
        )
        failed = self._model.batch_error
        if failed is None:
            return output, np.zeros(0, dtype=np.int64)
        for error in failed.errors:
            _must_be_unsolvable(error)
        rows = np.asarray(failed.failed_scenarios, dtype=np.int64)
        for attributes in output.values():
            for values in attributes.values():
                values[rows] = 0
        return output, rows


def both_ends(table: Table, quantity: str) -> FloatArray:
    """(branch, 2) a quantity at the from and the to end, a view into a table of output rows."""
    offsets = [table.dtype.fields[f"{quantity}_{end}"][1] // FLOAT_BYTES for end in ("from", "to")]
    numbers = table.view(np.float64).reshape(len(table), -1)
    return np.asarray(numbers[:, offsets[0] : offsets[1] + 1 : offsets[1] - offsets[0]])


def _must_be_unsolvable(error: Exception) -> None:
    """Only "no solution" is a result; anything else is an input this engine should have refused."""
    if type(error).__name__ not in _UNSOLVABLE:
        raise GridError(f"power-grid-model refuses the network: {str(error).strip()}") from error
