"""A baseline passes while nothing moves, and says what moved in words a planner can use."""

import json
import os
from pathlib import Path

import pytest

from cosim.check import baseline
from cosim.check.beside import Beside
from cosim.check.series_parting import compare_series
from cosim.errors import UsageError
from cosim.results.files import write_json
from cosim.results.folder import RunFolder
from tests.cosim.check.conftest import OTHER_LINE, write

DIR = "baselines"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A study with its baseline: read it, do not write into it."""
    from tests.cosim.check.conftest import Checked

    folder = tmp_path_factory.mktemp("made")
    write(folder, "two", {"variants": {"summer": None, "late": {"time": {"start": "2020-04-20T12:00"}}}})
    here = Path.cwd()
    os.chdir(folder)
    try:
        done = Checked("two.cosim.yaml", baseline=folder / DIR, update=True)
    finally:
        os.chdir(here)
    assert done.code == 0, done.text
    return folder


def lines_of(checked):
    (verdict,) = checked.report.verdicts
    return [line.strip() for line in verdict.failures]


def test_a_baseline_is_a_small_folder_a_variant(made):
    assert sorted(path.name for path in (made / DIR).iterdir()) == ["two", "two-late"]
    folder = made / DIR / "two"
    assert {path.name for path in folder.iterdir()} == {"baseline.json", "summary.json", "findings.json", "series"}
    assert sum(path.stat().st_size for path in folder.rglob("*.parquet")) < 40_000
    header = json.loads((folder / "baseline.json").read_text())
    assert header["versions"]["power-grid-model"]
    assert {"bus", "line", "load"} <= set(header["grid"])


def test_the_same_study_passes_and_updating_leaves_its_files_alone(made, checked):
    before = {path: path.stat().st_mtime_ns for path in (made / DIR).rglob("*") if path.is_file()}
    assert checked(made / "two.cosim.yaml", baseline=made / DIR, variant="late").code == 0
    again = checked(made / "two.cosim.yaml", baseline=made / DIR, update=True, variant="late")
    assert f"note: baseline unchanged: {made / DIR / 'two-late'}" in again.text
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_changed_line_type_names_figure_bus_and_hour(made, checked, tmp_path):
    file = write(tmp_path / "study", "two", OTHER_LINE)
    done = checked(file, baseline=made / DIR)
    assert done.code == 1
    lines = lines_of(done)
    assert lines[0] == f"baseline: numbers moved against {made / DIR / 'two'}"
    assert any(line.startswith("figure grid.losses_mwh: ") and " MWh (+" in line for line in lines)
    parted = next(line for line in lines if line.startswith("series part first: "))
    assert parted.startswith("series part first: bus:school at 2020-04-20T09:00:00+09:00 (step 0): vm_pu 0.99")
    assert " pu (1 of 3 bus series part)" in parted
    assert any(line.startswith("scenario: it or a file it names changed (hash ") for line in lines)
    assert "network: changed in line" in lines
    assert "versions: unchanged" in lines
    assert f"--baseline {made / DIR} --update-baseline  # if it is meant" in done.text


def figure(value):
    return {"x": {"value": value, "unit": "MWh"}}


class TestBeside:
    """What a run beside its baseline makes of it."""

    def test_a_missing_baseline_fails_and_says_how_to_make_it(self, pair, tmp_path):
        said = pair.beside(tmp_path / "b")
        assert said.failures == (
            f"baseline: there is none in {tmp_path / 'b' / 'case-late'}; make it with --update-baseline",
        )
        (advice,) = said.advice
        assert advice == (
            f"cosim check study/case.cosim.yaml --variant late --baseline {tmp_path / 'b'} --update-baseline"
        )
        assert not (tmp_path / "b").exists()

    def test_it_is_written_compared_and_updated(self, pair, tmp_path):
        folder = tmp_path / "b" / "case-late"
        assert pair.beside(tmp_path / "b", update=True).notes == (f"baseline written: {folder}",)
        assert pair.beside(tmp_path / "b") == Beside()
        assert pair.beside(tmp_path / "b", update=True).notes == (f"baseline unchanged: {folder}",)
        pair.figures(pair.new, figure(1.0))
        pair.beside(tmp_path / "b", update=True)
        pair.figures(pair.new, figure(2.0))
        assert pair.beside(tmp_path / "b").failures[1] == "  figure x: 1 -> 2 MWh (+1 MWh, +100 %)"
        updated = pair.beside(tmp_path / "b", update=True)
        assert updated.failures == ()
        assert updated.notes[:2] == (f"baseline updated: {folder}", "  figure x: 1 -> 2 MWh (+1 MWh, +100 %)")
        assert pair.beside(tmp_path / "b") == Beside()

    def test_more_figures_than_a_terminal_takes_are_counted_and_kept_for_files(self, pair, tmp_path):
        pair.figures(pair.new, {f"x{at:02d}": {"value": 1.0, "unit": "1"} for at in range(20)})
        pair.beside(tmp_path, update=True)
        pair.figures(pair.new, {f"x{at:02d}": {"value": 2.0, "unit": "1"} for at in range(20)})
        said = pair.beside(tmp_path)
        assert "  ... and 8 more figures" in said.failures
        assert sum(line.startswith("figure ") for line in said.more) == 20

    def test_findings_that_are_new_or_gone_are_named(self, pair, tmp_path):
        finding = {"rule": "no-export", "subject": "boundary:pcc", "value": 10.0, "hours": 1.0}
        pair.beside(tmp_path, update=True)
        pair.findings(pair.new, finding)
        words = "no-export of boundary:pcc (violation, 10 kW, 1 h, worst at 2020-04-20T12:00:00+09:00)"
        assert f"  finding new: {words}" in pair.beside(tmp_path).failures
        pair.beside(tmp_path, update=True)
        pair.findings(pair.new)
        assert f"  finding gone: {words}" in pair.beside(tmp_path).failures

    def test_another_period_or_number_of_members_is_told_instead_of_compared(self, pair, tmp_path):
        pair.figures(pair.new, figure(1.0))
        pair.beside(tmp_path, update=True)
        pair.figures(pair.new, figure(2.0), end="later", steps=8)
        lines = pair.beside(tmp_path).failures
        assert lines[1] == "  the baseline is of another run: s to e in 4 steps, now s to later in 8 steps"
        assert not any("figure" in line for line in lines)

    @pytest.mark.parametrize(
        ("end", "length"),
        [("2020-04-20T02:00", "PT2H"), ("2020-04-21T00:00", "P1D"), ("2020-04-22T12:30", "P2DT12H30M")],
    )
    def test_a_baseline_of_another_length_says_how_long_it_is_and_blames_no_file(self, pair, tmp_path, end, length):
        start, zone = "2020-04-20T00:00:00+09:00", ":00+09:00"
        pair.figures(pair.new, figure(1.0), start=start, end=end + zone)
        pair.beside(tmp_path, update=True)
        pair.figures(pair.new, figure(2.0), start=start, end="2020-05-01T00:00:00+09:00")
        pair.made(pair.new, hash="b" * 64)  # the length is in it
        said = pair.beside(tmp_path, duration="P11D")
        assert not any("scenario" in line for line in said.failures)
        assert "  network: unchanged" in said.failures
        check = "cosim check study/case.cosim.yaml --variant late --duration"
        assert said.advice == (
            f"{check} {length} --baseline {tmp_path}  # as long as the baseline",
            f"{check} P11D --baseline {tmp_path} --update-baseline  # if it is meant",
        )

    def test_a_baseline_that_starts_elsewhere_has_no_length_to_go_by(self, pair, tmp_path):
        for start in ("2020-04-20T00:00:00+09:00", "2020-04-21T00:00:00+09:00"):
            pair.figures(pair.new, figure(1.0), start=start, end=start.replace("T00", "T02"))
            said = pair.beside(tmp_path, update=start.startswith("2020-04-20"))
        (advice,) = said.advice
        assert advice.endswith("--update-baseline  # if it is meant")

    def test_versions_and_engine_are_named_then_and_now_if_they_differ(self, pair, tmp_path):
        pair.figures(pair.new, figure(1.0))
        pair.made(pair.new, versions={"numpy": "2.4", "scipy": "1.17"})
        pair.beside(tmp_path, update=True)
        pair.figures(pair.new, figure(2.0))
        pair.made(
            pair.new,
            versions={"numpy": "2.5", "scipy": "1.17"},
            engine={"name": "pandapower", "version": "3"},
            hash="b" * 64,
        )
        assert pair.beside(tmp_path).failures[-4:] == (
            "  scenario: it or a file it names changed (hash aaaaaaaaaaaa -> bbbbbbbbbbbb)",
            "  network: unchanged",
            "  engine: pgm 1 -> pandapower 3",
            "  versions: numpy 2.4 -> 2.5",
        )

    @pytest.mark.parametrize("content", ["{", '{"schema": "cosim-baseline/0"}', "[]"])
    def test_a_baseline_that_cannot_be_read_fails_in_words_and_can_be_made_anew(self, pair, tmp_path, content):
        pair.beside(tmp_path, update=True)
        folder = tmp_path / "case-late"
        (folder / "baseline.json").write_text(content)
        (failure,) = pair.beside(tmp_path).failures
        assert failure.startswith(f"baseline: {folder} cannot be read (")
        assert pair.beside(tmp_path, update=True).notes == (f"baseline written anew: {folder}",)
        assert pair.beside(tmp_path) == Beside()


def test_two_scenarios_of_one_name_cannot_share_a_baseline(checked, tmp_path):
    one, other = write(tmp_path / "a", "two"), write(tmp_path / "b", "two")
    with pytest.raises(UsageError, match="would share the baseline two"):
        checked(one, other, baseline=tmp_path / DIR)


def test_updating_needs_a_folder(checked, tmp_path):
    with pytest.raises(UsageError, match="--baseline DIR"):
        checked(write(tmp_path, "two"), update=True)


class TestStrays:
    """Baselines whose scenario or variant is gone."""

    def test_those_no_check_used_are_found_by_the_scenario_that_made_them(self, pair, tmp_path):
        for name, scenario in (("case", "case"), ("case-old", "case"), ("other", "other")):
            pair.made(pair.new, scenario=scenario)
            baseline.write(RunFolder(pair.new), tmp_path / "b" / name)
        (tmp_path / "b" / "no-baseline").mkdir()

        def found(scenarios):
            return [path.name for path in baseline.strays(tmp_path / "b", {"case", "case-late"}, scenarios)]

        assert found({"case"}) == ["case-old"]
        assert found(None) == ["case-old", "other"]
        assert baseline.strays(tmp_path / "none", set(), None) == []

    def test_a_check_of_all_variants_names_the_baseline_of_one_that_is_gone(self, pair, checked, tmp_path):
        file = write(tmp_path / "study", "two")
        for name in ("two-gone", "elsewhere"):
            pair.made(pair.new, scenario=name.partition("-")[0])
            baseline.write(RunFolder(pair.new), tmp_path / DIR / name)
        of_none = "is of no scenario or variant that was checked; delete it if it was renamed or removed"
        done = checked(file, baseline=Path(DIR), update=True)
        notes = [line for line in done.lines if line.startswith("note: ")]
        assert notes == [f"note: baseline {DIR}/two-gone {of_none}"]
        assert done.code == 0
        done = checked(file.parent, baseline=Path(DIR))
        assert [line for line in done.lines if line.startswith("note: ")] == [
            f"note: baseline {DIR}/elsewhere {of_none}",
            f"note: baseline {DIR}/two-gone {of_none}",
        ]


class TestWriting:
    def test_what_fails_half_way_leaves_the_old_baseline_whole(self, pair, tmp_path, monkeypatch):
        pair.series(pair.new, vm_pu__a=[1.0, 1.1])
        baseline.write(RunFolder(pair.new), tmp_path / "base" / "x")
        before = sorted(path.name for path in (tmp_path / "base").rglob("*"))
        assert "bus.parquet" in before

        def full(*_):
            raise OSError("disk full")

        monkeypatch.setattr(baseline, "_write_series", full)
        with pytest.raises(OSError, match="disk full"):
            baseline.write(RunFolder(pair.new), tmp_path / "base" / "x")
        assert sorted(path.name for path in (tmp_path / "base").rglob("*")) == before

    def test_a_baseline_that_was_being_replaced_is_put_back(self, pair, tmp_path):
        baseline.write(RunFolder(pair.new), tmp_path / "x")
        (tmp_path / "x").rename(tmp_path / "x.old")
        assert baseline.find(tmp_path / "x") == tmp_path / "x"
        assert not (tmp_path / "x.old").exists()

    def test_an_ensemble_keeps_its_bands_and_compares_them(self, pair, tmp_path):
        bands = {f"vm_pu__LV 1__{statistic}": [1.0, 1.0] for statistic in ("min", "p50", "max")}
        pair.series(pair.new, "bus-bands", **bands)
        baseline.write(RunFolder(pair.new), tmp_path / "x")
        kept = baseline.Baseline(tmp_path / "x")
        assert kept.groups() == ("bus-bands",)
        assert compare_series(kept, RunFolder(pair.new)).partings == ()
        pair.series(pair.new, "bus-bands", **bands | {"vm_pu__LV 1__max": [1.0, 1.1]})
        (parted,) = compare_series(kept, RunFolder(pair.new)).partings
        assert parted.text == (
            "bus:LV 1 at 2020-04-20T09:15:00+09:00 (step 1): vm_pu max of the members 1 -> 1.1 pu "
            "(1 of 3 bus-bands series part)"
        )

    def test_what_follows_from_other_series_is_left_out(self):
        columns = ("t_s", "dt_s", "time", "member", "vm_pu|a", "q_from_mvar|line:x", "p_mw|pv", "p_available_mw|pv")
        assert baseline.kept(columns) == ["t_s", "time", "member", "vm_pu|a", "p_mw|pv"]

    def test_names_of_folders_are_safe(self):
        assert baseline.folder_of("hioki", None) == "hioki"
        assert baseline.folder_of("hioki", "冬/../x y") == "hioki-冬_.._x_y"


def test_the_digest_of_a_network_ignores_results_and_versions(tmp_path):
    def digests(**tables):
        frames = {name: {"_class": "DataFrame", "_object": content} for name, content in tables.items()}
        write_json(tmp_path / "grid.json", {"_object": {**frames, "version": str(len(tables)), "f_hz": 50}})
        return baseline.grid_digests(tmp_path / "grid.json")

    old, new = digests(line="1 km", bus="a", res_bus="1.0"), digests(line="2 km", bus="a")
    assert set(old) == set(new) == {"line", "bus"}
    assert [name for name in old if old[name] != new[name]] == ["line"]
