"""MATPOWER case files (.m) as text: the numbers in them, nothing executed.

A case file is a MATLAB function, and several distribution cases convert their units in code behind the matrices. Every
statement must therefore be one that is known: a matrix of plain numbers, or one of the unit conversions in use.
Anything else is refused, because skipping it would give another network than the file means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isnan
from typing import NamedTuple

import numpy as np

from grids.arrays import FloatArray
from grids.errors import DescriptionError, GridProblem

# columns, counted from 0 (MATPOWER user's manual, appendix B: data file format, version 2)
BUS_I, BUS_TYPE, PD, QD, GS, BS, _AREA, _VM, VA, BASE_KV = range(10)
GEN_BUS, PG, QG, _QMAX, _QMIN, VG, _MBASE, GEN_STATUS = range(8)
F_BUS, T_BUS, BR_R, BR_X, BR_B, RATE_A, _RATE_B, _RATE_C, TAP, SHIFT, BR_STATUS = range(11)
NEEDED = {"bus": BASE_KV + 1, "gen": GEN_STATUS + 1, "branch": BR_STATUS + 1}

_PIECES = re.compile(r"'(?:[^'\n]|'')*'|\"[^\"\n]*\"|%[^\n]*|\.\.\.[^\n]*\n|[^'\"%.\[\](){};,\n]+|.|\n", re.DOTALL)
_BLOCK = re.compile(r"^[ \t]*%\{[ \t]*$.*?^[ \t]*%\}[ \t]*$", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"mpc\.(\w+)\s*=\s*(.*)", re.DOTALL)
_FUNCTION = re.compile(r"function\s+(\w+)\s*=\s*\w+")
_CONSTANTS = re.compile(r"\[[\w\s,]*\]\s*=\s*idx_\w+|define_constants")
_QUOTED = re.compile(r"'((?:[^'\n]|'')*)'|\"([^\"\n]*)\"")
# statements without blanks and commas; what they do is in `_converted`
_UNITS = {
    "Vbase=mpc.bus(1BASE_KV)*1e3": "vbase",
    "Sbase=mpc.baseMVA*1e6": "sbase",
    "mpc.branch(:[BR_RBR_X])=mpc.branch(:[BR_RBR_X])/(Vbase^2/Sbase)": "ohm",
    "mpc.bus(:[PDQD])=mpc.bus(:[PDQD])/1e3": "kw",
}


class Statement(NamedTuple):
    """One statement, comments taken out, and the line it begins at."""

    line: int
    text: str


@dataclass(frozen=True)
class Matrix:
    """A matrix of numbers, (rows, columns), and the line of the file each row stands in."""

    values: FloatArray
    lines: tuple[int, ...]


@dataclass(frozen=True)
class MatpowerCase:
    """What a case file holds, in MATPOWER's units: MW, MVAr, per unit of `base_mva`, degrees, kV."""

    base_mva: float
    bus: Matrix
    gen: Matrix
    branch: Matrix
    bus_names: tuple[str, ...] = ()  # one a bus, where given
    ignored: tuple[str, ...] = ()  # fields that are no part of a power flow


@dataclass
class _Reading:
    """What has been found so far."""

    matrices: dict[str, Matrix] = field(default_factory=dict)
    base_mva: float = float("nan")
    bus_names: tuple[str, ...] = ()
    ignored: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    problems: list[GridProblem] = field(default_factory=list)

    def problem(self, line: int, message: str) -> None:
        self.problems.append(GridProblem((), f"line {line}: {message}"))


def parse(text: str) -> MatpowerCase:
    """The case in the text of a .m file.

    Raises:
        DescriptionError: all problems, each with its line: no version 2 case, statements that are not known,
            numbers that are none, rows of different lengths, missing matrices.
    """
    reading = _Reading()
    for statement in _statements(text):
        _read(statement, reading)
    for name, columns in NEEDED.items():
        matrix = reading.matrices.get(name)
        if matrix is None:
            reading.problem(1, f"mpc.{name} is missing: this is no MATPOWER case of version 2")
        elif matrix.values.shape[1] < columns:
            found = matrix.values.shape[1]
            reading.problem(matrix.lines[0], f"mpc.{name} has {found} columns, the format has at least {columns}")
    if not reading.base_mva > 0.0:
        reading.problem(1, "mpc.baseMVA is missing or not above zero")
    if reading.problems:
        raise DescriptionError(reading.problems)
    return _converted(reading)


