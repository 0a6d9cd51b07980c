"""Which figures of `summary.json` become which rows: a table, read from top to bottom.

An entry takes the keys that it matches. What an entry reduces to one row (a sum or an extreme over subjects) is also
kept as detail, and what no entry names is a detail of the last group: nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from cosim.compare.rows import Group, Row
from cosim.compare.runs import Run
from cosim.report.figures import statistic

Reduction = Literal["each", "sum", "min", "max"]
SHARE = "p95"  # shown beside the mean of an ensemble


@dataclass(frozen=True, slots=True)
class Entry:
    """Keys that look alike, and the words of their rows; `{name}` and the like are parts of the key."""

    group: Group
    key: str  # regular expression over the whole key
    words: str
    reduction: Reduction = "each"


_NAME = r"(?P<name>.+)"
CATALOGUE = (
    Entry(Group.FINDINGS, r"grid\.failed_steps", "steps without a solution"),
    Entry(Group.VOLTAGE, rf"level:{_NAME}kV\.vm_min_pu", "lowest at {name} kV"),
    Entry(Group.VOLTAGE, rf"level:{_NAME}kV\.vm_max_pu", "highest at {name} kV"),
    Entry(Group.VOLTAGE, rf"(?P<kind>\w+):{_NAME}\.(?P<what>\w+)_min_(pu|v)", "lowest {what} of any {kind}", "min"),
    Entry(Group.VOLTAGE, rf"(?P<kind>\w+):{_NAME}\.(?P<what>\w+)_max_(pu|v)", "highest {what} of any {kind}", "max"),
    Entry(Group.VOLTAGE, r"supply\.leg_(?P<what>min|max)_v", "{what} leg of any customer"),
    Entry(Group.VOLTAGE, r"supply\.(?P<side>over|under)_hours", "hours {side}"),
    Entry(Group.VOLTAGE, r"supply\.(?P<side>over|under)_(?P<when>midday|evening)_hours", "hours {side}, {when}"),
    Entry(Group.VOLTAGE, r"supply\.(?P<side>over|under)_points", "supply points ever {side}"),
    Entry(Group.WIRES, r"grid\.losses_mwh", "losses"),
    Entry(Group.WIRES, r"grid\.max_line_loading_percent", "highest line loading"),
    Entry(Group.WIRES, r"grid\.max_trafo_loading_percent", "highest transformer loading"),
    Entry(Group.BOUNDARIES, rf"boundary:{_NAME}\.import_mwh", "import {name}"),
    Entry(Group.BOUNDARIES, rf"boundary:{_NAME}\.export_mwh", "export {name}"),
    Entry(Group.BOUNDARIES, rf"boundary:{_NAME}\.max_import_kw", "peak import {name}"),
    Entry(Group.BOUNDARIES, rf"boundary:{_NAME}\.max_export_kw", "peak export {name}"),
    Entry(Group.ENERGY, r"grid\.import_mwh", "import of the network"),
    Entry(Group.ENERGY, r"grid\.export_mwh", "export of the network"),
    Entry(Group.ENERGY, r"grid\.generation_mwh", "generation"),
    Entry(Group.ENERGY, r"grid\.fixture_generation_mwh", "generators of the network"),
    Entry(Group.ENERGY, r"grid\.discharge_mwh", "battery discharge"),
    Entry(Group.ENERGY, r"grid\.charge_mwh", "charging, own use"),
    Entry(Group.ENERGY, r"grid\.served_mwh", "load served"),
    Entry(Group.ENERGY, r"grid\.fixtures_mwh", "shunts and the like"),
    Entry(Group.ENERGY, rf"device:{_NAME}\.generation_mwh", "generation {name}"),
    Entry(Group.CUTS, r"grid\.curtailed_mwh", "curtailed"),
    Entry(Group.CUTS, r"device:.+\.curtailed_(?P<name>\w+)_mwh", "curtailed: {name}", "sum"),
    Entry(Group.CUTS, r"grid\.unserved_mwh", "not served"),
    Entry(Group.CUTS, r"load:.+\.unserved_(?P<name>\w+)_mwh", "not served: {name}", "sum"),
    Entry(Group.REGULATORS, rf"regulator:{_NAME}\.(?P<what>\w+)", "{what} {name}"),
    Entry(Group.PLANT, rf"device:{_NAME}\.run_hours", "unit hours {name}"),
    Entry(Group.PLANT, rf"device:{_NAME}\.starts", "starts {name}"),
    Entry(Group.PLANT, rf"device:{_NAME}\.heat_(?P<what>boiler|dumped|unserved)_mwh", "heat {what} {name}"),
    Entry(Group.MONEY, rf"boundary:{_NAME}\.energy_cost", "energy cost {name}"),
    Entry(Group.MONEY, rf"settlement:{_NAME}\.total", "bill {name}"),
    Entry(Group.MONEY, r"device:.+\.fuel_cost", "fuel cost", "sum"),
    Entry(Group.MONEY, r"device:.+\.om_cost", "upkeep", "sum"),
    Entry(Group.MONEY, r"device:.+\.fuel_kg", "fuel", "sum"),
    Entry(Group.MONEY, r"device:.+\.fuel_nm3", "gas", "sum"),
    Entry(Group.MONEY, r"device:.+\.co2_kg", "CO2 of fuel", "sum"),
)  # fmt: skip
_WORDS = {"vm": "voltage"}


def figure_rows(runs: Sequence[Run]) -> Iterator[Row]:
    """Rows of every figure that any of the runs has, in the order of the catalogue."""
    left = sorted({key for run in runs for key in run.figures.table}, key=_natural)
    for entry in CATALOGUE:
        matches = {key: found for key in left if (found := re.fullmatch(entry.key, key))}
        left = [key for key in left if key not in matches]
        if entry.reduction == "each":
            for key, found in matches.items():
                yield from _single(runs, entry.group, key, _words(entry, found))
        else:
            yield from _reduced(runs, entry, matches)
    for key in left:
        yield from _single(runs, Group.OTHER, key, key, detail=True)


def _natural(key: str) -> tuple[tuple[float, str], ...]:
    """Order in which 0.4 kV stands before 20 kV, and n2 before n10."""
    return tuple(
        (float(part), "") if re.fullmatch(r"\d+(\.\d+)?", part) else (float("inf"), part)
        for part in re.split(r"(\d+(?:\.\d+)?)", key)
    )


def _words(entry: Entry, found: re.Match[str]) -> str:
    parts = {name: _WORDS.get(text, text.replace("_", " ")) for name, text in found.groupdict().items() if text}
    if "name" in parts and entry.reduction == "each":
        parts["name"] = found["name"]  # a name stays as it is written
    return entry.words.format(**parts)


def _single(runs: Sequence[Run], group: Group, key: str, words: str, *, detail: bool = False) -> Iterator[Row]:
    """The figure; of ensembles also what 95 % of the members stay below, where its mean stands for an amount."""
    unit = _unit(runs, [key])
    values = tuple(run.figures.value(key) for run in runs)
    many = any(run.members > 1 for run in runs)
    kind = statistic(key) if many else ""
    yield Row(group, key, words, unit, values, kind, detail)
    if kind == "mean":
        shares = tuple(run.figures.table.get(key, {}).get(SHARE) for run in runs)
        yield Row(group, key, words, unit, shares, SHARE, detail)


def _reduced(runs: Sequence[Run], entry: Entry, matches: dict[str, re.Match[str]]) -> Iterator[Row]:
    """One row for all keys that read the same, and each of them as detail."""
    families: dict[str, list[str]] = {}
    for key, found in matches.items():
        families.setdefault(_words(entry, found), []).append(key)
    for words, keys in families.items():
        values = tuple(_over(run, keys, entry.reduction) for run in runs)
        kind, _, _ = keys[0].partition(":")
        quantity = keys[0].rpartition(".")[2]
        many = any(run.members > 1 for run in runs)
        over = ("mean" if entry.reduction == "sum" else entry.reduction) if many else ""
        yield Row(entry.group, f"{kind}:*.{quantity}", words, _unit(runs, keys), values, over)
        for key in keys:
            yield from _single(runs, entry.group, key, key, detail=True)


def _over(run: Run, keys: Iterable[str], reduction: Reduction) -> float | None:
    known = [value for key in keys if (value := run.figures.value(key)) is not None]
    if not known:
        return None
    if reduction == "sum":
        return sum(known)
    return min(known) if reduction == "min" else max(known)


def _unit(runs: Iterable[Run], keys: Sequence[str]) -> str:
    return next((unit for run in runs for key in keys if (unit := run.figures.unit(key))), "")
