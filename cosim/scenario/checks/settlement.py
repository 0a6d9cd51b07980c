"""Checks of the key `settlement`: a metering point, a tariff that fits the study, half hours that can be billed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from cosim.errors import Problem
from cosim.scenario.checks.connections import unknown
from cosim.scenario.files import names_file
from cosim.scenario.keys.boundaries import BoundaryKind
from cosim.scenario.keys.settlement import OF_JAPAN, OF_NET_METERING, FormsSpec, SettlementSpec, TariffNames
from cosim.scenario.rules import CannotJudgeError, rule
from cosim.scenario.tree import Route
from cosim.scenario.view import View
from simulators.axis import HALF_HOUR_S
from simulators.sources.errors import SourceError

if TYPE_CHECKING:
    from cosim.settlement.tariff_file import TariffFile

JAPAN = "japan"
OWN = ("source", "engine")
_POINTS_NEED = ("grid", "sections", "boundaries", "devices")
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


@rule("own generation behind two metering points", "settlement.*", *_POINTS_NEED, about=("boundary",))
def metered_apart(view: View, name: str) -> Iterator[Problem]:
    """What plants give behind two metering points of one section, no meter of one of them can tell."""
    from simulators.models.registry import KINDS  # noqa: PLC0415 - numpy

    at = view.settlements[name].boundary
    if at is None or at not in view.boundaries or view.boundaries[at].kind is not BoundaryKind.PCC:
        return
    into = view.boundaries[at].into
    twins = [
        key for key, one in view.boundaries.items() if key != at and one.kind is BoundaryKind.PCC and one.into == into
    ]
    if not twins:
        return
    behind = view.buses_behind(at)
    own = [key for key, one in view.devices.items() if KINDS[one.kind].role in OWN and behind & set(one.placed)]
    if own:
        yield view.problem(
            ("settlement", name, "boundary"),
            f"{', '.join(own)} give behind {at} and {', '.join(twins)}: what is used at each cannot be told",
            hint="give each metering point a section of its own, or bill neither",
        )


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
    yield from _billable(view, spec, tariff, route if spec.tariff is not None else route[:2])
    japan = tariff.bill == JAPAN
    for key in OF_NET_METERING if japan else OF_JAPAN:
        if key in spec.model_fields_set:
            message = f"tariff {tariff.name} makes a {'Japanese' if japan else 'net-metering'} bill, which has no {key}"
            yield view.problem((*route[:2], key), message, hint="leave it out")
    yield from _idle(view, spec, tariff, route[:2])
    if japan and tariff.by_kva and spec.contract_kw is None:
        message = f"tariff {tariff.name} charges the kVA of a contract, which no meter shows"
        yield view.problem(route[:2], message, hint="give contract_kw")
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
    for key in ("contracts", "contract_kw"):
        for customer in getattr(forms, key):
            if customer not in customers:
                yield unknown(view, (*route, key, customer), "customer", customer, customers)
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
    for key in ("retail", "own_price"):
        by_kva = [one for one in inside if one not in forms.contract_kw and _by_kva(getattr(forms, key), one)]
        if by_kva:
            message = f"the tariff of {', '.join(by_kva)} charges the kVA of a contract, which no meter shows"
            yield view.problem(("settlement", name, "forms", key), message, hint="give them in contract_kw")
            return


def _by_kva(given: TariffNames | None, customer: str) -> bool:
    tariff = given.get(customer) if isinstance(given, dict) else given
    try:
        return tariff is not None and _named(tariff).by_kva
    except SourceError:
        return False  # said where the tariff is named


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


def _billable(view: View, spec: SettlementSpec, tariff: TariffFile, route: Route) -> Iterator[Problem]:
    """The bill knows every charge of the tariff, and every price is there to the end of the run."""
    from cosim.errors import UsageError  # noqa: PLC0415
    from cosim.settlement.meter import Month  # noqa: PLC0415
    from cosim.settlement.settle import must_be_known  # noqa: PLC0415
    from cosim.settlement.tariff_on_axis import must_have_prices  # noqa: PLC0415

    market = view.parts.values.get("market")
    try:
        if tariff.bill != JAPAN:
            must_be_known(tariff, [Month(day.year, day.month) for day in _months(view)])
        if spec.tariff is not None and tariff.timezone == view.time.timezone:  # market.tariff has a rule of its own
            spot = market is not None and market.spot is not None
            must_have_prices(tariff, view.axis, view.calendar(None), spot=spot)
    except UsageError as error:
        message, _, hint = str(error).partition(": ")
        yield view.problem(route, message, hint=hint)
    except SourceError as error:
        if "has no rates for" not in str(error):  # told month by month
            yield from (view.problem(route, f"tariff {tariff.name}: {text}") for text in error.problems)


def _idle(view: View, spec: SettlementSpec, tariff: TariffFile, route: Route) -> Iterator[Problem]:
    """Nothing is written that changes nothing."""
    from cosim.settlement.idle_terms import idle_terms  # noqa: PLC0415
    from cosim.settlement.run_bills import terms_of  # noqa: PLC0415

    kind = OF_JAPAN if tariff.bill == JAPAN else OF_NET_METERING
    given = spec.model_fields_set & set(kind)
    for key, why in idle_terms(tariff, terms_of(spec).net_metering, given):
        message, _, hint = why.rpartition(": ")
        yield view.problem((*route, key), message, hint=hint)


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
