"""What `cosim settle` is given: a meter file, a run folder or a green tariff, and the options that go with each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from cosim.errors import UsageError
from cosim.results.folder import RunFolder
from cosim.settlement.billing import Billed, BillTerms, bill_meter, half_hours_of
from cosim.settlement.green_report import GreenResult
from cosim.settlement.green_run import run_green_file
from cosim.settlement.idle_terms import idle_terms
from cosim.settlement.japan_contract import Contract
from cosim.settlement.meter import Meter
from cosim.settlement.meter_csv import read_registers
from cosim.settlement.metered_prices import axis_of, must_share_zone
from cosim.settlement.money import rate
from cosim.settlement.run_meters import RunMeters, read_run
from cosim.settlement.settle import SCHEMA, zone_of
from cosim.settlement.spot_csv import read_spot
from cosim.settlement.tariff import SpotIndexed
from cosim.settlement.tariff_file import TariffFile, load_tariff
from cosim.settlement.terms import Credit, Method, NetMeteringTerms, Surplus
from grids.arrays import FloatArray
from simulators.axis import TimeAxis

HOUR_S = 3600
TEXT_FILES = (".yaml", ".yml")
QUANTILES = {"p05": 5, "p95": 95}
_SAY_TARIFF = "--tariff NAME or FILE (`cosim list --tariffs`)"
SPREAD = ("total", "charge_before", "charge_after", "credit")


@dataclass(frozen=True)
class SettleOptions:
    """Options of the command; None = not given."""

    tariff: str | None = None
    timezone: str | None = None
    method: Method | None = None
    credit: Credit | None = None
    surplus: Surplus | None = None
    purchase_price: float | None = None
    cycle_months: int | None = None
    contract_kw: float | None = None
    previous_max_kw: float | None = None
    power_factor_percent: int | None = None
    spot: Path | None = None
    spot_column: str | None = None
    boundary: str | None = None
    member: int | None = None

    def names_given(self, *names: str) -> list[str]:
        """Those of some options that were given."""
        return [name for name in names if getattr(self, name) is not None]

    def given(self, *names: str) -> list[str]:
        """The same, as they are typed."""
        return [f"--{name.replace('_', '-')}" for name in self.names_given(*names)]


NET_METERING = ("method", "credit", "surplus", "purchase_price", "cycle_months")
JAPAN = ("contract_kw", "previous_max_kw", "power_factor_percent")
OF_A_RUN = ("boundary", "member")
ALL = ("tariff", "timezone", *NET_METERING, *JAPAN, "spot", "spot_column", *OF_A_RUN)


@dataclass(frozen=True)
class RunBills:
    """The bills of one metering point of a run, by member."""

    run: Path
    boundary: str
    bills: Mapping[int, Billed]
    unknown: tuple[int, ...]  # members with steps without solution
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """One member: its bill. Many: mean, p05 and p95 of the totals, and every member's bill."""
        told = {member: bill.as_dict() for member, bill in self.bills.items()}
        first = next(iter(told.values()))
        where = {
            "run": str(self.run),
            "boundary": self.boundary,
            "notes": list(dict.fromkeys((*self.notes, *(note for one in told.values() for note in one["notes"])))),
        }
        if len(told) == 1 and not self.unknown:
            return {**first, **where, "member": next(iter(told))}
        shared = {key: first[key] for key in ("tariff", "bill", "currency", "timezone", "source", "certainty")}
        rows = [{"member": member, **one} for member, one in told.items()]
        return {
            "schema": SCHEMA,
            **where,
            **shared,
            "spread": self.spread(),
            "members_without_bill": list(self.unknown),
            "members": rows,
        }

    def spread(self) -> dict[str, dict[str, float]]:
        """Total, charges and credit over members: mean and percentiles."""
        told = [bill.as_dict() for bill in self.bills.values()]
        found = {}
        for name in SPREAD:
            values = np.array([one[name] for one in told], dtype=np.float64)
            ends = {key: float(np.percentile(values, percent)) for key, percent in QUANTILES.items()}
            found[name] = {"mean": float(values.mean()), **ends}
        return found


@dataclass(frozen=True)
class ScenarioBills:
    """What the scenario of a run settled at its end."""

    folder: RunFolder

    def as_dict(self) -> dict[str, Any]:
        """`settlement.json` of the run."""
        return self.folder.settlement()


Settled = Billed | RunBills | ScenarioBills | GreenResult


def settle(path: Path, options: SettleOptions) -> Settled:
    """Settle what lies at a path: a run folder, the YAML of a green tariff, or a meter CSV.

    Raises:
        InputError: a file is wrong: every problem, with its row or line.
        UsageError: an option is missing, does not belong to this input or this tariff, or fits nothing there is.
    """
    if not path.exists():
        raise UsageError(f"there is no such file or folder: {path}")
    if path.is_dir():
        return _recorded(path) if not options.given(*ALL) else settle_run(path, options)
    if path.suffix in TEXT_FILES:
        if wrong := options.given(*ALL):
            raise UsageError(f"{path} names tariffs, zone and terms itself: leave out {', '.join(wrong)}")
        return run_green_file(path)
    return settle_csv(path, options)


def _recorded(path: Path) -> ScenarioBills:
    folder = RunFolder(path)
    if not folder.settlement():
        raise UsageError(f"the scenario of {path} settles nothing: {_SAY_TARIFF}")
    return ScenarioBills(folder)


