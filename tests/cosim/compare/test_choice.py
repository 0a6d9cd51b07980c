"""Which runs are compared: the newest of a scenario and its variants, and what is said of the others."""

import pytest

from cosim.compare.choice import choose
from cosim.errors import InputError, UsageError
from cosim.results.manifest import Status

FILE = "study.cosim.yaml"
TEXT = "name: study\nvariants:\n  svr: { tags: [a] }\n  taps: { tags: [b] }\n"


@pytest.fixture
def study(tmp_path, make_run, monkeypatch):
    """A scenario file in the working folder, and `run(name, variant)` that makes a run of it under runs/."""
    from cosim.scenario.loading import find_source, read_document
    from cosim.scenario.resolved import content_hash

    (tmp_path / FILE).write_text(TEXT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def run(name, variant=None, *, sets=(), started="2026-01-01T00:00:00+00:00", **options):
        tree = read_document(find_source(FILE)).resolved(variant, sets)
        return make_run(f"runs/{name}", variant, started=started, hash=content_hash(tree), sets=list(sets), **options)

    return run


def names(choice):
    return [folder.name for folder in choice.folders]


def test_the_newest_run_of_each_variant_is_taken_in_the_order_of_the_file(study):
    study("study-taps-001", "taps")
    study("study-svr-001", "svr", started="2026-01-02T00:00:00+00:00")
    study("study-svr-002", "svr", started="2026-01-01T00:00:00+00:00")
    study("study-001")
    study("study-002")  # the same second
    study("other-001", scenario="other", started="2027-01-01T00:00:00+00:00")
    chosen = choose([FILE])
    assert names(chosen) == ["study-002", "study-svr-001", "study-taps-001"]
    assert chosen.notes == ()
    assert not chosen.failed


def test_what_was_not_run_yet_and_what_was_run_before_a_change_is_said(study, tmp_path):
    study("study-001")
    study("study-svr-001", "svr", sets=("tags=[x]",))
    (tmp_path / FILE).write_text(TEXT.replace("name: study", "name: study\ntags: [changed]"), encoding="utf-8")
    assert choose([FILE]).notes == (
        f"not run yet: taps (`cosim compare {FILE} --run` runs all)",
        "runs/study-001 was run before the scenario was changed",
    )


def test_an_unfinished_newest_run_is_taken_as_it_is(study):
    study("study-001")
    study("study-svr-001", "svr")
    study("study-svr-002", "svr", started="2026-01-03T00:00:00+00:00", status=Status.RUNNING)
    assert names(choose([FILE])) == ["study-001", "study-svr-002"]


def test_a_run_that_cannot_be_read_is_left_out_and_named(study, tmp_path):
    study("study-001")
    (tmp_path / "runs" / "torn").mkdir()
    (tmp_path / "runs" / "torn" / "manifest.json").write_text("{", encoding="utf-8")
    assert "runs/torn/manifest.json cannot be read: that run is left out" in choose([FILE]).notes


def test_folders_and_scenarios_go_together(study, make_run):
    study("study-001")
    mine = make_run("mine", "by-hand")
    assert names(choose([str(mine), FILE])) == ["mine", "study-001"]


def test_what_is_neither_and_what_was_never_run_is_refused(study, tmp_path):
    with pytest.raises(UsageError, match=r"no run folder, and no scenario: hiokki: .* did you mean hioki"):
        choose(["hiokki"])
    with pytest.raises(UsageError, match=rf"{FILE} has no run under runs: `cosim compare {FILE} --run` makes them all"):
        choose([FILE])
    (tmp_path / FILE).write_text("name: [", encoding="utf-8")
    with pytest.raises(InputError):
        choose([FILE])
