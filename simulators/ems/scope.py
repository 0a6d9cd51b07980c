"""A scope of the EMS: one metering point, what stands behind it, and its strategies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simulators.ems.contract import Controlled, Scope, Strategy
from simulators.ems.contract_cap import ContractCap, ContractCapSpec
from simulators.ems.export_cap import ExportCap, ExportCapSpec
from simulators.ems.heat_led import HeatLed, HeatLedSpec
from simulators.ems.price_led import PriceLed, PriceLedSpec
from simulators.ems.registry import StrategySpec
from simulators.ems.self_consumption import SelfConsumption, SelfConsumptionSpec


@dataclass(frozen=True)
class MeteringPoint:
    """The boundary a scope acts at, and what was agreed there (None = nothing)."""

    name: str
    contract_kw: float | None = None
    export_limit_kw: float | None = None
    min_import_kw: float | None = None


def build_strategy(spec: StrategySpec, at: MeteringPoint) -> Strategy:
    """The strategy of a spec; ValueError where it lacks a number the metering point does not give either."""
    match spec:
        case ExportCapSpec():
            return ExportCap.of(spec, at.export_limit_kw, at.min_import_kw)
        case ContractCapSpec():
            return ContractCap.of(spec, at.contract_kw)
        case SelfConsumptionSpec():
            return SelfConsumption.of(spec)
        case PriceLedSpec():
            return PriceLed.of(spec)
        case HeatLedSpec():
            return HeatLed.of(spec)


def build_scope(
    name: str,
    at: MeteringPoint,
    specs: Iterable[StrategySpec],
    loads: Iterable[str],
    devices: Iterable[Controlled],
    cut_order: Iterable[str] = (),
) -> Scope:
    """A scope ready to step."""
    return Scope(
        name=name,
        boundary=at.name,
        loads=tuple(loads),
        devices=tuple(devices),
        strategies=tuple(build_strategy(spec, at) for spec in specs),
        cut_order=tuple(cut_order),
    )
