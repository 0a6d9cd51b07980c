"""The page of grid validation holds the tables of the code.

To write them anew: `COSIM_REWRITE=1 pytest tests/docs/test_grid_validation_page.py`, then read the diff.
"""

import os
import re
from pathlib import Path

import numpy as np

from grids.validation.ranges import CLASSES
from grids.validation.refused import REFUSALS
from grids.validation.rules import RULES

PAGE = Path(__file__).parents[2] / "docs" / "grid-validation.md"


def table(rows):
    return [f"| {' | '.join(row)} |" for row in rows]


def rules():
    return table((f"`{rule.id}`", rule.severity.value, rule.what, rule.remedy) for rule in (*REFUSALS, *RULES))


def classes():
    return table(
        (
            usual.words,
            f"{usual.ratio[0]:g} to {usual.ratio[1]:g}",
            f"{usual.rating_ka[0]:g} to {usual.rating_ka[1]:g} kA",
            f"{usual.longest_km:g} km",
            f"{usual.largest_mva:g} MVA" if np.isfinite(usual.largest_mva) else "not judged",
        )
        for usual in CLASSES
    )


def body(text, heading):
    """The rows of the first table under a heading."""
    return re.search(rf"## {heading}\n.*?\|---\|\n(.*?)\n\n", text + "\n\n", re.DOTALL).group(1).splitlines()


def test_the_tables_are_those_of_the_code():
    text = PAGE.read_text(encoding="utf-8")
    for heading, rows in (("Rules", rules()), ("What is usual", classes())):
        if os.environ.get("COSIM_REWRITE"):
            text = text.replace("\n".join(body(text, heading)), "\n".join(rows))
            PAGE.write_text(text, encoding="utf-8")
        assert body(text, heading) == rows


def test_the_example_is_what_validation_says(tmp_path, monkeypatch, capsys):
    from cosim.report.console import print_validation
    from cosim.scenario.validation import validate_file

    monkeypatch.chdir(tmp_path)
    base = (PAGE.parents[1] / "tests" / "cases" / "mistakes" / "base.cosim.yaml").read_text(encoding="utf-8")
    Path("study.cosim.yaml").write_text(base.replace("length_km: 1,", "length_km: 85,"), encoding="utf-8")
    print_validation(Path("study.cosim.yaml"), validate_file("study.cosim.yaml"))
    shown = re.sub(r":\d+:\d+ ", ":12:7 ", capsys.readouterr().out)
    assert shown in PAGE.read_text(encoding="utf-8")