def _statements(text: str) -> Iterator[Statement]:
    """Statements end at a line or semicolon outside brackets; comments and continuation marks are dropped."""
    text = _BLOCK.sub(lambda block: "\n" * block[0].count("\n"), text.replace("\r\n", "\n"))
    line, begun, depth, parts = 1, 1, 0, list[str]()
    for piece in _PIECES.findall(text + "\n"):
        if piece[0] == "%":
            continue
        depth += (piece in "[{(") - (piece in "]})")
        if depth <= 0 and piece in ";,\n":
            if parts:
                yield Statement(begun, "".join(parts).strip())
            parts, depth = [], 0
        elif not piece.startswith("...") and (parts or piece.strip()):
            begun = begun if parts else line
            parts.append(piece)
        line += piece.count("\n")
    if parts:
        yield Statement(begun, "".join(parts).strip())


def _read(statement: Statement, reading: _Reading) -> None:
    line, text = statement
    bare = re.sub(r"[\s,]", "", text)
    if bare in _UNITS:
        reading.units.append(_UNITS[bare])
    elif (function := _FUNCTION.fullmatch(text)) is not None:
        if function[1] != "mpc":
            reading.problem(line, f"the case is called {function[1]}, not mpc (only MATPOWER version 2 is read)")
    elif (given := _FIELD.fullmatch(text)) is not None:
        _read_field(line, given[1], given[2].strip(), reading)
    elif text not in {"end", "return"} and _CONSTANTS.fullmatch(text) is None:
        shown = re.sub(r"\s+", " ", text)[:60]
        reading.problem(
            line,
            f"{shown!r} is code, and code is not executed (write the case with MATPOWER's savecase, then read that)",
        )


def _read_field(line: int, name: str, value: str, reading: _Reading) -> None:
    if name in NEEDED or name == "dcline":
        if name in reading.matrices:
            reading.problem(line, f"mpc.{name} is given twice")
        elif (matrix := _matrix(line, name, value, reading)) is not None:
            reading.matrices[name] = matrix
    elif name == "baseMVA":
        reading.base_mva = _number(value)
    elif name == "version":
        if value.strip("'\"") != "2":
            reading.problem(line, f"version {value} is not read, only version 2")
    elif name == "bus_name":
        reading.bus_names = tuple((one.replace("''", "'") or two).strip() for one, two in _QUOTED.findall(value))
    else:
        reading.ignored.append(name)


def _matrix(line: int, name: str, value: str, reading: _Reading) -> Matrix | None:
    if not (value.startswith("[") and value.endswith("]")):
        reading.problem(line, f"mpc.{name} is no matrix of numbers")
        return None
    rows: list[list[float]] = []
    lines: list[int] = []
    for offset, written in enumerate(value[1:-1].split("\n")):
        for cells in (part.replace(",", " ").split() for part in written.split(";")):
            if not cells:
                continue
            numbers = [_number(cell) for cell in cells]
            bad = [cell for cell, number in zip(cells, numbers, strict=True) if isnan(number) and cell.lower() != "nan"]
            if bad:
                reading.problem(line + offset, f"mpc.{name}: {bad[0]!r} is no number")
                numbers = [0.0] * len(cells)
            if rows and len(numbers) != len(rows[0]):
                reading.problem(
                    line + offset, f"mpc.{name}: {len(numbers)} numbers where the first row has {len(rows[0])}"
                )
                continue
            rows.append(numbers)
            lines.append(line + offset)
    return Matrix(np.array(rows, dtype=np.float64), tuple(lines)) if rows else None


def _number(text: str) -> float:
    """The number, NaN where it is none (Python alone would also take underscores)."""
    try:
        return float(text) if "_" not in text else float("nan")
    except ValueError:
        return float("nan")


def _converted(reading: _Reading) -> MatpowerCase:
    """The case in MATPOWER's units: what the known statements behind the matrices do."""
    bus, gen, branch = (reading.matrices[name] for name in NEEDED)
    base_ohm = bus.values[0, BASE_KV] ** 2 / reading.base_mva
    for unit in reading.units:
        if unit == "ohm":
            branch.values[:, [BR_R, BR_X]] /= base_ohm
        elif unit == "kw":
            bus.values[:, [PD, QD]] /= 1e3
    if "ohm" in reading.units and not {"vbase", "sbase"} <= set(reading.units):
        raise DescriptionError([GridProblem((), "line 1: impedances are divided by a base that is not given")])
    if "dcline" in reading.matrices:
        line = reading.matrices["dcline"].lines[0]
        raise DescriptionError([GridProblem((), f"line {line}: mpc.dcline is not read; take the DC lines out")])
    return MatpowerCase(reading.base_mva, bus, gen, branch, reading.bus_names, tuple(reading.ignored))
