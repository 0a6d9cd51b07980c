"""The settlement of a run at its end: what the scenario asks for, its figures, its file and its notes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cosim.results.figures import Figure
from cosim.results.metering import NAME as METERING

if TYPE_CHECKING:
    from cosim.scenario.schema import Scenario
    from cosim.settlement.run_bills import Scheme, SchemeBills
    from cosim.study import Study


class RunSettlement:
    """Bills of the entries of `settlement`. Tariffs are read before the run, so that a bad one stops it.

    Raises:
        UsageError: a tariff cannot be read.
    """

    def __init__(self, scenario: Scenario, study: Study) -> None:
        self._members = study.members
        self._bills: tuple[SchemeBills, ...] = ()
        self._schemes: tuple[Scheme, ...] = ()
        if scenario.settlement:
            from cosim.settlement.run_bills import schemes  # noqa: PLC0415

            self._schemes = schemes(scenario, study.draws, study.arrangement)

    def bill(self, folder: Path) -> None:
        """Bill every entry for every member from `metering.parquet`, and write `settlement.json`."""
        if not self._schemes or not (folder / METERING).is_file():
            return
        from cosim.settlement.run_bills import bill_run, write_bills  # noqa: PLC0415
        from cosim.settlement.run_meters import read_run  # noqa: PLC0415

        meters = read_run(folder)
        self._bills = bill_run(self._schemes, meters)
        write_bills(folder, self._bills, meters)

    def figures(self) -> list[Figure]:
        """`settlement:NAME.total` and the parts of the bill, in its currency."""
        return [figure for one in self._bills for figure in one.figures(self._members)]

    @property
    def notes(self) -> tuple[str, ...]:
        """Who has no bill, and what a reader of a bill must know."""
        return tuple(dict.fromkeys(note for one in self._bills for note in one.notes))
