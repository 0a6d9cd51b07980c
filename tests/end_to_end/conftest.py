"""Real runs of bundled scenarios, each done once a session."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cosim.results.folder import RunFolder
from cosim.run import RunOptions, build, execute
from cosim.scenario.validation import load_scenario

Run = Callable[..., RunFolder]


@pytest.fixture(scope="session")
def run(tmp_path_factory) -> Run:
    """`run(scenario, variant, *sets)` -> the finished run folder; equal calls share one run."""
    done: dict[tuple, RunFolder] = {}

    def once(scenario: str, variant: str | None = None, *sets: str) -> RunFolder:
        key = (scenario, variant, sets)
        if key not in done:
            options = RunOptions(variant=variant, sets=sets, quiet=True, report=False)
            loaded = load_scenario(scenario, variant=variant, sets=sets)
            folder: Path = tmp_path_factory.mktemp("run")
            execute(loaded, build(loaded, options), folder, options)
            done[key] = RunFolder(folder)
        return done[key]

    return once
