"""A green tariff from its file to bills, certificates and the comparison of Table 1."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import ValidationError

from cosim.errors import InputError, UsageError
from cosim.scenario.reading import read_file
from cosim.scenario.tree import Source, plain
from cosim.settlement import green_compare as ways
from cosim.settlement.green_bill import Account
from cosim.settlement.green_files import days_on, gather, meter_of_days, read_monthly, read_smp
from cosim.settlement.green_report import Comparison, GreenResult
from cosim.settlement.green_smp import bootstrap_paths, given_paths, historic_paths, lognormal_paths
from cosim.settlement.green_spec import (
    BootstrapPaths,
    ComparisonSpec,
    DaysOrMeter,
    GenerationSpec,
    GivenPaths,
    GreenSpec,
    HistoricPaths,
    ParticipantSpec,
)
from cosim.settlement.green_tariff import CONTRACT_MONTHS, Participant, Plant, Settled, months_after, settle_green
from cosim.settlement.green_terms import GreenTerms, contract_price
from cosim.settlement.green_trail import audit
from cosim.settlement.meter import Meter, Month
from cosim.settlement.meter_csv import read_meter
from cosim.settlement.metered_prices import axis_of, must_keep_months, must_share_zone
from cosim.settlement.money import rate
from cosim.settlement.settle import zone_of
from cosim.settlement.tariff_file import TariffFile, bundled, load_tariff, located
from grids.arrays import FloatArray
from grids.parameters import Parameters
from simulators.sources.errors import SourceError

P = TypeVar("P", bound=Parameters)


def load_green(path: Path) -> GreenSpec:
    """The description in a file; InputError with every problem, located."""
    return _read(path, GreenSpec)


def run_green_file(path: Path) -> GreenResult:
    """Settle a file; paths in it start from its folder. Errors as in `load_green` and `run_green`."""
    return run_green(load_green(path), path.parent)


def run_green(spec: GreenSpec, folder: Path) -> GreenResult:
    """Settle every month of a description.

    Args:
        spec: the description.
        folder: what relative paths in it start from.

    Raises:
        InputError: a table is wrong: every problem of all of them.
        UsageError: a tariff or a zone is not there, currencies or zones differ, terms have no rates for a month.
    """
    zone = zone_of(spec.timezone)
    months = spec.months
    names = [plant.name for plant in spec.plants.units]
    read = gather(
        {
            "terms": lambda: _read(folder / spec.terms, GreenTerms),
            "smp": lambda: read_smp(folder / spec.market.file, zone, months),
            "plants": lambda: read_monthly(folder / spec.plants.file, names, months),
            **{f"participant {one.name}": _account_of(one, spec, folder, zone) for one in spec.participants},
        }
    )
    terms: GreenTerms = read["terms"]
    accounts: dict[str, Account] = {one.name: read[f"participant {one.name}"] for one in spec.participants}
    for name, account in accounts.items():
        _must_fit(name, account, terms, months)
    plants = [
        Plant(one.name, one.kw, read["plants"][one.name], _maybe(one.base_price_per_kwh)) for one in spec.plants.units
    ]
    prices = [contract_price(terms, month, read["smp"][month]) for month in months]
    participants = [_participant(one, accounts[one.name], months) for one in spec.participants]
    try:
        settled = settle_green(prices, plants, participants, terms.rounding)
        comparison = None
        if spec.comparison is not None:
            comparison = _compare(spec.comparison, spec, accounts[spec.comparison.participant], settled, folder, terms)
    except SourceError as error:
        raise UsageError(str(error)) from error
    return GreenResult(spec, terms, settled, tuple(audit(settled.ledger)), comparison)


def _read(path: Path, model: type[P]) -> P:
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    tree = read_file(Source(str(path), path))
    try:
        return model.model_validate(plain(tree))
    except ValidationError as error:
        raise InputError(located(error, tree)) from error


def _account_of(one: ParticipantSpec, spec: GreenSpec, folder: Path, zone: ZoneInfo) -> Any:
    def account() -> Account:
        meter = _meter(one.use, spec, folder, zone)
        return Account(meter, _tariff(one.tariff, folder), rate(one.contract_kw))

    return account


def _tariff(name_or_file: str, folder: Path) -> TariffFile:
    return load_tariff(name_or_file if name_or_file in bundled() else str(folder / name_or_file))


def _meter(use: DaysOrMeter, spec: GreenSpec, folder: Path, zone: ZoneInfo) -> Meter:
    if use.meter is not None:
        return read_meter(folder / use.meter, zone)
    return meter_of_days(folder / str(use.typical_days), str(use.column), spec.months, zone)


def _must_fit(name: str, account: Account, terms: GreenTerms, months: tuple[Month, ...]) -> None:
    """UsageError for another currency or zone, months without readings or not whole, readings of two months."""
    tariff = account.tariff
    if tariff.currency != terms.currency:
        raise UsageError(f"{name}: tariff {tariff.name} is in {tariff.currency}, the green terms in {terms.currency}")
    if missing := [str(month) for month in months if month not in account.readings]:
        raise UsageError(f"{name}: the meter has no readings for {', '.join(missing)}")
    if partial := [str(month) for month in months if not account.meter.holds(month)]:
        raise UsageError(f"{name}: the meter holds only a part of {', '.join(partial)}: a month is settled as a whole")
    must_share_zone(account.meter.zone, tariff)
    must_keep_months(account.meter)


def _participant(one: ParticipantSpec, account: Account, months: tuple[Month, ...]) -> Participant:
    return Participant(
        name=one.name,
        account=account,
        declared_kwh={month: one.declared_in(month) for month in months},
        contracts_from=tuple(one.contracts_from),
        paid_in=dict(one.paid),
        retirement=one.retirement,
    )


def _maybe(price: float | None) -> Decimal | None:
    return None if price is None else rate(price)


def _compare(
    spec: ComparisonSpec, whole: GreenSpec, account: Account, settled: Settled, folder: Path, terms: GreenTerms
) -> Comparison:
    first = min(next(one for one in whole.participants if one.name == spec.participant).contracts_from)
    year = tuple(months_after(first, number) for number in range(CONTRACT_MONTHS))
    smp = {month.month: month.price.smp for month in settled.months if month.month in year}
    company = ways.Company(account, smp, terms.rounding)
    costed = _ways(spec, company, folder)
    costed.append(ways.green_tariff([bill for bill in settled.bills_of(spec.participant) if bill.month in year]))
    paths = _paths(spec, year, smp, folder)
    rows = ways.compare(company, costed, paths)
    return Comparison(spec.participant, year, company.use_kwh, rows, paths, spec.smp.kind, spec.certainty)


def _ways(spec: ComparisonSpec, company: ways.Company, folder: Path) -> list[ways.Costed]:
    found = []
    if (own := spec.self_generation) is not None:
        kw = rate(own.kw)
        plant = ways.SelfGeneration(
            generation_kwh=_generation(own, company, folder),
            investment=rate(own.investment_per_kw) * kw,
            upkeep_per_year=rate(own.upkeep_per_kw_year) * kw,
            life_years=own.life_years,
            discount=rate(own.discount_percent) / 100,
        )
        found.append(ways.self_generation(company, plant))
    if (bought := spec.certificates) is not None:
        purchase = ways.CertificatePurchase(rate(bought.share_percent) / 100, rate(bought.per_kwh))
        found.append(ways.certificate_purchase(company, purchase))
    if (ppa := spec.ppa) is not None:
        generation = _generation(ppa, company, folder)
        contract = ways.Ppa(generation, rate(ppa.strike_per_kwh), rate(ppa.network_per_kwh), ppa.form)
        found.append(ways.power_purchase(company, contract))
    return found


def _generation(spec: GenerationSpec, company: ways.Company, folder: Path) -> FloatArray:
    """(K,) kWh on the intervals of the company's meter."""
    meter = company.account.meter
    axis = axis_of(meter, slice(0, len(meter.load_kwh)))
    per_kw = days_on(folder / spec.typical_days, spec.column, axis, meter.zone)
    return np.asarray(np.maximum(per_kw, 0.0) * spec.kw * axis.hours)


def _paths(spec: ComparisonSpec, year: tuple[Month, ...], smp: Mapping[Month, Decimal], folder: Path) -> FloatArray:
    base = np.array([float(price) for price in smp.values()])
    chosen = spec.smp
    if isinstance(chosen, GivenPaths):
        return given_paths(read_monthly(folder / chosen.file, chosen.columns, year), year)
    if not isinstance(chosen, HistoricPaths | BootstrapPaths):
        return lognormal_paths(base, chosen.paths, chosen.volatility, chosen.persistence, chosen.seed)
    history = read_monthly(folder / chosen.file, ["smp_per_kwh"])["smp_per_kwh"]
    try:
        if isinstance(chosen, HistoricPaths):
            return historic_paths(history, year[0])[0]
        return bootstrap_paths(base, history, chosen.paths, chosen.block_months, chosen.seed)
    except ValueError as error:
        raise UsageError(f"{chosen.file}: {error}") from error
