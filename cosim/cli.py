"""The command line. Commands are thin: they parse, call one function and turn errors into exit codes.

Imports of anything heavy happen inside the commands, so that `cosim --help` answers at once.
"""

from __future__ import annotations

import sys
import traceback
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cosim import __version__
from cosim.errors import CosimError, ExitCode, InputError, UsageError
from cosim.settlement.terms import Credit, Method, Surplus

app = typer.Typer(
    name="cosim",
    help="Co-simulation power flow for distribution-feeder microgrids: a scenario in, a verdict out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Scenario = Annotated[str, typer.Argument(help="A scenario file (*.cosim.yaml) or the id of a bundled one.")]
Files = Annotated[list[Path], typer.Argument(help="Scenario files.")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Override one value; repeatable.")]
Variant = Annotated[str | None, typer.Option(help="Run this variant of the scenario.")]
Duration = Annotated[str | None, typer.Option(help="Run only this long (ISO 8601, e.g. P2D).")]
Out = Annotated[Path | None, typer.Option(help="The run folder itself (default runs/<name>[-variant]-NNN).")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]

_debug = False


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"cosim {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Debug = False,
    version: Annotated[  # noqa: ARG001 - its callback has answered
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_say_version)
    ] = False,
) -> None:
    global _debug  # noqa: PLW0603 - one flag of the process, read once on the way out
    _debug = debug


@app.command("list")
def list_(
    grids: Annotated[bool, typer.Option("--grids", help="List grid sources instead.")] = False,
    tariffs: Annotated[bool, typer.Option("--tariffs", help="List the bundled tariffs instead.")] = False,
) -> None:
    """List the bundled scenarios."""
    from cosim.report.console import print_grids, print_scenarios  # noqa: PLC0415

    if tariffs:
        from cosim.settlement.console import print_tariffs  # noqa: PLC0415

        print_tariffs()
    elif grids:
        print_grids()
    else:
        print_scenarios()


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="Folder to create.")],
    source: Annotated[str, typer.Option("--from", help="Id of the bundled scenario to copy.")],
) -> None:
    """Copy a bundled scenario and its data to edit."""
    from cosim.scenario.library import copy_to  # noqa: PLC0415

    copied = copy_to(folder, source)
    typer.echo(f"{copied}\nNext: edit it, then `cosim validate {copied}` and `cosim run {copied}`.")


@app.command()
def validate(files: Files) -> None:
    """Report every problem of scenario files without running them."""
    from cosim.report.console import print_validation  # noqa: PLC0415
    from cosim.scenario.validation import validate_file  # noqa: PLC0415

    reports = [(path, validate_file(path)) for path in files]
    for path, report in reports:
        print_validation(path, report)
    if any(report.problems for _, report in reports):
        raise typer.Exit(ExitCode.BAD_INPUT)


