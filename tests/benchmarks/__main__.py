"""`python -m tests.benchmarks [--quick] [--json FILE]`: what cosim costs, as ratios measured in one run.

peer_ratio     mosaik with its official pandapower adapter over cosim, per step: same network, loads and PV, all bus
               voltages and line loadings recorded
overhead_1     cosim's `world.run` with PV, CHP, battery, EMS, recorder, limits and cross-check over the bare solver
               (`update` + `calculate_power_flow`, node `u_pu`, line `loading`) on the very powers of that run
overhead_100   the same with a hundred members in one batch
member_year_s  seconds a member-year takes in an ensemble of a hundred
peak_mb        largest resident set of a one-member year as a process of its own
cli_start_s    `cosim --help`
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks import growth, peer
from tests.benchmarks.bare import Bare
from tests.benchmarks.measure import PAIRS, command, in_turns
from tests.benchmarks.ours import SCENARIO, YEAR_STEPS, Ours

NETWORK = "1-LV-rural3--0-sw"
TARGETS = {
    "peer_ratio": ">= 40",
    "overhead_1": "<= 5",
    "overhead_100": "<= 1.3",
    "peak_mb": "< 2000",
    "cli_start_s": "<= 0.5",
}


def measured(*, quick: bool, threads: int, say: Any) -> dict[str, Any]:
    """Every figure of the benchmark."""
    found: dict[str, Any] = {"network": NETWORK, "pairs": PAIRS, "threads": threads}
    say("the peer")
    wires = Ours.of(SCENARIO, "P7D", variant="wires-only", threads=threads)
    pair = in_turns(lambda: peer.run(NETWORK, 96 if quick else 672), wires.run)
    found["peer_ratio"] = pair.ratio
    found["peer"] = pair.as_dict("peer", "cosim")
    for members, duration in ((1, "P14D" if quick else "P28D"), (100, "P4D" if quick else "P14D")):
        say(f"{members} member{'s' if members > 1 else ''} against the bare solver")
        ours = Ours.of(SCENARIO, duration, members=members, threads=threads)
        bare = Bare(ours.study.feeder.grid, ours.states(), threads)
        pair = in_turns(ours.run, bare.run)
        found[f"overhead_{members}"] = pair.ratio
        found[f"members_{members}"] = pair.as_dict("cosim", "bare")
        if members > 1:
            found["member_year_s"] = statistics.median(pair.ours) * YEAR_STEPS / members
    say("a year as a process of its own")
    with tempfile.TemporaryDirectory() as folder:
        year = command(["run", str(SCENARIO), "--set", "time.start=2016-01-01T00:00", "--duration", "P366D",
                        "--out", f"{folder}/year", "--quiet", "--threads", str(threads)])  # fmt: skip
    found |= {"year_s": year.seconds, "peak_mb": year.peak_mb}
    found["cli_start_s"] = statistics.median(command(["--help"]).seconds for _ in range(PAIRS))
    say("growth with buses and members")
    found["growth_buses"] = list(growth.by_buses(growth.BUSES if not quick else growth.BUSES[:5]))
    found["growth_members"] = list(growth.by_members(growth.MEMBERS if not quick else growth.MEMBERS[:4], threads))
    return found


def shown(found: dict[str, Any], console: Console) -> None:
    """Figures beside their targets, then the growth tables."""
    table = Table("figure", "measured", "target")
    for name in ("peer_ratio", "overhead_1", "overhead_100", "member_year_s", "year_s", "peak_mb", "cli_start_s"):
        table.add_row(name, f"{found[name]:.3g}", TARGETS.get(name, ""))
    console.print(table)
    for name in ("growth_buses", "growth_members"):
        rows = found[name]
        table = Table(*rows[0])
        for row in rows:
            table.add_row(*(f"{value:,.4g}" for value in row.values()))
        console.print(table)


def main() -> None:
    """Measure, show and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="shorter runs; within five minutes on two cores")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--threads", type=int, default=1, help="threads of the solver, on both sides (default 1)")
    asked = parser.parse_args()
    console = Console()
    found = measured(quick=asked.quick, threads=asked.threads, say=lambda text: console.print(f"measuring: {text}"))
    shown(found, console)
    if asked.json is not None:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
