"""`cosim compare` as a user meets it: runs made, found again and put side by side; exit codes."""

import json
from pathlib import Path

import pytest

from tests.end_to_end.command import cosim

FILE = "taps.cosim.yaml"
PAGE = (Path(__file__).parents[2] / "docs" / "compare.md").read_text(encoding="utf-8")
STUDY = PAGE.split("```yaml\n", 1)[1].split("```", 1)[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder in which `--run` has run the study of docs/compare.md, and what that printed."""
    folder = tmp_path_factory.mktemp("study")
    (folder / FILE).write_text(STUDY, encoding="utf-8")
    done = cosim(
        "compare", FILE, "--run", "--duration", "P1D", "--json", "table.json", "--html", "page.html", cwd=folder
    )
    assert done.code == 0, done.err
    return folder, done.out


def test_one_command_runs_all_variants_and_compares_them(made):
    folder, _ = made
    names = ["taps-001", "taps-both-taps-001", "taps-low-source-001", "taps-one-tap-001"]
    assert sorted(path.name for path in (folder / "runs").iterdir()) == names
    assert all((path / "report.html").is_file() for path in (folder / "runs").iterdir())
    assert (folder / "page.html").stat().st_size > 0


def test_the_page_of_the_docs_shows_what_is_printed(made):
    _, text = made
    printed = [line.split() for line in text.splitlines()]
    for line in PAGE.split("```text\n", 1)[1].split("```", 1)[0].splitlines():
        assert line == "..." or line.split() in printed, line


def test_the_numbers_are_those_of_the_summaries(made):
    folder, _ = made
    data = json.loads((folder / "table.json").read_text(encoding="utf-8"))
    assert [run["label"] for run in data["runs"]] == ["taps", "one-tap", "both-taps", "low-source"]
    losses = next(row for row in data["rows"] if row["figure"] == "grid.losses_mwh")
    summaries = [json.loads((folder / run["folder"] / "summary.json").read_text()) for run in data["runs"]]
    assert losses["values"] == [summary["figures"]["grid.losses_mwh"]["value"] for summary in summaries]
    above, below = (
        next(row["values"] for row in data["rows"] if row["figure"] == f"rule:voltage-200v.hours_{side}")
        for side in ("above", "below")
    )
    assert above[0] > above[1] > above[2] == above[3] == 0
    assert below[:3] == [0, 0, 0]
    assert below[3] > 0


def test_the_runs_are_found_again_and_later_ones_replace_them(made):
    folder, _ = made
    later = cosim("run", FILE, "--variant", "one-tap", "--duration", "PT6H", "--quiet", "--no-report", cwd=folder)
    assert later.code == 0
    done = cosim("compare", FILE, "--figures", "grid.losses", "--csv", "losses.csv", cwd=folder)
    assert done.code == 0, done.err
    assert "runs/taps-one-tap-002" in done.out
    assert "the periods differ" in done.out
    assert "one-tap     another scenario or time than taps" in done.out
    assert len((folder / "losses.csv").read_text(encoding="utf-8-sig").splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("runs/taps-001", "nothing-here"), "no run folder, and no scenario"),
        (("runs/taps-001", "runs"), "runs is not a run folder: it has no manifest.json"),
        (("runs/taps-001",), "needs two runs"),
        (("runs/taps-001", "runs/taps-one-tap-001", "--figures", "nix"), "no figure matches nix"),
        (("runs/taps-001", "runs/taps-one-tap-001", "--duration", "P1D"), "they need --run"),
        (("runs/taps-001", "--run"), "--run takes a scenario file or id"),
    ],
)
def test_wrong_input_exits_2_and_says_what(made, arguments, said):
    done = cosim("compare", *arguments, cwd=made[0])
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_run_that_fails_is_compared_as_failed_and_exits_3(tmp_path):
    """The hospital's load times 500 on a 300 kVA transformer have no solution."""
    heavy = "  heavy: { loads: { hospital: { profile: { scale: 500 } } } }\n"
    (tmp_path / FILE).write_text(STUDY[: STUDY.index("  one-tap:")] + heavy, encoding="utf-8")
    done = cosim("compare", FILE, "--run", "--duration", "PT1H", cwd=tmp_path)
    assert done.code == 3, done.out + done.err
    assert "UNFINISHED: The run failed" in done.out
    assert "FAILED" in done.out
    assert "nothing can be said: heavy did not finish" in done.out