def settle_csv(path: Path, options: SettleOptions) -> Billed:
    """The bill of a meter file; errors as in `settle`."""
    if wrong := options.given(*OF_A_RUN):
        raise UsageError(f"{', '.join(wrong)}: a meter file has no such thing, only a run folder has")
    tariff = _tariff(options, path)
    if options.timezone is None:
        raise UsageError(f"say in which zone {path} is read: --timezone {tariff.timezone} is the tariff's")
    zone, terms = zone_of(options.timezone), terms_of(tariff, options)
    must_share_zone(zone, tariff)
    meter, kvarh = read_registers(path, zone)
    if _by_spot(tariff) and (long := np.flatnonzero(np.diff(meter.edges_s) > HOUR_S)).size:
        raise UsageError(
            f"{path}: the reading from {meter.told(int(long[0]))} spans many spot prices: tariff {tariff.name} needs "
            "readings by the hour or half hour"
        )
    if tariff.bill != "japan":
        return bill_meter(meter, tariff, terms, spot=_spot_of_file(tariff, options, _axis(meter)))
    registers = half_hours_of(meter, kvarh)
    spot = _spot_of_file(tariff, options, registers.axis(slice(0, len(registers.import_kwh))))
    return bill_meter(meter, tariff, terms, half_hours=registers, spot=spot)


def settle_run(path: Path, options: SettleOptions) -> RunBills:
    """The bills of a metering point of a run; errors as in `settle`."""
    tariff = _tariff(options, path)
    run = read_run(path)
    if options.timezone is not None and options.timezone != run.zone.key:
        raise UsageError(f"the run's zone is {run.zone.key}: leave out --timezone, or give that one")
    if run.zone.key != tariff.timezone:
        raise UsageError(f"tariff {tariff.name} is meant in {tariff.timezone}, the run's zone is {run.zone.key}")
    boundary, terms = _boundary(run, options.boundary, path), terms_of(tariff, options)
    asked = run.members if options.member is None else (options.member,)
    bills = {}
    unknown = tuple(member for member in asked if member in run.members and not run.known(member))
    for member in asked:
        if member not in unknown:
            meter = run.purchased(boundary, member)
            half_hours = run.purchased_half_hours(boundary, member) if tariff.bill == "japan" else None
            spot = _spot_of_run(tariff, options, run, member, _axis(meter))
            bills[member] = bill_meter(meter, tariff, terms, half_hours=half_hours, spot=spot)
    if not bills:
        raise UsageError(f"{path}: every member has steps without solution, so no bill can be made")
    return RunBills(path, boundary, bills, unknown, run.said_of(boundary, bills))


def terms_of(tariff: TariffFile, options: SettleOptions) -> BillTerms:
    """The terms the options say; UsageError for options of another kind of bill."""
    other = JAPAN if tariff.bill != "japan" else NET_METERING
    if wrong := options.given(*other):
        raise UsageError(f"{', '.join(wrong)}: tariff {tariff.name} makes a bill of kind {tariff.bill}, without such")
    if (wrong := options.given("spot", "spot_column")) and not _by_spot(tariff):
        raise UsageError(f"tariff {tariff.name} is not indexed to the spot price: leave out {', '.join(wrong)}")
    if options.spot is None and options.spot_column is not None:
        raise UsageError("--spot-column names a column of --spot FILE.csv: give both")
    price, plain = options.purchase_price, NetMeteringTerms()
    net = NetMeteringTerms(
        method=options.method or plain.method,
        credit=options.credit or plain.credit,
        surplus=options.surplus or plain.surplus,
        purchase_per_kwh=None if price is None else rate(price),
        cycle_months=options.cycle_months or plain.cycle_months,
    )
    for name, why in idle_terms(tariff, net, options.names_given(*NET_METERING, *JAPAN)):
        raise UsageError(f"{' '.join(options.given(name))}: {why}")
    earlier: Mapping[Any, Decimal] | Decimal = {}
    if options.previous_max_kw is not None:
        earlier = rate(options.previous_max_kw)
    agreed = None if options.contract_kw is None else rate(options.contract_kw)
    return BillTerms(net, Contract(agreed, earlier, options.power_factor_percent))


def _tariff(options: SettleOptions, path: Path) -> TariffFile:
    if options.tariff is None:
        raise UsageError(f"say by which tariff {path} is billed: {_SAY_TARIFF}")
    return load_tariff(options.tariff)


def _boundary(run: RunMeters, name: str | None, path: Path) -> str:
    if name is None and len(run.names) == 1:
        return run.names[0]
    if name in run.names:
        return str(name)
    if not run.names:
        raise UsageError(f"{path} has no metering point (a boundary of kind pcc), so nothing to bill")
    there = ", ".join(run.names)
    wrong = "name one with --boundary" if name is None else f"{name} is none of them"
    raise UsageError(f"{path} has the metering points {there}: {wrong}")


def _by_spot(tariff: TariffFile) -> bool:
    return any(isinstance(period.rates.energy, SpotIndexed) for period in tariff.periods)


def _axis(meter: Meter) -> TimeAxis:
    return axis_of(meter, slice(0, len(meter.load_kwh)))


def _spot_of_file(tariff: TariffFile, options: SettleOptions, axis: TimeAxis) -> FloatArray | None:
    if options.spot is not None:
        return read_spot(options.spot, axis, ZoneInfo(tariff.timezone), options.spot_column)
    if _by_spot(tariff):
        raise UsageError(f"tariff {tariff.name} is indexed to the spot price: give --spot FILE.csv")
    return None


def _spot_of_run(
    tariff: TariffFile, options: SettleOptions, run: RunMeters, member: int, axis: TimeAxis
) -> FloatArray | None:
    """Prices of a file before those of the run, which must be of the tariff's currency."""
    own = run.spot(member)
    if options.spot is not None or own is None or not _by_spot(tariff):
        return _spot_of_file(tariff, options, axis)
    if run.currency != tariff.currency:
        raise UsageError(
            f"two currencies: tariff {tariff.name} is in {tariff.currency}, the run's spot price in {run.currency}"
        )
    return own
