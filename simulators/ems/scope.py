"""A scope of the EMS: one metering point, what stands behind it, and its strategies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulators.ems.contract import Controlled, MeteringPoint, Scope, Site, Strategy
from simulators.ems.registry import BUILDERS, StrategySpec

__all__ = ["MeteringPoint", "build_scope", "build_strategy"]


def build_strategy(specs: Sequence[StrategySpec], site: Site) -> Strategy:
    """The strategy of its specs, one a member or one for all.

    Raises:
        ValueError: it lacks a number its metering point does not give either, or its device is not there; members
            differ in kind or device.
    """
    if len({(spec.kind, getattr(spec, "device", "")) for spec in specs}) != 1:
        raise ValueError("a strategy is of one kind and rules one device in all members")
    return BUILDERS[type(specs[0])](specs, site)


def build_scope(
    name: str,
    at: MeteringPoint,
    specs: Iterable[Sequence[StrategySpec]],
    loads: Iterable[str],
    devices: Iterable[Controlled],
    cut_order: Iterable[str] = (),
) -> Scope:
    """A scope ready to step.

    Args:
        name: name of the scope.
        at: its metering point.
        specs: per strategy, in order of priority, its specs: one a member or one for all.
        loads: names of the loads behind the metering point.
        devices: devices behind it that take set-points.
        cut_order: devices in the order in which an excess is taken from them; those left out follow.

    Raises:
        ValueError: see `build_strategy`.
    """
    behind = tuple(devices)
    site = Site(at, {device.name: device for device in behind})
    return Scope(
        name=name,
        boundary=at.name,
        loads=tuple(loads),
        devices=behind,
        strategies=tuple(build_strategy(own, site) for own in specs),
        cut_order=tuple(cut_order),
    )
