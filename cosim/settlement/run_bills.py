"""The bills of a run: every entry of `settlement` for every member, their figures and their file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.errors import UsageError
from cosim.results.figures import Figure
from cosim.results.files import write_json
from cosim.results.folder import SETTLEMENT
from cosim.settlement.billing import Billed, BillTerms, bill_meter
from cosim.settlement.japan_contract import Contract
from cosim.settlement.money import rate
from cosim.settlement.run_forms import FormsBills, FormsScheme, bill_forms
from cosim.settlement.run_meters import RunMeters
from cosim.settlement.tariff import TariffSpec
from cosim.settlement.tariff_file import TariffFile, load_tariff
from cosim.settlement.tariff_on_axis import written_tariff
from cosim.settlement.terms import NetMeteringTerms
from simulators.sources.errors import SourceError

if TYPE_CHECKING:
    from cosim.ensemble.draws import Draws
    from cosim.rules.facts import Arrangement
    from cosim.scenario.keys.settlement import SettlementSpec
    from cosim.scenario.schema import Scenario

SCHEMA = "cosim-run-settlement/1"
MOST_MONTHS = 2000  # member-months of one entry that are billed
NET_METERING_PARTS = ("charge_before", "credit", "charge_after", "payment")


@dataclass(frozen=True)
class Scheme:
    """One entry of `settlement`, ready to bill.

    Attributes:
        name: of the entry.
        boundary: its metering point.
        tariffs: of each member, or one for all.
        terms: what else the bill needs.
        forms: supply forms to compare behind it.
    """

    name: str
    boundary: str
    tariffs: tuple[TariffFile, ...]
    terms: BillTerms
    forms: FormsScheme | None = None

    @property
    def currency(self) -> str:
        """Of every amount."""
        return self.tariffs[0].currency


@dataclass(frozen=True)
class SchemeBills:
    """The bills of one entry: row of the member among those that ran -> bill; who is missing is said in `notes`."""

    scheme: Scheme
    bills: Mapping[int, Billed]
    notes: tuple[str, ...] = ()
    forms: FormsBills | None = None

    def figures(self, members: int) -> Iterator[Figure]:
        """`settlement:NAME.total` and the parts of the bill, (M,) in its currency; NaN where a member has no bill."""
        parts = {row: parts_of(bill) for row, bill in self.bills.items()}
        for word in dict.fromkeys(word for one in parts.values() for word in one):
            values = np.full(members, np.nan)
            for row, one in parts.items():
                values[row] = float(one.get(word, 0))
            yield Figure(f"settlement:{self.scheme.name}.{word}", values, self.scheme.currency)
        if self.forms is not None:
            yield from self.forms.figures(members)


def parts_of(bill: Billed) -> dict[str, Decimal]:
    """`total` and the parts it is made of: a Japanese bill's by charge, and what it would be without own generation."""
    told = bill.as_dict()
    words = [*told["parts"], "charge_before", "credit"] if told["bill"] == "japan" else NET_METERING_PARTS
    found = {"total": bill.total}
    for word in words:
        found[word] = rate(told["parts"][word] if told["bill"] == "japan" and word in told["parts"] else told[word])
    return found


def schemes(scenario: Scenario, draws: Draws, arrangement: Arrangement) -> tuple[Scheme, ...]:
    """The entries of a checked scenario.

    Raises:
        UsageError: a tariff cannot be read.
    """
    return tuple(_scheme(name, spec, scenario, draws, arrangement) for name, spec in scenario.settlement.items())


def _scheme(name: str, spec: SettlementSpec, scenario: Scenario, draws: Draws, arrangement: Arrangement) -> Scheme:
    points = [key for key, one in scenario.boundaries.items() if one.kind == "pcc"]
    at, tariffs, terms = spec.boundary or points[0], tuple(_tariffs(spec, scenario, draws)), terms_of(spec)
    forms = None
    if spec.forms is not None:
        section = scenario.boundaries[at].into or ""
        read = {tariff: load_tariff(tariff) for _, _, tariff in spec.forms.tariffs()}
        forms = FormsScheme(name, section, arrangement, spec.forms, read, tariffs, terms)
    return Scheme(name, at, tariffs, terms, forms)


