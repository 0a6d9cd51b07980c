"""Japanese distribution equipment by name: conductors, transformers, voltage regulators, compensators.

The values are in the CSV files beside this one; every row says where its numbers are from and how sure they are. The
first word of `certainty` is that of the row's weakest number: sourced, derived or assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import hypot
from types import MappingProxyType
from typing import Annotated, Literal, TypeVar

from pydantic import Field, FiniteFloat

from grids.equipment.reading import read
from grids.errors import GridError, unknown

Positive = Annotated[FiniteFloat, Field(gt=0)]
NotNegative = Annotated[FiniteFloat, Field(ge=0)]
Text = Annotated[str, Field(min_length=1)]
Unit = TypeVar("Unit")
Certainty = Annotated[str, Field(pattern=r"^(sourced|derived|assumed): \S")]

POLE_RATED_V = 6600.0  # the pole transformer's tap with the rated ratio: 6600 V to 2 x 105 V
POLE_SECONDARY_KV = 0.21
HERTZ = (50.0, 60.0)
ALPHA20_PER_K = {
    "Cu": 0.00393,
    "Al": 0.00403,
}  # temperature coefficient of resistance at 20 degC


@dataclass(frozen=True, slots=True)
class Conductor:
    """One wire of a line, or one core of a cable; impedances are per phase of a three-phase line (positive sequence).

    A loop of two wires (single-phase two- or three-wire) has twice the resistance and reactance.
    """

    name: Text
    kind: Literal["overhead", "cable", "low_voltage", "service"]
    metal: Literal["Cu", "Al"]
    r_ohm_per_km: Positive  # at `r_at_degc`
    r_at_degc: FiniteFloat  # conductor temperature of the table: 20 for wires, 90 for cables
    x50_ohm_per_km: Positive
    x60_ohm_per_km: Positive
    c_nf_per_km: NotNegative
    max_i_a: Positive
    source: Text
    certainty: Certainty

    def x_ohm_per_km(self, frequency_hz: float) -> float:
        """Series reactance in ohm/km.

        Raises:
            GridError: the frequency is neither 50 nor 60 Hz.
        """
        if frequency_hz not in HERTZ:
            raise GridError(f"conductor {self.name}: reactances are known at 50 and 60 Hz, not at {frequency_hz:g} Hz")
        return self.x50_ohm_per_km if frequency_hz == HERTZ[0] else self.x60_ohm_per_km

    def r_at(self, degc: float) -> float:
        """Series resistance in ohm/km at a conductor temperature, R20 (1 + alpha20 (T - 20))."""
        alpha = ALPHA20_PER_K[self.metal]
        return self.r_ohm_per_km * (1 + alpha * (degc - 20)) / (1 + alpha * (self.r_at_degc - 20))


@dataclass(frozen=True, slots=True)
class PoleUnit:
    """A pole transformer (柱上変圧器), 6600 V / 210-105 V, single phase; percentages on its own rating."""

    sn_kva: Positive
    r_percent: Positive
    x_percent: Positive
    i0_percent: NotNegative
    pfe_kw: NotNegative
    source: Text
    certainty: Certainty

    @property
    def vk_percent(self) -> float:
        """Short-circuit voltage."""
        return hypot(self.r_percent, self.x_percent)

    @property
    def vkr_percent(self) -> float:
        """Real part of the short-circuit voltage."""
        return self.r_percent


@dataclass(frozen=True, slots=True)
class BankUnit:
    """A substation transformer with load tap changer (負荷時タップ切換変圧器, LRT), taps on the high-voltage side."""

    sn_mva: Positive
    vn_hv_kv: Positive
    vn_lv_kv: Positive
    vk_percent: Positive
    vkr_percent: Positive
    i0_percent: NotNegative
    pfe_kw: NotNegative
    tap_min: Annotated[int, Field(le=0)]
    tap_max: Annotated[int, Field(ge=0)]
    tap_step_percent: Annotated[FiniteFloat, Field(gt=0, lt=10)]
    source: Text
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class SvrUnit:
    """A step voltage regulator (自動電圧調整器): equal rated voltages, taps on the regulated side, position 0 = 1:1."""

    name: Text
    sn_kva: Positive
    vn_kv: Positive
    tap_min: Annotated[int, Field(le=0)]
    tap_max: Annotated[int, Field(ge=0)]
    step_v: Positive  # line voltage per position
    vk_percent: Annotated[FiniteFloat, Field(ge=0.3)]  # below that the reference power flow diverges (prototypes.md 5)
    vkr_percent: NotNegative
    source: Text
    certainty: Certainty

    @property
    def tap_step_percent(self) -> float:
        """Ratio change per position, percent of the rated voltage."""
        return self.step_v / self.vn_kv / 10.0


@dataclass(frozen=True, slots=True)
class SvcUnit:
    """A static compensator (SVC, STATCOM): `q_kvar` to either side."""

    name: Text
    q_kvar: Positive
    vn_kv: Positive
    source: Text
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class _PoleTap:
    tap_v: Positive
    source: Text
    certainty: Certainty


@cache
def conductors() -> Mapping[str, Conductor]:
    """Name -> conductor."""
    return MappingProxyType(read("conductors.csv", Conductor, lambda row: row.name))


def conductor(name: str) -> Conductor:
    """The conductor of that name.

    Raises:
        GridError: there is none; the message says which one was probably meant.
    """
    return _named("conductor", name, conductors())


@cache
def pole_transformers() -> Mapping[float, PoleUnit]:
    """Rated power in kVA -> pole transformer."""
    return MappingProxyType(read("pole_trafos.csv", PoleUnit, lambda row: row.sn_kva))


def pole_transformer(sn_kva: float) -> PoleUnit:
    """The pole transformer of that rating.

    Raises:
        GridError: there is none of that size.
    """
    units = pole_transformers()
    if sn_kva not in units:
        raise GridError(f"there is no pole transformer of {sn_kva:g} kVA; sizes are {_listed(units)} kVA")
    return units[sn_kva]


@cache
def pole_taps() -> tuple[float, ...]:
    """Primary voltages in V of a pole transformer's off-load taps, highest first."""
    taps = read("pole_taps.csv", _PoleTap, lambda row: row.tap_v)
    return tuple(sorted(taps, reverse=True))


