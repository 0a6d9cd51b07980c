"""Checks that every series can be read and covers the run: profiles, prices, weather."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosim.errors import Problem
from cosim.scenario.files import names_file
from cosim.scenario.keys.devices import needs_weather
from cosim.scenario.keys.loads import NetworkLoads
from cosim.scenario.rules import CannotJudgeError, rule
from cosim.scenario.tree import Route
from cosim.scenario.view import View
from simulators.sources.errors import SHOWN, SourceError
from simulators.sources.profiles import Shaping

if TYPE_CHECKING:
    from grids.arrays import FloatArray

_READ_EARLY = frozenset({"csv", "epw", "builelib"})  # weather that can be wrong; an invented year never is


@rule("profile of a load", "time", "loads.*", about=("profile",))
def load_profile(view: View, name: str) -> Iterator[Problem]:
    """The profile of a load is readable, covers the run and is nowhere negative."""
    entry = view.loads[name]
    if (spec := getattr(entry, "profile", None)) is not None:
        lookup = _lookup(view, spec, "demand_pu")
        if isinstance(entry, NetworkLoads):  # in pu of each load's own power
            given: dict[str, Any] = {"rated_kw": (1.0,), "shaping": (Shaping(scale=entry.scale, noise=entry.noise),)}
        else:
            given = {"calendar": entry.calendar, "shaping": (entry,)}
        yield from _profile(view, ("loads", name, "profile"), spec, simbench=lookup, **given)


@rule("profile of network loads", "loads.*.kind", "loads.*.profile", about=("profile",))
def network_load_profile(view: View, name: str) -> Iterator[Problem]:
    """A profile of the network's loads is a share of each load's own power, not one power for all."""
    entry = view.loads[name]
    unit = getattr(entry.profile, "unit", "pu") if isinstance(entry, NetworkLoads) else "pu"
    if unit != "pu":
        hint = "write unit: pu, a share of each load's own power"
        message = f"in {unit} every load of the network would take the same power"
        yield view.problem(("loads", name, "profile", "unit"), message, hint=hint)


@rule("profile of a device", "time", "devices.*.profile", "devices.*.power_kw", about=("profile",))
def device_profile(view: View, name: str) -> Iterator[Problem]:
    """What a source could give over time is readable and covers the run."""
    entry = view.devices[name]
    if (spec := getattr(entry, "profile", None)) is not None:
        lookup = _lookup(view, spec, "generation_pu")
        rated = entry.power_kw if isinstance(entry.power_kw, float) else 1.0
        yield from _profile(view, ("devices", name, "profile"), spec, rated_kw=(rated,), simbench=lookup, signed=True)


@rule("heat demand of a device", "time", "devices.*.heat_demand", "devices.*.calendar", about=("heat_demand",))
def heat_demand(view: View, name: str) -> Iterator[Problem]:
    """Heat demand is readable and covers the run."""
    entry = view.devices[name]
    if (spec := getattr(entry, "heat_demand", None)) is not None:
        calendar = getattr(entry, "calendar", None)
        yield from _profile(view, ("devices", name, "heat_demand"), spec, calendar=calendar)


@rule("prices", "time", "market")
def prices(view: View) -> Iterator[Problem]:
    """Prices and tariff compile on the time axis."""
    from cosim.settlement.tariff_on_axis import compile_any, named_tariff  # noqa: PLC0415
    from simulators.sources.market import build_market  # noqa: PLC0415

    market = view.parts.values.get("market")
    if market is None:
        return
    priced = [market.spot, *(price for fuel in market.fuels.values() for _, price in fuel)]
    for spec in priced:
        _must_be_there(spec)
    try:
        built = build_market(market, view.axis, view.calendar(None), Path)
        if market.tariff is not None:
            tariff = market.tariff
            if isinstance(tariff, str):
                if names_file(("market", "tariff"), tariff) and not Path(tariff).is_file():
                    raise CannotJudgeError("its file is missing")
                tariff = named_tariff(tariff)
            compile_any(tariff, view.axis, built.spot, view.calendar(None), built.currency)
    except SourceError as error:
        yield from _said(view, ("market",), error)


@rule("weather", "time", "location", "weather")
def weather(view: View) -> Iterator[Problem]:
    """Weather that something reads is there and covers the run."""
    from simulators.sources.weather import build_weather, default_weather  # noqa: PLC0415

    location = view.parts.values.get("location")
    given = view.parts.values.get("weather")
    kinds = {entry.kind for entry in view.devices.values()}
    if location is None or not any(needs_weather(kind) for kind in kinds):
        return
    spec = given or default_weather(view.axis)
    _must_be_there(spec)
    if spec.kind in _READ_EARLY:
        try:
            build_weather(spec, view.axis, location, Path)
        except SourceError as error:
            yield from _said(view, ("weather",), error)


def _profile(view: View, route: Route, spec: Any, *, calendar: str | None = None, **options: Any) -> Iterator[Problem]:
    from simulators.sources.build import build_profile  # noqa: PLC0415
    from simulators.sources.member_axis import MemberAxis  # noqa: PLC0415

    _must_be_there(spec)
    path = ".".join(map(str, route))
    try:
        members = MemberAxis.alone(view.axis, days=view.time.offset_days)
        common: dict[str, Any] = {"calendar": view.calendar(calendar), "path": path, "resolve_path": Path}
        build_profile((spec,), members, **common, **options).port()
    except SourceError as error:
        yield from _said(view, route, error)


def _lookup(view: View, spec: Any, which: str) -> Callable[[str], FloatArray] | None:
    """Where SimBench profiles come from; opens the network only for them."""
    if spec.kind != "simbench" or view.names is not None:
        return None
    profiles = view.network.profiles
    return getattr(profiles, which) if profiles is not None else None


def _must_be_there(spec: Any) -> None:
    """A missing file is reported by the rule `files`; nothing more can be said about its content."""
    file = getattr(spec, "file", None)
    if file is not None and not (Path(file).is_absolute() and Path(file).is_file()):
        raise CannotJudgeError("its file is missing")


def _said(view: View, route: Route, error: SourceError) -> Iterator[Problem]:
    """The problems of a source at the key of its description that they are about."""
    own = ".".join(map(str, route))
    for text in error.problems[:SHOWN]:
        at = _place(view, route, error.where, text)
        message, _, hint = text.partition("; ")
        where = "" if error.where == own or error.where.startswith(f"{own}.") else f"{error.where}: "
        yield view.problem(at, f"{where}{message}", hint=hint)
    if len(error.problems) > SHOWN:
        yield view.problem(_place(view, route, error.where, ""), f"... and {len(error.problems) - SHOWN} more")


def _place(view: View, route: Route, where: str, text: str) -> Route:
    """Below `route`: the file or column a message is about, or the path the source names itself."""
    if where.startswith(".".join(map(str, route)) + "."):
        return tuple(where.split("."))
    name = where.split(" ", maxsplit=1)[0]
    for found in view.tree.nearest(route).routes():
        node = view.tree.at((*route, *found))
        if found[-1] == "file" and node is not None and Path(str(node.value)).name == name:
            beside = (*route, *found[:-1], "column")
            return beside if "column" in text and view.tree.at(beside) is not None else (*route, *found)
    return route
