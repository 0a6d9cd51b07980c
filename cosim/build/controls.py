"""What regulates the voltage in a study: tap changers' controllers and inverters that follow the voltage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.build.placement import Placement
from grids.arrays import FloatArray, IntArray
from grids.low_voltage import LowVoltageDepth, LowVoltageFacts
from grids.regulators.control_spec import SmartControlSpec, SuppressionSpec, SvcSpec
from grids.regulators.inverters import ControlledGroup, InverterControls
from grids.regulators.regulation import Regulation
from grids.regulators.responses import Curve, Droop, Response, Suppression
from grids.regulators.tap_changers import TapChangers

if TYPE_CHECKING:
    from cosim.ensemble.draws import Draws
    from cosim.scenario.schema import Scenario
    from grids.normalise import NormalisedGrid
    from grids.regulators.spec import TapChangerSpec

KW_TO_MW = 1e-3


def build_regulation(
    scenario: Scenario,
    draws: Draws,
    grid: NormalisedGrid,
    regulators: Mapping[str, TapChangerSpec],
    devices: Sequence[Placement],
    low_voltage: LowVoltageFacts | None,
) -> Regulation | None:
    """Every regulator of a study; None where nothing regulates.

    Args:
        scenario: with the devices' `voltage_control`.
        draws: the members.
        grid: the network with the devices' connection points, entry after entry.
        regulators: controllers of tap changers, those the network brings and those of the scenario.
        devices: where the entries stand.
        low_voltage: what is known of the mains behind pole transformers.

    Raises:
        GridError: a controller and its transformer do not fit.
    """
    specs = {
        name: draws.specs(("grid", "regulators", name), spec) if name in scenario.grid.regulators else (spec,)
        for name, spec in regulators.items()
    }
    groups = tuple(_groups(scenario, draws, grid, devices, low_voltage))
    if not specs and not groups:
        return None
    controls = InverterControls(groups, grid.index, grid.normal) if groups else None
    return Regulation(TapChangers(specs, grid), controls)


@dataclass(frozen=True)
class _Wiring:
    """What lies between a bus and the terminals of a PCS, as far as the network knows it."""

    mains_rise_v: Mapping[
        str, float
    ]  # bus -> rise of a leg from there to the supply point, where mains are not modelled
    terminals: frozenset[str]  # buses behind house wiring that is modelled

    @classmethod
    def of(cls, low_voltage: LowVoltageFacts | None) -> _Wiring:
        """From what is known below 6.6 kV."""
        if low_voltage is None:
            return cls({}, frozenset())
        lumped = low_voltage.depth is LowVoltageDepth.LUMPED
        rises = {pole.lv_bus: pole.rise_v for pole in low_voltage.poles if lumped and pole.lv_bus is not None}
        return cls(rises, low_voltage.behind_house_wiring)


def _groups(
    scenario: Scenario,
    draws: Draws,
    grid: NormalisedGrid,
    devices: Sequence[Placement],
    low_voltage: LowVoltageFacts | None,
) -> Iterator[ControlledGroup]:
    first, wiring = 0, _Wiring.of(low_voltage)
    for placement in devices:
        points = np.arange(first, first + placement.units)
        first += placement.units
        entries: tuple[Any, ...] = draws.specs(("devices", placement.name), scenario.devices[placement.name])
        control = entries[0] if isinstance(entries[0], SvcSpec) else getattr(entries[0], "voltage_control", None)
        if control is None:
            continue
        rating = np.stack([_rating_mva(entry, placement) for entry in entries])
        if isinstance(control, SuppressionSpec):
            yield _suppression(placement, entries, points, rating, grid, wiring)
        else:
            yield ControlledGroup(points, _response(entries, rating), rating, np.zeros_like(rating))


def _rating_mva(entry: Any, placement: Placement) -> FloatArray:
    """(units,) kVA rating of the inverters, or the active power where no kVA is known."""
    rating = getattr(entry, "rating_kva", None)
    if rating is None:
        rating = getattr(entry, "power_kw", None)
    if rating is None:
        return np.array([element.p_mw * entry.scale for element in placement.elements])
    return np.broadcast_to(np.asarray(rating, dtype=np.float64) * KW_TO_MW, (placement.units,)).astype(np.float64)


def _response(entries: Sequence[Any], rating: FloatArray) -> Response:
    first = entries[0]
    if isinstance(first, SvcSpec):
        reference, droop = (_column(entries, rating, name) for name in ("reference_pu", "droop_percent"))
        return Droop(rating, reference, droop / 100.0 * reference)
    control: SmartControlSpec = first.voltage_control

    def corners(curve: tuple[tuple[float, ...], tuple[float, ...]] | None) -> tuple[FloatArray, FloatArray] | None:
        return None if curve is None else (np.array(curve[0]), np.array(curve[1]))

    return Curve(rating, rating, corners(control.reactive), corners(control.active))


def _suppression(
    placement: Placement,
    entries: Sequence[Any],
    points: IntArray,
    rating: FloatArray,
    grid: NormalisedGrid,
    wiring: _Wiring,
) -> ControlledGroup:
    vn_kv = grid.index.bus_vn_kv[grid.index.injection_bus[points]]
    leg_v = 500.0 * vn_kv  # validated: only buses that have 100 V legs
    controls = [entry.voltage_control for entry in entries]
    limit, house, floor = (
        _column(controls, rating, name) for name in ("limit_v", "house_rise_v", "power_factor_floor")
    )
    mains = np.array([wiring.mains_rise_v.get(bus, 0.0) for bus in placement.buses])
    own = [mains if control.mains_rise_v is None else np.full_like(mains, control.mains_rise_v) for control in controls]
    given = controls[0].bus_is
    terminal = [bus in wiring.terminals if given is None else given == "terminal" for bus in placement.buses]
    rise = np.where(terminal, 0.0, np.stack(own) + house)
    band = np.full_like(rating, controls[0].band_v)
    response = Suppression(rating, (limit + house) / leg_v, band / leg_v, floor)
    return ControlledGroup(points, response, rating, rise / leg_v)


def _column(entries: Sequence[Any], like: FloatArray, name: str) -> FloatArray:
    """(M or 1, units) a parameter that all units of an entry share."""
    return np.repeat([[float(getattr(entry, name))] for entry in entries], like.shape[1], axis=1)
