"""Checks of the key `settlement`: a metering point, a tariff that fits the study, half hours that can be billed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from cosim.errors import Problem
from cosim.scenario.checks.connections import unknown
from cosim.scenario.files import names_file
from cosim.scenario.keys.boundaries import BoundaryKind
from cosim.scenario.keys.settlement import OF_JAPAN, OF_NET_METERING, FormsSpec, SettlementSpec
from cosim.scenario.rules import CannotJudgeError, rule
from cosim.scenario.tree import Route
from cosim.scenario.view import View
from simulators.axis import HALF_HOUR_S
from simulators.sources.errors import SourceError

if TYPE_CHECKING:
    from cosim.settlement.tariff_file import TariffFile

JAPAN = "japan"
_FORMS_NEED = ("market", "time", "customers", "grid", "sections", "boundaries")


@rule("metering point of a settlement", "settlement.*.boundary", "boundaries")
def billed_point(view: View, name: str) -> Iterator[Problem]:
    """A bill is for a boundary of kind pcc."""
    at, route = view.settlements[name].boundary, ("settlement", name, "boundary")
    points = [key for key, one in view.boundaries.items() if one.kind is BoundaryKind.PCC]
    if at is None:
        if len(points) != 1:
            hint = f"metering points are {', '.join(points)}" if points else "the study has no metering point"
            yield view.problem(route[:2], "needs boundary: the metering point that is billed", hint=hint)
    elif at not in view.parts.names("boundaries"):
        yield unknown(view, route, "boundary", at, view.parts.names("boundaries"))
    elif at not in points:
        given = f'"{at}" is of kind {view.boundaries[at].kind}'
        yield view.problem(route, "must be a boundary of kind pcc", given=given, hint="bills are for metering points")


@rule("tariff of a settlement", "settlement.*", "market", "time")
def billed_tariff(view: View, name: str) -> Iterator[Problem]:
    """The tariff exists, is meant in the study's currency and zone, and has rates for every month of the run."""
    spec, route = view.settlements[name], ("settlement", name, "tariff")
    if spec.tariff is None and _market_tariff(view) is None:
        yield view.problem(route[:2], "there is no tariff to bill by", hint="give tariff here, or market.tariff")
        return
    try:
        tariff = _billed_by(view, spec)
    except SourceError as error:
        yield from _said(view, route, error)
        return
    if spec.tariff is not None:
        yield from _fits(view, tariff, route)
    japan = tariff.bill == JAPAN
    for key in OF_NET_METERING if japan else OF_JAPAN:
        if key in spec.model_fields_set:
            message = f"tariff {tariff.name} makes a {'Japanese' if japan else 'net-metering'} bill, which has no {key}"
            yield view.problem((*route[:2], key), message, hint="leave it out")
    if japan:
        yield from _half_hours(view, route[:2])


@rule("supply forms of a settlement", "settlement.*", *_FORMS_NEED, about=("forms",))
def compared_forms(view: View, name: str) -> Iterator[Problem]:
    """The tariffs of a comparison of forms fit the study, and every customer has one."""
    forms, route = view.settlements[name].forms, ("settlement", name, "forms")
    customers = view.parts.names("customers")
    if forms is None:
        return
    if not customers:
        yield view.problem(route, "there are no customers whose bills could be compared")
    market = view.parts.values.get("market")
    if market is None or market.spot is None:
        yield view.problem(route, "needs market.spot, by which surplus and procurement are priced")
    for at, customer, tariff in forms.tariffs():
        if customer and customer not in customers:
            yield unknown(view, (*route, *at), "customer", customer, customers)
            continue
        try:
            yield from _fits(view, _named(tariff), (*route, *at))
        except SourceError as error:
            yield from _said(view, (*route, *at), error)
    yield from _half_hours(view, route[:2])
    yield from _every_customer(view, name, forms)


def _every_customer(view: View, name: str, forms: FormsSpec) -> Iterator[Problem]:
    """A map of tariffs names every customer on the wires behind the point; CannotJudgeError where that is unknown."""
    at = view.settlements[name].boundary
    points = [key for key, one in view.boundaries.items() if one.kind is BoundaryKind.PCC]
    if (at or next(iter(points), None)) not in points:
        raise CannotJudgeError("the metering point is wrong")
    behind = view.buses_behind(at or points[0])
    inside = [key for key, one in view.customers.items() if one.buses[0] in behind]
    for key in ("retail", "own_price", "wheeling"):
        given = getattr(forms, key)
        missing = [customer for customer in inside if isinstance(given, dict) and customer not in given]
        if missing:
            yield view.problem(("settlement", name, "forms", key), f"no tariff for {', '.join(missing)}")


def _market_tariff(view: View) -> object:
    market = view.parts.values.get("market")
    return None if market is None else market.tariff


def _billed_by(view: View, spec: SettlementSpec) -> TariffFile:
    """The tariff of a bill; CannotJudgeError where market.tariff is wrong, which a rule of its own reports."""
    from cosim.settlement.tariff_on_axis import written_tariff  # noqa: PLC0415

    if spec.tariff is not None:
        return _named(spec.tariff)
    market = view.parts.values["market"]
    if not isinstance(market.tariff, str):
        return written_tariff(market.tariff, market.currency, view.time.timezone)
    try:
        return _named(market.tariff)
    except SourceError:
        raise CannotJudgeError("market.tariff is wrong") from None


def _named(tariff: str) -> TariffFile:
    from pathlib import Path  # noqa: PLC0415

    from cosim.settlement.tariff_on_axis import named_tariff  # noqa: PLC0415

    if names_file(("settlement",), tariff) and not Path(tariff).is_file():
        raise CannotJudgeError("its file is missing")  # which a rule of its own reports
    return named_tariff(tariff, "settlement")


def _fits(view: View, tariff: TariffFile, route: Route) -> Iterator[Problem]:
    from cosim.errors import UsageError  # noqa: PLC0415
    from cosim.settlement.tariff_on_axis import disagreement  # noqa: PLC0415

    market = view.parts.values.get("market")
    currency = tariff.currency if market is None else market.currency
    if wrong := disagreement(tariff, currency, view.time.timezone):
        yield view.problem(route, wrong)
    for month in _months(view):
        try:
            tariff.at(month)
        except UsageError as error:
            yield view.problem(route, str(error))
            return


def _months(view: View) -> Iterator[date]:
    """The first day of every month the run touches."""
    day: date = view.time.first.date()
    last: datetime = view.axis.local(view.axis.duration_s - 1)
    month = day.replace(day=1)
    while month <= last.date():
        yield month
        month = (month + timedelta(days=31)).replace(day=1)


def _half_hours(view: View, route: Route) -> Iterator[Problem]:
    """A Japanese bill is counted on whole clock half hours."""
    time = view.time
    if time.step_s > HALF_HOUR_S:
        given = f"time.step is {time.step_s // 60} min"
        yield view.problem(route, "a Japanese bill needs steps of 30 min or less", given=given)
    ends = [view.axis.local(second) for second in (0, view.axis.duration_s)]
    odd = [end for end in ends if (60 * end.minute + end.second) % HALF_HOUR_S]
    if odd:
        given = odd[0].isoformat(timespec="minutes")
        yield view.problem(route, "a Japanese bill needs a run that begins and ends at :00 or :30", given=given)


def _said(view: View, route: Route, error: SourceError) -> Iterator[Problem]:
    for text in error.problems:
        message, _, hint = text.partition("; ")
        yield view.problem(route, message, hint=hint)