def pole_tap_step_v() -> float:
    """Primary voltage in V between two taps."""
    taps = pole_taps()
    return (taps[0] - taps[-1]) / (len(taps) - 1)


def pole_tap_position(tap_v: float) -> int:
    """Position of a tap, counted from the 6600 V one: 6750 V is +1, 6150 V is -3.

    Raises:
        GridError: a pole transformer has no such tap.
    """
    if tap_v not in pole_taps():
        raise GridError(f"a pole transformer has no tap of {tap_v:g} V; taps are {_listed(pole_taps())} V")
    return round((tap_v - POLE_RATED_V) / pole_tap_step_v())


@cache
def bank_transformers() -> Mapping[tuple[float, float], BankUnit]:
    """(rated power in MVA, high voltage in kV) -> bank transformer."""
    return MappingProxyType(read("bank_trafos.csv", BankUnit, lambda row: (row.sn_mva, row.vn_hv_kv)))


def bank_transformer(sn_mva: float, vn_hv_kv: float) -> BankUnit:
    """The bank transformer of that rating and high voltage.

    Raises:
        GridError: there is none.
    """
    units = bank_transformers()
    if (sn_mva, vn_hv_kv) not in units:
        known = ", ".join(f"{size:g} MVA {kv:g} kV" for size, kv in units)
        raise GridError(f"there is no bank transformer of {sn_mva:g} MVA at {vn_hv_kv:g} kV; there are: {known}")
    return units[sn_mva, vn_hv_kv]


@cache
def svrs() -> Mapping[str, SvrUnit]:
    """Name -> step voltage regulator."""
    return MappingProxyType(read("svrs.csv", SvrUnit, lambda row: row.name))


def svr(name: str) -> SvrUnit:
    """The step voltage regulator of that model name.

    Raises:
        GridError: there is none.
    """
    return _named("SVR model", name, svrs())


@cache
def svcs() -> Mapping[str, SvcUnit]:
    """Name -> static compensator."""
    return MappingProxyType(read("svcs.csv", SvcUnit, lambda row: row.name))


def svc(name: str) -> SvcUnit:
    """The static compensator of that model name.

    Raises:
        GridError: there is none.
    """
    return _named("SVC model", name, svcs())


def _named(kind: str, name: str, units: Mapping[str, Unit]) -> Unit:
    if name not in units:
        hint = unknown(kind, name, units)
        raise GridError(hint if "did you mean" in hint else f"{hint}; there are: {', '.join(units)}")
    return units[name]


def _listed(numbers: Mapping[float, object] | tuple[float, ...]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)
