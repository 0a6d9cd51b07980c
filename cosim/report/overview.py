"""What a planner wants to know of a run, in words and rows; page and console show the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cosim.findings import Severity
from cosim.report.certificate import cross_check_text, failures_text
from cosim.report.figures import Figures
from cosim.report.finding_texts import against_base_text
from cosim.report.members import Members
from cosim.report.shown_limits import ShownLimit, bounds_of, limits_of
from cosim.report.texts import Scale, amount, clock, duration, number, per_unit, plural, scale_for, titles

if TYPE_CHECKING:
    from cosim.results.folder import RunFolder

ACCOUNTS = (  # figure, words; supply, then use
    ("grid.import_mwh", "import"),
    ("grid.generation_mwh", "generation"),
    ("grid.discharge_mwh", "battery discharge"),
    ("grid.fixture_generation_mwh", "generators of the network"),
    ("grid.served_mwh", "load served"),
    ("grid.charge_mwh", "charging, own use"),
    ("grid.losses_mwh", "losses"),
    ("grid.fixtures_mwh", "shunts and the like"),
    ("grid.export_mwh", "export"),
)
SUPPLY = 4


@dataclass(frozen=True, slots=True)
class Device:
    """Energies of one generating entry; None = does not apply."""

    name: str
    available_mwh: float | None
    generation_mwh: float | None
    curtailed_mwh: float | None
    reasons: tuple[tuple[str, float], ...]
    run_hours: float | None
    starts: float | None


@dataclass(frozen=True, slots=True)
class Boundary:
    """Peaks and energies at one boundary, beside what was agreed."""

    name: str
    kind: str
    import_mwh: float | None
    export_mwh: float | None
    max_import_kw: float | None
    max_export_kw: float | None
    contract_kw: float | None
    export_limit_kw: float | None
    cost: float | None
    currency: str


@dataclass(frozen=True, slots=True)
class Voltage:
    """Lowest and highest voltage of a level or a customer."""

    subject: str
    low_pu: float | None
    high_pu: float | None
    base_v: float | None  # None where the subject names no level

    @property
    def name(self) -> str:
        """`6.6 kV`, or the customer."""
        kind, _, name = self.subject.partition(":")
        return f"{name.removesuffix('kV')} kV" if kind == "level" else name

    def __str__(self) -> str:
        text = f"{per_unit(self.low_pu)} to {per_unit(self.high_pu)} pu"
        if self.base_v is None or self.low_pu is None or self.high_pu is None:
            return text
        return f"{text} ({number(self.low_pu * self.base_v, 5)} to {number(self.high_pu * self.base_v, 5)} V)"


class Overview:
    """Everything said about a run beside its curves.

    Args:
        folder: the run, finished or not.
        scenario: its resolved scenario (`scenario.yaml`), plain data; `{}` if there is none.
    """

    def __init__(self, folder: RunFolder, scenario: Mapping[str, Any]) -> None:
        self.folder = folder
        self.manifest = folder.manifest
        self.summary = folder.summary()
        self.scenario = scenario
        self.figures = Figures(self.summary.get("figures", {}))
        self.findings: Sequence[Mapping[str, Any]] = folder.findings()
        self.limits: tuple[ShownLimit, ...] = limits_of(self.manifest)
        count = int(self.summary.get("members") or self.manifest.get("members") or 1)
        self.members = Members(folder, self.figures, count)

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return str(self.manifest.get("scenario") or self.scenario.get("name") or self.folder.path.name)

    @property
    def variant(self) -> str:
        """Its variant; empty for the scenario itself."""
        return str(self.manifest.get("variant") or "")

    @property
    def titles(self) -> list[tuple[str, str]]:
        """(language, title), English first."""
        return titles(self.manifest.get("title") or self.scenario.get("title"), self.name)

    @property
    def about(self) -> list[str]:
        """The scenario in its own words, and where its numbers come from."""
        description, source = (str(self.manifest.get(key) or "") for key in ("description", "source"))
        return [text for text in (description, f"Numbers: {source}" if source else "") if text]

    @property
    def unfinished(self) -> str:
        """Why the numbers are not those of a whole run; empty for a complete one."""
        if self.folder.complete:
            return ""
        words = {
            "running": "The run is still going on, or was killed",
            "failed": "The run failed",
            "interrupted": "The run was interrupted",
        }
        error = str(self.manifest.get("error") or "")
        return words[self.folder.status.value] + (f": {error}" if error else "")

    @property
    def counts(self) -> dict[Severity, int]:
        """Number of findings by severity."""
        given = self.summary.get("findings", {})
        return {severity: int(given.get(severity.value, 0)) for severity in Severity}

    @property
    def against_base(self) -> str:
        """What became of the findings against the base case, counted; empty where none was run."""
        return against_base_text(self.summary.get("against_base"))

    @property
    def verdict(self) -> str:
        """One line: how many findings of which severity; no verdict without a finished run."""
        if not self.summary:
            return "no verdict: the run did not finish"
        counted = ", ".join(plural(count, severity.value) for severity, count in self.counts.items())
        if self.members.count == 1:
            return counted
        concerned = self.summary.get("members_in_violation", 0)
        return f"{self.members.count} members, {concerned or 'none'} of them with violations: {counted}"

    @property
    def worst(self) -> str:
        """`violation`, `warning`, `pass`, or `unfinished`: the colour of the verdict."""
        if not self.folder.complete:
            return "unfinished"
        counts = self.counts
        if counts[Severity.VIOLATION]:
            return Severity.VIOLATION.value
        return Severity.WARNING.value if counts[Severity.WARNING] else "pass"

    @property
    def period(self) -> str:
        """What time was simulated."""
        period = self.summary.get("period")
        if not period:
            return ""
        seconds = 3600.0 * float(period["hours"])
        steps = plural(int(period["steps"]), "step")
        return f"{clock(period['start'])} to {clock(period['end'])}, {duration(seconds)}, {steps}"

    @property
    def notes(self) -> list[str]:
        """What every output must repeat."""
        own = [str(note) for note in self.summary.get("notes") or self.manifest.get("notes") or ()]
        if self.members.count == 1:
            return [*self._alone(), *own]
        return [
            f"amounts are means over the {self.members.count} members, lowest and highest values those of all of them",
            *own,
        ]

    def _alone(self) -> Iterator[str]:
        """Which member of an ensemble this run is, and what it drew."""
        ensemble = self.manifest.get("ensemble")
        if ensemble:
            row = self.folder.members().to_pylist()[0]
            values = (f"{path} = {row[path]}" for path in ensemble["varied"])
            yield f"member {ensemble['member']} of an ensemble of {ensemble['size']}: {', '.join(values)}"

    @cached_property
    def energy_scale(self) -> Scale:
        """The unit of all energies of the run."""
        return scale_for([self.figures.value(key) for key, _ in ACCOUNTS], "MWh")

    @property
    def accounts(self) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
        """(supply, use) of the whole network in MWh; they add up to the same but for the residual."""
        rows = [(words, self.figures.value(key)) for key, words in ACCOUNTS]
        known = [
            [(words, value) for words, value in side if value is not None] for side in (rows[:SUPPLY], rows[SUPPLY:])
        ]
        return known[0], known[1]

    @property
    def devices(self) -> list[Device]:
        """Every entry that generates, in order of name."""
        value = self.figures.value
        return [
            Device(
                name=subject.partition(":")[2],
                available_mwh=value(f"{subject}.available_mwh"),
                generation_mwh=value(f"{subject}.generation_mwh"),
                curtailed_mwh=value(f"{subject}.curtailed_mwh"),
                reasons=tuple(self.figures.reasons(subject, "curtailed")),
                run_hours=value(f"{subject}.run_hours"),
                starts=value(f"{subject}.starts"),
            )
            for subject in self.figures.subjects("generation_mwh", "device")
        ]

    @property
    def boundaries(self) -> list[Boundary]:
        """Every boundary, in order of name."""
        agreed = self.scenario.get("boundaries") or {}
        value = self.figures.value
        found = []
        for subject in self.figures.subjects("import_mwh", "boundary"):
            name = subject.partition(":")[2]
            terms = agreed.get(name) or {}
            found.append(
                Boundary(
                    name=name,
                    kind=str(terms.get("kind", "")),
                    import_mwh=value(f"{subject}.import_mwh"),
                    export_mwh=value(f"{subject}.export_mwh"),
                    max_import_kw=value(f"{subject}.max_import_kw"),
                    max_export_kw=value(f"{subject}.max_export_kw"),
                    contract_kw=terms.get("contract_kw"),
                    export_limit_kw=terms.get("export_limit_kw"),
                    cost=value(f"{subject}.energy_cost"),
                    currency=self.figures.unit(f"{subject}.energy_cost"),
                )
            )
        return found

    @property
    def levels(self) -> list[Voltage]:
        """Voltage by level, highest level first."""
        rows = []
        for subject in self.figures.subjects("vm_min_pu", "level"):
            level = subject.partition(":")[2].removesuffix("kV")
            rows.append(self._voltage(subject, 1000.0 * float(level)))
        return sorted(rows, key=lambda row: -(row.base_v or 0.0))

    @property
    def customers(self) -> list[Voltage]:
        """Voltage by customer."""
        return [self._voltage(subject, None) for subject in self.figures.subjects("vm_min_pu", "customer")]

    def _voltage(self, subject: str, base_v: float | None) -> Voltage:
        value = self.figures.value
        return Voltage(subject, value(f"{subject}.vm_min_pu"), value(f"{subject}.vm_max_pu"), base_v)

    @property
    def leg_range(self) -> str:
        """Lowest and highest of customers' 100 V legs, V; empty where none are known."""
        low, high = self.figures.value("supply.leg_min_v"), self.figures.value("supply.leg_max_v")
        return "" if low is None or high is None else f"{number(low, 4)} to {number(high, 4)}"

    @property
    def leg_hours(self) -> list[str]:
        """Hours over and under the band of customers' 100 V legs, where there are any."""
        value, parts = self.figures.value, []
        for side, period in (("over", "midday"), ("under", "evening")):
            hours, then = value(f"supply.{side}_hours"), value(f"supply.{side}_{period}_hours")
            if hours:
                parts.append(f"{side} {number(hours, 3)} h, of it {number(then or 0.0, 3)} h at {period}")
        return parts

    @property
    def legs(self) -> str:
        """Customers' 100 V legs in one line; empty where none are known."""
        return "; ".join([f"{self.leg_range} V", *self.leg_hours]) if self.leg_range else ""

    @property
    def regulators(self) -> list[tuple[str, str]]:
        """(name, operations and range of taps) of every tap changer's controller."""
        value = self.figures.value
        rows = []
        for subject in self.figures.subjects("operations", "regulator"):
            low, high = (value(f"{subject}.{name}") for name in ("tap_min", "tap_max"))
            count, most = (value(f"{subject}.{name}") or 0.0 for name in ("operations", "max_operations_per_day"))
            text = f"{plural(round(count), 'operation')}, at most {number(most, 3)} a day"
            taps = "" if low is None or high is None else f", taps {number(low, 3)} to {number(high, 3)}"
            rows.append((subject.partition(":")[2], text + taps))
        return rows

    @property
    def fuel(self) -> list[tuple[str, str]]:
        """(what, amount) of fuel, CO2 and cost, where there is any."""
        rows = []
        for quantity, words, unit in (
            ("fuel_kg", "fuel", "kg"),
            ("fuel_nm3", "gas", "Nm3"),
            ("co2_kg", "CO2 of fuel", "kg"),
        ):
            total = self.figures.total(quantity)
            if total:
                rows.append((words, amount(total, unit)))
        costs = [boundary for boundary in self.boundaries if boundary.cost is not None]
        if costs:
            rows.append(("energy cost", amount(sum(boundary.cost or 0.0 for boundary in costs), costs[0].currency, 6)))
        for quantity, words in (("fuel_cost", "fuel cost"), ("om_cost", "upkeep")):
            total = self.figures.total(quantity, "device")
            if total:
                unit = self.figures.unit(f"{self.figures.subjects(quantity, 'device')[0]}.{quantity}")
                rows.append((words, amount(total, unit, 6)))
        return rows

    @property
    def loading(self) -> list[tuple[str, float]]:
        """(kind, percent) of the highest loading."""
        keys = (("line", "grid.max_line_loading_percent"), ("transformer", "grid.max_trafo_loading_percent"))
        return [(words, value) for words, key in keys if (value := self.figures.value(key)) is not None]

    def agreed(self, boundary: Boundary) -> str:
        """What was agreed at a boundary, in words."""
        parts = []
        if boundary.contract_kw is not None:
            parts.append(f"contract {amount(boundary.contract_kw, 'kW')}")
        if boundary.export_limit_kw is not None:
            none = boundary.export_limit_kw == 0
            parts.append("no export" if none else f"export up to {amount(boundary.export_limit_kw, 'kW')}")
        minimum = dict(bounds_of(self.limits, ["min-import"], f"boundary:{boundary.name}"))
        parts += [f"minimum import {amount(bound, 'kW')}" for bound in minimum.values()]
        return ", ".join(parts)

    def provenance(self) -> Iterator[tuple[str, str]]:
        """(what, value) of everything that made the numbers."""
        manifest = self.manifest
        engine = manifest.get("engine") or {}
        if isinstance(engine, Mapping) and engine:
            yield "engine", " ".join(str(value) for value in engine.values())
        elif engine:
            yield "engine", str(engine)
        for what, words in (("cross-check", cross_check_text(manifest)), ("no solution", failures_text(manifest))):
            if words:
                yield what, words
        yield from ((str(key), str(value)) for key, value in (manifest.get("provenance") or {}).items())
        if manifest.get("sets"):
            yield "overrides", ", ".join(str(item) for item in manifest["sets"])
        for key in ("hash", "seed", "seeds", "started", "finished", "seconds", "steps"):
            if manifest.get(key) not in (None, "", {}):
                yield key, str(manifest[key])
        yield "versions", ", ".join(f"{name} {version}" for name, version in (manifest.get("versions") or {}).items())


def curtailed_text(device: Device, scale: Scale) -> str:
    """`curtailed 159 kWh (export)`; empty where nothing was."""
    if not device.curtailed_mwh:
        return ""
    if len(device.reasons) == 1:
        why = device.reasons[0][0]
    else:
        why = ", ".join(f"{reason} {scale.number(value)}" for reason, value in device.reasons)
    return f"{scale.amount(device.curtailed_mwh)}{f' ({why})' if why else ''}"