@app.command()
def run(
    scenario: Scenario,
    out: Out = None,
    variant: Variant = None,
    sets: Sets = None,
    duration: Duration = None,
    members: Annotated[int | None, typer.Option(help="Run this many members, as ensemble.vary draws them.")] = None,
    member: Annotated[int | None, typer.Option(help="Run only this member of the ensemble (the first is 0).")] = None,
    engine: Annotated[
        str, typer.Option(help="Power-flow engine: pgm (fast), pandapower (the reference), or auto (pgm if it can).")
    ] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the power flow (default: one a core).")] = None,
    on_failure: Annotated[str | None, typer.Option(help="stop or mark members that do not converge.")] = None,
    graph: Annotated[bool, typer.Option("--graph", help="Print the data-flow graph (mermaid) and stop.")] = False,
    report: Annotated[bool, typer.Option(help="Write report.html.")] = True,
    base: Annotated[
        bool, typer.Option("--base/--no-base", help="Run the scenario's base case too, and compare with it.")
    ] = True,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Run a scenario: console summary and run folder."""
    from cosim.run import RunOptions, data_flow_graph, run_scenario  # noqa: PLC0415

    options = RunOptions(
        variant=variant,
        sets=tuple(sets or ()),
        duration=duration,
        engine=engine,
        members=members,
        member=member,
        threads=threads,
        on_failure=on_failure,
        out=out,
        report=report,
        base=base,
        quiet=quiet,
    )
    if graph:
        typer.echo(data_flow_graph(scenario, options))
    else:
        run_scenario(scenario, options)


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(help="Scenario files, folders of them, or bundled ids.")],
    variant: Variant = None,
    duration: Duration = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="How many run side by side (default: one a core).")] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JUnit XML.")] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Compare with the baselines in this folder.")
    ] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Write the baselines instead of comparing with them.")
    ] = False,
) -> None:
    """Run scenarios with all their variants and judge them: `expect`, limits, baseline. Exit 1 if one fails."""
    from cosim.check.session import check_all  # noqa: PLC0415
    from cosim.check.verdict import Settings  # noqa: PLC0415

    settings = Settings(duration=duration, baseline=baseline, update=update_baseline)
    checked = check_all(files, settings, variant=variant, jobs=jobs, junit=junit, echo=typer.echo)
    if checked.exit_code:
        raise typer.Exit(checked.exit_code)


@app.command()
def report(folder: Annotated[Path, typer.Argument(help="A run folder, finished or not.")]) -> None:
    """Write report.html of a run folder (again)."""
    from cosim.report.page import write_report  # noqa: PLC0415
    from cosim.results.folder import RunFolder  # noqa: PLC0415

    typer.echo(write_report(RunFolder(folder)))


@app.command()
def explain(
    folder: Annotated[Path, typer.Argument(help="A run folder.")],
    finding: Annotated[
        str | None, typer.Argument(help="Its id, a part of it, or its number; without it all are listed.")
    ] = None,
    hours: Annotated[float, typer.Option(min=0.0, help="Hours shown before and after the worst moment.")] = 3.0,
) -> None:
    """Say what a finding means and show the hours around it: flows, voltages, set-points, taps."""
    from cosim.explain.console import explain as print_finding  # noqa: PLC0415

    print_finding(folder, finding, hours)


@app.command()
def compare(
    runs: Annotated[
        list[str], typer.Argument(help="Run folders, or a scenario (its newest runs); the first is compared to.")
    ],
    figures: Annotated[
        list[str] | None, typer.Option("--figures", metavar="PATTERN", help="Only rows that match; repeatable.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every row, also those that read the same.")] = False,
    run_first: Annotated[bool, typer.Option("--run", help="First run the scenario and all its variants.")] = False,
    duration: Annotated[str | None, typer.Option(help="With --run: run only this long (ISO 8601, e.g. P2D).")] = None,
    members: Annotated[int | None, typer.Option(help="With --run: run this many members.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the rows as CSV.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the comparison as JSON.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the comparison as one HTML page.")] = None,
) -> None:
    """Runs side by side: figures, changes, and what is cured, reduced or new."""
    from cosim.compare import choice, comparison, files  # noqa: PLC0415
    from cosim.compare.console import print_comparison  # noqa: PLC0415
    from cosim.run import RunOptions  # noqa: PLC0415

    if run_first:
        options = RunOptions(duration=duration, members=members, quiet=True)
        chosen = choice.run_and_choose(runs, options)
    elif duration is not None or members is not None:
        raise UsageError("--duration and --members say how to run: they need --run")
    else:
        chosen = choice.choose(runs)
    compared = comparison.compare(
        chosen.folders, patterns=tuple(figures or ()), everything=everything, notes=chosen.notes
    )
    print_comparison(compared)
    for path, write in ((csv, files.write_csv), (json, files.write_comparison_json), (html, files.write_page)):
        if path is not None:
            write(compared, path)
            typer.echo(f"Written: {path}")
    if chosen.failed:
        raise typer.Exit(ExitCode.SIMULATION_FAILED)


@app.command()
def settle(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="METER.csv|RUN|GREEN.yaml",
            help="A meter CSV (start,load_kwh,generation_kwh[,kvarh]), a run folder, or the file of a green tariff.",
        ),
    ],
    tariff: Annotated[str | None, typer.Option(help="A bundled tariff by name (list --tariffs), or a file.")] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Zone of a meter CSV; its calendar cuts the billing months.")
    ] = None,
    boundary: Annotated[str | None, typer.Option(help="Metering point of a run (default: the only one).")] = None,
    member: Annotated[int | None, typer.Option(help="Only this member of a run (default: all).")] = None,
    method: Annotated[
        Method | None,
        typer.Option(help="Net metering: how use and generation are set against each other.", show_default=False),
    ] = None,
    credit: Annotated[Credit | None, typer.Option(help="Net metering: price of own generation inside the use.")] = None,
    surplus: Annotated[Surplus | None, typer.Option(help="Net metering: what becomes of the surplus.")] = None,
    purchase_price: Annotated[
        float | None, typer.Option(min=0, help="What surplus is bought at per kWh (default: what the tariff says).")
    ] = None,
    cycle_months: Annotated[
        int | None, typer.Option(min=1, help="Length of a cycle of --surplus step (default: 12).")
    ] = None,
    contract_kw: Annotated[
        float | None, typer.Option(min=0, help="Japan: agreed contract power (default: measured).")
    ] = None,
    previous_max_kw: Annotated[
        float | None, typer.Option(min=0, help="Japan: highest half hour of the eleven months before.")
    ] = None,
    power_factor_percent: Annotated[
        int | None, typer.Option(min=1, max=100, help="Japan: power factor (default: from kvarh).")
    ] = None,
    spot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Spot prices where a tariff asks: start and a column, or JEPX."),
    ] = None,
    spot_column: Annotated[
        str | None, typer.Option(help="Column of the spot prices, or a part of its name (as 東京).")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write all of it as JSON.")] = None,
) -> None:
    """Bill a meter, a metering point of a run, or the participants of a green tariff."""
    from cosim.results.files import write_json  # noqa: PLC0415
    from cosim.settlement.console import print_settled  # noqa: PLC0415
    from cosim.settlement.settle_input import SettleOptions  # noqa: PLC0415
    from cosim.settlement.settle_input import settle as settle_input  # noqa: PLC0415

    options = SettleOptions(
        tariff=tariff,
        timezone=timezone,
        method=method,
        credit=credit,
        surplus=surplus,
        purchase_price=purchase_price,
        cycle_months=cycle_months,
        contract_kw=contract_kw,
        previous_max_kw=previous_max_kw,
        power_factor_percent=power_factor_percent,
        spot=spot,
        spot_column=spot_column,
        boundary=boundary,
        member=member,
    )
    if json is not None and not json.parent.is_dir():
        raise UsageError(f"there is no folder {json.parent} to write {json.name} to")
    settled = settle_input(source, options)
    if json is not None:
        write_json(json, settled.as_dict())
    print_settled(settled)
    if json is not None:
        typer.echo(f"Written: {json}")


@app.command()
def project(
    file: Annotated[Path, typer.Argument(help="A project: runs, flows, investments, years (docs/project.md).")],
    run: Annotated[
        list[str] | None,
        typer.Option(metavar="[PERIOD=]FOLDER", help="The run folder of a period; the name may be left out of one."),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write all of it as JSON.")] = None,
) -> None:
    """What a microgrid is worth: cash by party, payback, LCOE, cost of avoided CO2."""
    from cosim.results.files import write_json  # noqa: PLC0415
    from cosim.settlement.project_console import print_project  # noqa: PLC0415
    from cosim.settlement.project_file import view_project  # noqa: PLC0415

    view = view_project(file, run or ())
    if json is not None:
        write_json(json, view.as_dict())
    print_project(view)
    if json is not None:
        typer.echo(f"Written: {json}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files."""
    import json  # noqa: PLC0415

    from cosim.scenario.schema import json_schema  # noqa: PLC0415

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@app.command()
def doctor() -> None:
    """Versions, engines and a self-test."""
    from cosim.doctor import examine  # noqa: PLC0415

    if not examine():
        raise typer.Exit(ExitCode.SIMULATION_FAILED)


def main() -> None:
    """Entry point: a user's mistake shows no traceback; `--debug` does."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that cannot write Japanese must not end a run
    try:
        app()
    except InputError as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        _leave(error, error.exit_code)
    except CosimError as error:
        typer.echo(f"cosim: {error}", err=True)
        _leave(error, error.exit_code)
    except OSError as error:
        typer.echo(f"cosim: {error}", err=True)
        _leave(error, ExitCode.BAD_INPUT)
    except Exception as error:  # noqa: BLE001 - the last line: whatever it is, 1 would mean "judged and failed"
        typer.echo(f"cosim: {type(error).__name__}: {error} (a fault of cosim; --debug shows where)", err=True)
        _leave(error, ExitCode.SIMULATION_FAILED)


def _leave(error: Exception, code: ExitCode) -> NoReturn:
    if _debug:
        traceback.print_exception(error)
    sys.exit(code)
