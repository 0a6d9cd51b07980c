"""`cosim project`: a project's file and its runs in, cash flows and what they are worth out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from cosim.errors import InputError, UsageError
from cosim.results.folder import BASE_FOLDER
from cosim.scenario.reading import read_file
from cosim.scenario.tree import Source, plain
from cosim.settlement.project import Flow, Project, ProjectResult, assess, spread
from cosim.settlement.project_flows import (
    SUBSIDY,
    SUPPLIERS,
    Investment,
    Subsidy,
    investment_flows,
    over_years,
)
from cosim.settlement.project_runs import MWH, FiguresOfRun, Period, ProjectRuns
from cosim.settlement.project_spec import FlowSpec, PeriodSpec, ProjectSpec
from cosim.settlement.tariff_file import located
from grids.arrays import FloatArray

SCHEMA = "cosim-project/1"
KWH_PER_MWH = 1000.0
CURRENCY_LETTERS = 3
UPKEEP = "upkeep"
ASSUMED = (
    "a run stands for the days of a year it is given, every year alike but for change_percent",
    "real terms, before tax; no residual value of equipment at the end",
)


@dataclass(frozen=True)
class ProjectView:
    """A project and what it is worth."""

    spec: ProjectSpec
    periods: tuple[Period, ...]
    project: Project
    result: ProjectResult
    left_out: int  # members with steps without solution

    def as_dict(self) -> dict[str, Any]:
        """Plain data: figures and flows over members, cash by party and year."""
        spec = self.spec
        return {
            "schema": SCHEMA,
            "name": spec.name,
            "title": spec.title,
            "currency": spec.currency,
            "owner": spec.owner,
            "years": spec.years,
            "discount_percent": spec.discount_percent,
            "members": len(self.project.energy_kwh),
            "members_left_out": self.left_out,
            "periods": [
                {
                    "name": one.name,
                    "run": str(one.with_it.path),
                    "without": str(one.without.path),
                    "run_days": one.with_it.days,
                    "days_a_year": one.days,
                }
                for one in self.periods
            ],
            **self.result.as_dict(),
            "energy_kwh_a_year": spread(self.project.energy_kwh[:, 1]),
            "avoided_kg_a_year": spread(self.project.avoided_kg[:, 1]),
            "flows": [
                {
                    "what": flow.what,
                    "payer": flow.payer,
                    "payee": flow.payee,
                    "own_cost": flow.what in self.project.cost,
                    "certainty": flow.certainty,
                    "by_year_mean": flow.amount.mean(axis=0).tolist(),
                    "first_year": spread(flow.amount[:, 1]),
                }
                for flow in self.project.flows
            ],
            "assumed": list(ASSUMED),
        }


def view_project(path: Path, runs: Sequence[str] = ()) -> ProjectView:
    """Read a file and its runs, and assess the project.

    Args:
        path: the file; run folders in it start from its folder.
        runs: `PERIOD=FOLDER`, before what the file says; a folder alone where there is one period.

    Raises:
        InputError: every problem of the file, located.
        UsageError: a run is missing or not finished, figures are missing, of other units or another currency.
    """
    spec = load_project(path)
    given = _given(runs, spec, path)
    periods = tuple(_period(name, one, given.get(name), path) for name, one in spec.periods.items())
    known = ProjectRuns(periods)
    project = _project(spec, known)
    return ProjectView(spec, periods, project, assess(project), int((~known.usable).sum()))


def _given(runs: Sequence[str], spec: ProjectSpec, path: Path) -> dict[str, Path]:
    found = {}
    for text in runs:
        name, equals, folder = text.partition("=")
        if not equals and len(spec.periods) == 1:
            name, folder = next(iter(spec.periods)), text
        if name not in spec.periods:
            raise UsageError(f"--run {text}: name the period as PERIOD=FOLDER; {path} has {', '.join(spec.periods)}")
        found[name] = Path(folder)
    return found


def load_project(path: Path) -> ProjectSpec:
    """The project in a file; InputError with every problem, located."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    tree = read_file(Source(str(path), path))
    try:
        return ProjectSpec.model_validate(plain(tree))
    except ValidationError as error:
        raise InputError(located(error, tree)) from error


