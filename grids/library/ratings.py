"""Numbers of lines and transformers as pandapower takes them, whether written inline or looked up by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grids.equipment.tables import (
    HERTZ,
    POLE_RATED_V,
    POLE_SECONDARY_KV,
    conductor,
    pole_tap_position,
    pole_tap_step_v,
    pole_taps,
    pole_transformer,
)
from grids.library.spec import LineSpec, TapSpec, TrafoSpec

LOW_VOLTAGE_KINDS = frozenset({"low_voltage", "service"})
LOW_VOLTAGE_KV = 0.6  # their insulation is for 600 V


@dataclass(frozen=True, slots=True)
class LineRatings:
    """Series impedance and charging per phase and km, rated current of one conductor set."""

    r_ohm_per_km: float
    x_ohm_per_km: float
    c_nf_per_km: float
    max_i_ka: float


@dataclass(frozen=True, slots=True)
class TrafoRatings:
    """Ratings of one two-winding transformer, and its taps."""

    sn_kva: float
    vn_hv_kv: float
    vn_lv_kv: float
    vk_percent: float
    vkr_percent: float
    i0_percent: float
    pfe_kw: float
    tap: TapSpec | None


def conductor_ratings(name: str, degc: float | None, frequency_hz: float) -> LineRatings:
    """Ratings of a conductor.

    Args:
        name: the conductor.
        degc: conductor temperature of the resistance; None = the one its table gives it at.
        frequency_hz: 50 or 60, for the reactance.

    Raises:
        GridError: no such conductor, or no reactance at that frequency.
    """
    wire = conductor(name)
    return LineRatings(
        r_ohm_per_km=wire.r_ohm_per_km if degc is None else wire.r_at(degc),
        x_ohm_per_km=wire.x_ohm_per_km(frequency_hz),
        c_nf_per_km=wire.c_nf_per_km,
        max_i_ka=wire.max_i_a / 1000,
    )


def unfit_conductor(name: str, vn_kv: float, frequency_hz: float) -> Iterator[str]:
    """Why a conductor does not fit a line of that voltage in a network of that frequency."""
    if frequency_hz not in HERTZ:
        yield f"conductors are known at 50 and 60 Hz, the network has {frequency_hz:g} Hz; give r, x and max_i"
    kind = conductor(name).kind
    if kind in LOW_VOLTAGE_KINDS and vn_kv > LOW_VOLTAGE_KV:
        yield f"{name} is a low-voltage wire ({kind}), the line has {vn_kv:g} kV"


def line_type(name: str) -> str:
    """Pandapower's type of a line with that conductor: `cs` cable, `ol` overhead."""
    return "cs" if conductor(name).kind == "cable" else "ol"


def line_ratings(line: LineSpec, frequency_hz: float) -> LineRatings:
    """Ratings of a described line; errors as `conductor_ratings`."""
    if line.conductor is not None:
        return conductor_ratings(line.conductor, line.conductor_degc, frequency_hz)
    assert line.r_ohm_per_km is not None  # noqa: S101 - LineSpec
    assert line.x_ohm_per_km is not None  # noqa: S101
    assert line.max_i_ka is not None  # noqa: S101
    return LineRatings(line.r_ohm_per_km, line.x_ohm_per_km, line.c_nf_per_km or 0.0, line.max_i_ka)


def trafo_ratings(trafo: TrafoSpec) -> TrafoRatings:
    """Ratings of a described transformer."""
    if trafo.pole_kva is not None:
        return _pole_ratings(trafo.pole_kva, POLE_RATED_V if trafo.tap_v is None else trafo.tap_v)
    assert trafo.sn_kva is not None  # noqa: S101 - TrafoSpec
    assert trafo.vn_hv_kv is not None  # noqa: S101
    assert trafo.vn_lv_kv is not None  # noqa: S101
    assert trafo.vk_percent is not None  # noqa: S101
    assert trafo.vkr_percent is not None  # noqa: S101
    return TrafoRatings(
        sn_kva=trafo.sn_kva,
        vn_hv_kv=trafo.vn_hv_kv,
        vn_lv_kv=trafo.vn_lv_kv,
        vk_percent=trafo.vk_percent,
        vkr_percent=trafo.vkr_percent,
        i0_percent=trafo.i0_percent or 0.0,
        pfe_kw=trafo.pfe_kw or 0.0,
        tap=trafo.tap,
    )


def _pole_ratings(sn_kva: float, tap_v: float) -> TrafoRatings:
    unit = pole_transformer(sn_kva)
    positions = [pole_tap_position(tap) for tap in pole_taps()]
    return TrafoRatings(
        sn_kva=unit.sn_kva,
        vn_hv_kv=POLE_RATED_V / 1000,
        vn_lv_kv=POLE_SECONDARY_KV,
        vk_percent=unit.vk_percent,
        vkr_percent=unit.vkr_percent,
        i0_percent=unit.i0_percent,
        pfe_kw=unit.pfe_kw,
        tap=TapSpec(
            side="hv",
            min=min(positions),
            max=max(positions),
            step_percent=100 * pole_tap_step_v() / POLE_RATED_V,
            pos=pole_tap_position(tap_v),
        ),
    )
