"""Limits on power at boundaries. Three flows, kept apart (planner.md 1.1): a limit names which one it means.

(i) flow through one switch or branch end against its present source side; (ii) net export of a section over all its
boundaries' ends; (iii) import and export of a customer at its metering point. Bank flow is the sum at the secondary
side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cosim.findings import Severity
from cosim.limits.facts import NO_SECTION, BoundaryFact, LimitFacts
from cosim.limits.limit import INSTANT, Bounds, Limit, Quantity
from cosim.rules.dated import BANK_REVERSE_ALLOWED
from simulators.axis import HALF_HOUR_S

RULE_CONTRACT = "contract-power"
RULE_NO_EXPORT = "no-export"
RULE_EXPORT = "export-limit"
RULE_MIN_IMPORT = "min-import"
RULE_BANK = "bank-reverse"
RULE_REVERSE = "reverse-flow"
RULE_FIT = "fit-coexistence"

BANK, PCC = "bank", "pcc"
FIT = "fit"  # `scheme` of a plant whose power is bought under the feed-in tariff; premium (fip) is sold on the market
_STATED = "sourced: stated in the scenario"
_SINCE_2013 = "assumed: allowed since 2013 with measures taken, facts.md 2.4"
_UNKNOWN = "assumed: what held that early is not known"


def boundary_limits(facts: LimitFacts, tolerance_kw: float) -> Iterator[Limit]:
    """The limits of every boundary, in the order of the boundaries."""
    for boundary in facts.boundaries:
        make = _Maker(facts, boundary, tolerance_kw)
        yield from make.demand()
        yield from make.export()
        yield from make.reverse()
        yield from make.fit()


class _Maker:
    """Writes what all limits of one boundary share."""

    def __init__(self, facts: LimitFacts, boundary: BoundaryFact, tolerance_kw: float) -> None:
        self.boundary = boundary
        self.facts = facts
        self.tolerance_kw = tolerance_kw
        section = facts.section_by_name.get(boundary.section, NO_SECTION)
        self.responsible = boundary.responsible or section.responsible

    def demand(self) -> Iterator[Limit]:
        """Contract power on half-hour means of the metered import; the margin a relay leaves, as information.

        The margin is judged while something gives power that a relay would take off (`cosim.limits.giving`).
        """
        boundary = self.boundary
        if boundary.contract_kw is not None:
            bounds = Bounds(upper=boundary.contract_kw)
            label = "contract power, clock half-hour mean (契約電力)"
            yield self._limit(RULE_CONTRACT, Quantity.IMPORT_KW, HALF_HOUR_S, bounds, label)
        if boundary.min_import_kw is not None:
            bounds = Bounds(lower=boundary.min_import_kw)
            label = "import margin below relay setting (RPR, UPR): risk of a trip within the step"
            yield self._limit(
                RULE_MIN_IMPORT, Quantity.NET_IMPORT_KW, INSTANT, bounds, label, severity=Severity.INFORMATION
            )

    def export(self) -> Iterator[Limit]:
        """A limit of 0 is a no-export contract: any metered export breaks it, half hours do not net it away."""
        limit_kw = self.boundary.export_limit_kw
        if limit_kw is None:
            return
        bounds = Bounds(upper=limit_kw)
        if limit_kw == 0:
            label = f"no-export contract: any metered export above {self.tolerance_kw:g} kW"
            yield self._limit(RULE_NO_EXPORT, Quantity.EXPORT_KW, INSTANT, bounds, label)
        else:
            label = "agreed highest export, clock half-hour mean"
            yield self._limit(RULE_EXPORT, Quantity.EXPORT_KW, HALF_HOUR_S, bounds, label)

    def reverse(self) -> Iterator[Limit]:
        """Bank: its sum. Feeder and section: each end by itself. A metering point has only import and export."""
        boundary = self.boundary
        if boundary.kind == BANK:
            label = "reverse flow of the bank at its secondary side (バンク逆潮流)"
            severity, certainty = self._of_bank()
            yield self._limit(
                RULE_BANK, Quantity.EXPORT_KW, INSTANT, Bounds(upper=0.0), label, severity=severity, certainty=certainty
            )
        elif boundary.kind != PCC:
            label = "flow through one switch against its present source side"
            severity = Severity.VIOLATION if boundary.reverse_allowed is False else Severity.INFORMATION
            yield self._limit(
                RULE_REVERSE, Quantity.REVERSE_KW, INSTANT, Bounds(upper=0.0), label, boundary.ends, severity
            )

    def _of_bank(self) -> tuple[Severity, str]:
        """Severity and its certainty: as stated, else by the law of the day, which barred it until 2013-05-31."""
        allowed, certainty = self.boundary.reverse_allowed, _STATED
        if allowed is None:
            allowed = BANK_REVERSE_ALLOWED.at(self.facts.as_of)
            held = _SINCE_2013 if allowed else BANK_REVERSE_ALLOWED.certainty
            certainty = _UNKNOWN if allowed is None else held
        return Severity.VIOLATION if allowed is False else Severity.INFORMATION, certainty

    def fit(self) -> Iterator[Limit]:
        """A metering point with FIT and other plants behind it exports no more than the FIT plants generate."""
        boundary = self.boundary
        if boundary.kind != PCC or boundary.separate_metering:
            return
        schemes = {one.scheme == FIT for one in self.facts.generators_in(boundary.section)}
        if len(schemes) == 2:
            label = (
                "FIT and other plants behind one meter: only FIT power may flow back (再エネ特措法施行規則第5条, "
                "as surveyed in 2021; since relaxed for separate or difference metering [U])"
            )
            bounds = Bounds(upper=0.0)
            certainty = "sourced: facts.md 2.7 [S001], its relaxation [U]"
            yield self._limit(RULE_FIT, Quantity.NON_FIT_EXPORT_KW, INSTANT, bounds, label, certainty=certainty)

    def _limit(
        self,
        rule: str,
        quantity: Quantity,
        window_s: int,
        bounds: Bounds,
        label: str,
        subjects: Iterable[str] = (),
        severity: Severity = Severity.VIOLATION,
        certainty: str = _STATED,
    ) -> Limit:
        return Limit(
            id=rule,
            quantity=quantity,
            subjects=tuple(subjects) or (f"boundary:{self.boundary.name}",),
            window_s=window_s,
            bounds=bounds,
            section=self.boundary.section,
            responsible=self.responsible,
            label=label,
            certainty=certainty,
            severity=severity,
            tolerance=self.tolerance_kw,
        )