def _period(name: str, spec: PeriodSpec, given: Path | None, path: Path) -> Period:
    if given is None and spec.run is None:
        raise UsageError(f"{path}: period {name} has no run: give --run {name}=FOLDER")
    run = given if given is not None else path.parent / str(spec.run)
    without = run / BASE_FOLDER if spec.without is None else path.parent / spec.without
    if spec.without is None and not without.is_dir():
        raise UsageError(
            f"{run} holds no base case to compare with: run it with --base, or name periods.{name}.without"
        )
    return Period(name, FiguresOfRun(run), FiguresOfRun(without), spec.days)


def _project(spec: ProjectSpec, runs: ProjectRuns) -> Project:
    if not runs.usable.any():
        raise UsageError("every member has steps without solution: there is nothing to assess")
    flows = [*_built(spec, runs), *_yearly(spec, runs)]
    cost = {
        flow.what for flow in flows if flow.what.startswith(("investment: ", f"{UPKEEP}: ")) or flow.what == SUBSIDY
    }
    cost |= {name for name, flow in spec.flows.items() if flow.own_cost}
    energy = runs.year(spec.energy, "change", "energy")
    if energy.unit != MWH:
        raise UsageError(f"energy: {', '.join(energy.figures)} are in {energy.unit}, not in {MWH}")
    return Project(
        flows=tuple(flows),
        owner=spec.owner,
        energy_kwh=over_years(KWH_PER_MWH * energy.amount[runs.usable], spec.years),
        avoided_kg=over_years(_avoided(spec, runs)[runs.usable], spec.years),
        cost=frozenset(cost),
        rate=spec.discount_percent / 100.0,
    )


def _built(spec: ProjectSpec, runs: ProjectRuns) -> Iterator[Flow]:
    """Investment, subsidy and upkeep; the same for every member."""
    members = int(runs.usable.sum())
    items = [
        Investment(name, np.full(members, one.amount), one.life_a, one.eligible, one.certainty)
        for name, one in spec.investments.items()
    ]
    grant = None
    if (terms := spec.subsidy) is not None:
        grant = Subsidy(terms.share, Subsidy.cap if terms.cap is None else terms.cap, terms.certainty)
    yield from investment_flows(items, spec.owner, spec.years, grant)
    for name, one in spec.investments.items():
        if one.upkeep_percent:
            yearly = np.full(members, one.amount * one.upkeep_percent / 100.0)
            yield Flow(f"{UPKEEP}: {name}", spec.owner, SUPPLIERS, over_years(yearly, spec.years), one.certainty)


def _yearly(spec: ProjectSpec, runs: ProjectRuns) -> Iterator[Flow]:
    for name, one in spec.flows.items():
        amount = over_years(_amount(name, one, spec, runs)[runs.usable], spec.years, one.change_percent / 100.0)
        yield Flow(name, one.payer, one.payee, amount, one.certainty)


def _amount(name: str, flow: FlowSpec, spec: ProjectSpec, runs: ProjectRuns) -> FloatArray:
    """(M,) what a flow comes to in its first year."""
    if flow.figures is None:
        return np.full(runs.members, float(flow.per_year or 0.0))
    counted = runs.year(flow.figures, flow.of, f"flows.{name}")
    money = len(counted.unit) == CURRENCY_LETTERS and counted.unit.isupper()
    if money and counted.unit != spec.currency:
        raise UsageError(f"flows.{name}: two currencies: figures in {counted.unit}, the project in {spec.currency}")
    if flow.per_unit is None and not money:
        raise UsageError(f"flows.{name}: {counted.figures[0]} is in {counted.unit}: give its price, per_unit")
    return counted.amount * (1.0 if flow.per_unit is None else flow.per_unit)


def _avoided(spec: ProjectSpec, runs: ProjectRuns) -> FloatArray:
    total = np.zeros(runs.members)
    for at, one in enumerate(spec.emissions):
        total = total - one.kg_per_unit * runs.year(one.figures, one.of, f"emissions[{at}]").amount
    return total