def _tariffs(spec: SettlementSpec, scenario: Scenario, draws: Draws) -> Iterator[TariffFile]:
    market = scenario.market
    given = spec.tariff or (None if market is None else market.tariff)
    if market is None or isinstance(given, str):
        yield load_tariff(str(given))
        return
    made: dict[int, TariffFile] = {}
    rates: Sequence[TariffSpec] = draws.specs(("market", "tariff"), given) if given is not None else ()
    for one in rates:
        if id(one) not in made:
            made[id(one)] = written_tariff(one, market.currency, scenario.time.timezone)
        yield made[id(one)]


def terms_of(spec: SettlementSpec) -> BillTerms:
    """What an entry says beside meter and tariff."""
    price = spec.purchase_price_per_kwh
    contract = Contract(
        agreed_kw=None if spec.contract_kw is None else rate(spec.contract_kw),
        previous_max_kw={} if spec.previous_max_kw is None else rate(spec.previous_max_kw),
        power_factor_percent=spec.power_factor_percent,
    )
    return BillTerms(
        net_metering=NetMeteringTerms(
            method=spec.method,
            credit=spec.credit,
            surplus=spec.surplus,
            purchase_per_kwh=None if price is None else rate(price),
            cycle_months=spec.cycle_months,
        ),
        contract=contract,
    )


def bill_run(found: Sequence[Scheme], meters: RunMeters) -> tuple[SchemeBills, ...]:
    """Every entry billed for every member; who cannot be billed is named in the notes of the entry."""
    return tuple(_bills(scheme, meters) for scheme in found)


def _bills(scheme: Scheme, meters: RunMeters) -> SchemeBills:
    said: dict[str, list[int]] = {}
    bills: dict[int, Billed] = {}
    months = 0
    for row, member in enumerate(meters.members):
        tariff = scheme.tariffs[row % len(scheme.tariffs)]
        try:
            meter = meters.purchased(scheme.boundary, member)
            months += len(meter.months)
            if months > MOST_MONTHS:
                break
            japan = tariff.bill == "japan"
            half_hours = meters.purchased_half_hours(scheme.boundary, member) if japan else None
            spot = meters.spot(member)
            bills[row] = bill_meter(meter, tariff, scheme.terms, half_hours=half_hours, spot=spot)
        except (UsageError, SourceError) as error:
            said.setdefault(str(error), []).append(member)
    forms = None if scheme.forms is None else bill_forms(scheme.forms, meters)
    notes = (*_notes(scheme, bills, said, meters), *(() if forms is None else forms.notes))
    return SchemeBills(scheme, bills, notes, forms)


def _notes(
    scheme: Scheme, bills: Mapping[int, Billed], said: Mapping[str, Sequence[int]], meters: RunMeters
) -> Iterator[str]:
    count = len(meters.members)
    for message, members in said.items():
        of = "" if count == 1 else f" of {len(members)} of {count} members (first: {members[0]})"
        yield f"settlement {scheme.name}: no bill{of}: {message}"
    left = count - len(bills) - sum(map(len, said.values()))
    if left:
        yield (
            f"settlement {scheme.name}: bills of the first {count - left} of {count} members only, "
            f"at most {MOST_MONTHS} months are billed; cosim settle RUN --boundary {scheme.boundary} --tariff FILE "
            "--member K makes any other one (a tariff written in the scenario: copy it to a file)"
        )
    first = next(iter(bills.values()), None)
    if first is not None:
        told = first.as_dict()
        of_meter = meters.said_of(scheme.boundary, [meters.members[row] for row in bills])
        yield from (f"settlement {scheme.name}: {note}" for note in (*of_meter, *told["notes"]))
        for month in told["months"]:
            if any(line["charge"] == "base" for line in month.get("lines", ())):
                yield from (f"settlement {scheme.name}, {month['month']}: {note}" for note in month["notes"])


def write_bills(folder: Path, bills: Sequence[SchemeBills], meters: RunMeters) -> None:
    """Write `settlement.json`: every bill of every entry, by number of the member."""
    write_json(
        folder / SETTLEMENT,
        {
            "schema": SCHEMA,
            "settlements": {one.scheme.name: _as_dict(one, meters) for one in bills},
        },
    )


def _as_dict(one: SchemeBills, meters: RunMeters) -> dict[str, Any]:
    return {
        "boundary": one.scheme.boundary,
        "tariff": one.scheme.tariffs[0].name,
        "currency": one.scheme.currency,
        "source": one.scheme.tariffs[0].source,
        "certainty": one.scheme.tariffs[0].certainty,
        "notes": list(one.notes),
        **({} if one.forms is None else {"forms": one.forms.as_dict()}),
        "members": {str(meters.members[row]): bill.as_dict() for row, bill in one.bills.items()},
    }
