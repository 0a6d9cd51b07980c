"""Networks from MATPOWER case files (.m).

A branch is a pi section; one with a ratio has an ideal transformer at its from end (MATPOWER user's manual, 3.2).
pandapower's own converter is not used: it turns transformers whose from side is the lower voltage without turning
their ratio and shift, and reads their charging as inductive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.empty import empty_network
from grids.errors import DescriptionError, GridProblem
from grids.library import matpower_text as mp
from grids.naming import fill_names

if TYPE_CHECKING:
    from pandapower import pandapowerNet

FREQUENCY_HZ = 50.0  # not in the format; susceptances are kept, so no voltage depends on it
PQ_BUS, PV_BUS, REFERENCE_BUS, ISOLATED_BUS = 1, 2, 3, 4


@dataclass(frozen=True)
class MatpowerNetwork:
    """A network from a case file, and what every output must say about it."""

    net: pandapowerNet
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Rows:
    """A case by column names: positions of buses, what is in service, what is a transformer."""

    case: mp.MatpowerCase
    names: tuple[str, ...]  # of the buses
    gen_bus: IntArray
    from_bus: IntArray
    to_bus: IntArray
    gen_on: BoolArray
    branch_on: BoolArray
    ratio: FloatArray  # 1 where not given
    is_trafo: BoolArray

    @property
    def base_kv(self) -> FloatArray:
        return self.case.bus.values[:, mp.BASE_KV]

    @property
    def bus_type(self) -> FloatArray:
        return self.case.bus.values[:, mp.BUS_TYPE]


def load(path: Path) -> MatpowerNetwork:
    """The network in a MATPOWER case file of version 2, with names filled.

    Buses are called as the file names them, else `bus 1`; lines `line 1-2`, transformers `trafo 4-7`.

    Raises:
        DescriptionError: all problems, each with file and line.
        OSError: the file cannot be read.
    """
    try:
        rows = _checked(mp.parse(path.read_text(encoding="utf-8", errors="replace")))
    except DescriptionError as error:
        found = (problem._replace(message=f"{path.name} {problem.message}") for problem in error.problems)
        raise DescriptionError(list(found)) from None
    return MatpowerNetwork(_network(rows, path.stem), tuple(_notes(rows, path.name)))


def _checked(case: mp.MatpowerCase) -> _Rows:
    """Resolve bus numbers; DescriptionError with everything that cannot be solved."""
    bus, gen, branch = case.bus.values, case.gen.values, case.branch.values
    position = {number: place for place, number in enumerate(bus[:, mp.BUS_I].tolist())}
    problems = [
        *_bad_buses(case),
        *_unknown(case.gen, "gen", (mp.GEN_BUS,), position),
        *_unknown(case.branch, "branch", (mp.F_BUS, mp.T_BUS), position),
        *_bad_branches(case.branch),
    ]
    if problems:
        raise DescriptionError(problems)
    ends = [np.array([position[number] for number in branch[:, column]]) for column in (mp.F_BUS, mp.T_BUS)]
    gen_bus = np.array([position[number] for number in gen[:, mp.GEN_BUS]])
    isolated = bus[:, mp.BUS_TYPE] == ISOLATED_BUS
    base_kv = bus[:, mp.BASE_KV]
    tap = branch[:, mp.TAP]
    rows = _Rows(
        case=case,
        names=case.bus_names or tuple(f"bus {number:.0f}" for number in position),
        gen_bus=gen_bus,
        from_bus=ends[0],
        to_bus=ends[1],
        gen_on=(gen[:, mp.GEN_STATUS] > 0) & ~isolated[gen_bus],
        branch_on=(branch[:, mp.BR_STATUS] > 0) & ~isolated[ends[0]] & ~isolated[ends[1]],
        ratio=np.where(tap == 0.0, 1.0, tap),
        # a ratio of 1 between equal nominal voltages is the model of a line
        is_trafo=~np.isin(tap, (0.0, 1.0)) | (branch[:, mp.SHIFT] != 0.0) | (base_kv[ends[0]] != base_kv[ends[1]]),
    )
    problems = [*_bad_generators(rows), *_bad_trafos(rows)]
    if problems:
        raise DescriptionError(problems)
    return rows


def _at(matrix: mp.Matrix, row: int, message: str) -> GridProblem:
    return GridProblem((), f"line {matrix.lines[row]}: {message}")


def _bad_buses(case: mp.MatpowerCase) -> Iterator[GridProblem]:
    values = case.bus.values
    shared = Counter(values[:, mp.BUS_I].tolist())
    for row, number in enumerate(values[:, mp.BUS_I].tolist()):
        if shared[number] > 1 or number != round(number):
            yield _at(case.bus, row, f"bus number {number:g} is given {shared[number]} times or is no whole number")
        if not values[row, mp.BASE_KV] > 0.0:
            yield _at(case.bus, row, f"bus {number:g} has no baseKV; write its nominal voltage in kV")
        if values[row, mp.BUS_TYPE] not in {PQ_BUS, PV_BUS, REFERENCE_BUS, ISOLATED_BUS}:
            yield _at(case.bus, row, f"bus {number:g} has the type {values[row, mp.BUS_TYPE]:g}, known are 1 to 4")
    used = [mp.PD, mp.QD, mp.GS, mp.BS, mp.VA]
    for bad in np.flatnonzero(~np.isfinite(values[:, used]).all(axis=1)):
        yield _at(case.bus, int(bad), "a power, shunt or angle is not finite")
    if case.bus_names and len(case.bus_names) != len(values):
        yield GridProblem((), f"line 1: mpc.bus_name has {len(case.bus_names)} names for {len(values)} buses")


def _unknown(
    matrix: mp.Matrix, name: str, columns: tuple[int, ...], position: dict[float, int]
) -> Iterator[GridProblem]:
    for row, numbers in enumerate(matrix.values[:, columns].tolist()):
        for number in numbers:
            if number not in position:
                yield _at(matrix, row, f"mpc.{name} refers to bus {number:g}, which mpc.bus does not hold")


def _bad_branches(branch: mp.Matrix) -> Iterator[GridProblem]:
    used = [mp.BR_R, mp.BR_X, mp.BR_B, mp.RATE_A, mp.TAP, mp.SHIFT]
    for row, values in enumerate(branch.values):
        label = f"branch {values[mp.F_BUS]:g}-{values[mp.T_BUS]:g}"
        if values[mp.F_BUS] == values[mp.T_BUS]:
            yield _at(branch, row, f"{label} has both ends at one bus")
        if not np.isfinite(values[used]).all():
            yield _at(branch, row, f"{label} has a parameter that is not finite")
        elif values[mp.BR_R] == 0.0 and values[mp.BR_X] == 0.0:
            yield _at(branch, row, f"{label} has no impedance")
        elif values[mp.TAP] < 0.0:
            yield _at(branch, row, f"{label} has a negative ratio")


def _bad_trafos(rows: _Rows) -> Iterator[GridProblem]:
    branch = rows.case.branch
    for row in np.flatnonzero(rows.is_trafo & ((branch.values[:, mp.BR_X] < 0) | (branch.values[:, mp.BR_R] < 0))):
        yield _at(branch, int(row), "a transformer with a negative impedance cannot be carried")


def _bad_generators(rows: _Rows) -> Iterator[GridProblem]:
    gen, on = rows.case.gen, rows.gen_on
    holds = on & (rows.bus_type[rows.gen_bus] != PQ_BUS)
    for row in np.flatnonzero(on & ~np.isfinite(gen.values[:, [mp.PG, mp.QG, mp.VG]]).all(axis=1)):
        yield _at(gen, int(row), "a power or voltage of the generator is not finite")
    for row in np.flatnonzero(holds & ~(gen.values[:, mp.VG] > 0.0)):
        yield _at(gen, int(row), "the generator holds no voltage above zero")
    for bus in np.unique(rows.gen_bus[holds]):
        here = np.flatnonzero(holds & (rows.gen_bus == bus))
        if len(set(gen.values[here, mp.VG].tolist())) > 1:
            yield _at(gen, int(here[-1]), f"the generators at {rows.names[bus]!r} hold different voltages")
    references = np.flatnonzero(rows.bus_type == REFERENCE_BUS)
    for bus in references:
        if not np.any(on & (rows.gen_bus == bus)):
            yield _at(rows.case.bus, int(bus), f"{rows.names[bus]!r} is the reference but has no generator in service")
    if not len(references):
        yield _at(rows.case.bus, 0, "no bus is the reference (type 3)")


def _network(rows: _Rows, name: str) -> pandapowerNet:
    import pandapower  # noqa: PLC0415

    net = empty_network(name=name, f_hz=FREQUENCY_HZ, sn_mva=float(rows.case.base_mva))
    in_service = rows.bus_type != ISOLATED_BUS
    count = len(rows.names)
    pandapower.create_buses(net, count, vn_kv=rows.base_kv, name=list(rows.names), in_service=in_service)
    _add_demand(net, rows)
    _add_generators(net, rows)
    _add_lines(net, rows)
    _add_trafos(net, rows)
    fill_names(net)
    return net


def _add_demand(net: pandapowerNet, rows: _Rows) -> None:
    """Demand (negative: a static generator), and shunts: what they take and give at 1 pu."""
    import pandapower  # noqa: PLC0415

    bus = rows.case.bus.values
    p, q = bus[:, mp.PD], bus[:, mp.QD]
    taking = np.flatnonzero((p > 0.0) | ((p == 0.0) & (q != 0.0)))
    giving = np.flatnonzero(p < 0.0)
    shunt = np.flatnonzero((bus[:, mp.GS] != 0.0) | (bus[:, mp.BS] != 0.0))
    for create, at, sign, kind in (
        (pandapower.create_loads, taking, 1.0, "load"),
        (pandapower.create_sgens, giving, -1.0, "generation"),
    ):
        if len(at):
            create(net, at, p_mw=sign * p[at], q_mvar=sign * q[at], name=[f"{kind} {rows.names[i]}" for i in at])
    for i in shunt:
        _add_shunt(net, int(i), bus[i, mp.GS], bus[i, mp.BS], f"shunt {rows.names[i]}")


def _add_shunt(net: pandapowerNet, bus: int, g_mw: float, b_mvar: float, name: str, in_service: bool = True) -> None:
    import pandapower  # noqa: PLC0415

    pandapower.create_shunt(net, bus, q_mvar=-float(b_mvar), p_mw=float(g_mw), name=name, in_service=in_service)


def _add_generators(net: pandapowerNet, rows: _Rows) -> None:
    """The first generator at a reference bus is the source, one at a PV bus holds its voltage, others give power."""
    import pandapower  # noqa: PLC0415

    sources: set[int] = set()
    for row, values in enumerate(rows.case.gen.values):
        bus = int(rows.gen_bus[row])
        kind = rows.bus_type[bus]
        common = {"bus": bus, "name": f"gen {row + 1} {rows.names[bus]}", "in_service": bool(rows.gen_on[row])}
        if kind == REFERENCE_BUS and rows.gen_on[row] and bus not in sources:
            angle = rows.case.bus.values[bus, mp.VA]
            pandapower.create_ext_grid(net, vm_pu=values[mp.VG], va_degree=angle, **common)
            sources.add(bus)
        elif kind == PV_BUS:
            pandapower.create_gen(net, p_mw=values[mp.PG], vm_pu=values[mp.VG], **common)
        else:
            pandapower.create_sgen(net, p_mw=values[mp.PG], q_mvar=values[mp.QG], **common)


def _labels(rows: _Rows, kind: str, at: IntArray) -> list[str]:
    """`line 1-2`; from the second of parallel branches on with its number behind."""
    numbers = rows.case.branch.values[:, [mp.F_BUS, mp.T_BUS]]
    seen: Counter[str] = Counter()
    labels = []
    for i in at:
        label = f"{kind} {numbers[i, 0]:.0f}-{numbers[i, 1]:.0f}"
        seen[label] += 1
        labels.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return labels


def _add_lines(net: pandapowerNet, rows: _Rows) -> None:
    import pandapower  # noqa: PLC0415

    at = np.flatnonzero(~rows.is_trafo)
    if not len(at):
        return
    branch, kv = rows.case.branch.values[at], rows.base_kv[rows.from_bus[at]]
    base_ohm = kv**2 / rows.case.base_mva
    rate_mva = branch[:, mp.RATE_A]
    pandapower.create_lines_from_parameters(
        net,
        rows.from_bus[at],
        rows.to_bus[at],
        length_km=1.0,
        r_ohm_per_km=branch[:, mp.BR_R] * base_ohm,
        x_ohm_per_km=branch[:, mp.BR_X] * base_ohm,
        c_nf_per_km=branch[:, mp.BR_B] / base_ohm / (2.0 * np.pi * FREQUENCY_HZ) * 1e9,
        max_i_ka=np.where(rate_mva > 0.0, rate_mva / (np.sqrt(3.0) * kv), np.nan),  # 0 means no limit
        in_service=rows.branch_on[at],
        name=_labels(rows, "line", at),
    )


def _add_trafos(net: pandapowerNet, rows: _Rows) -> None:
    """The ratio is in the rated voltage of the side that is `from`; charging becomes shunts at both sides."""
    import pandapower  # noqa: PLC0415

    at = np.flatnonzero(rows.is_trafo)
    if not len(at):
        return
    branch, ratio = rows.case.branch.values[at], rows.ratio[at]
    first, second = rows.from_bus[at], rows.to_bus[at]
    turned = rows.base_kv[first] < rows.base_kv[second]
    from_kv = ratio * rows.base_kv[first]
    rate_mva = branch[:, mp.RATE_A]
    sn_mva = np.where(rate_mva > 0.0, rate_mva, rows.case.base_mva)
    percent = 100.0 * sn_mva / rows.case.base_mva
    names = _labels(rows, "trafo", at)
    pandapower.create_transformers_from_parameters(
        net,
        np.where(turned, second, first),
        np.where(turned, first, second),
        sn_mva=sn_mva,
        vn_hv_kv=np.where(turned, rows.base_kv[second], from_kv),
        vn_lv_kv=np.where(turned, from_kv, rows.base_kv[second]),
        vk_percent=np.hypot(branch[:, mp.BR_R], branch[:, mp.BR_X]) * percent,
        vkr_percent=branch[:, mp.BR_R] * percent,
        pfe_kw=0.0,
        i0_percent=0.0,
        shift_degree=np.where(turned, -branch[:, mp.SHIFT], branch[:, mp.SHIFT]),
        in_service=rows.branch_on[at],
        name=names,
    )
    net.trafo["df"] = np.where(rate_mva > 0.0, 1.0, np.nan)  # 0 means no limit, and no rating gives no loading
    half_mvar = branch[:, mp.BR_B] / 2.0 * rows.case.base_mva
    for place in np.flatnonzero(half_mvar):
        on = bool(rows.branch_on[at[place]])
        end = half_mvar[place]
        _add_shunt(net, int(first[place]), 0.0, end / ratio[place] ** 2, f"charging {names[place]} (from)", on)
        _add_shunt(net, int(second[place]), 0.0, end, f"charging {names[place]} (to)", on)


def _notes(rows: _Rows, file: str) -> Iterator[str]:
    branch = rows.case.branch.values
    yield f"{file} gives no frequency and no lengths: every line counts as 1 km"
    if unrated := int((branch[:, mp.RATE_A] == 0.0).sum()):
        yield f"{file}: {unrated} branches have no rating (rateA 0); their loading is not judged"
    if charged := int((rows.is_trafo & (branch[:, mp.BR_B] != 0.0)).sum()):
        yield f"{file}: the charging of {charged} transformers is a shunt at each side"
    if rows.case.ignored:
        yield f"{file}: not read: {', '.join(sorted(set(rows.case.ignored)))}"
