"""The bundled library: listing, copying, and the resolved scenario of a run."""

import subprocess
import sys
from pathlib import Path

import pytest

from cosim.errors import UsageError
from cosim.scenario import bundled
from cosim.scenario.library import copy_to, list_scenarios
from cosim.scenario.validation import load_scenario, validate_file

BASE = Path(__file__).parents[2] / "cases" / "mistakes" / "base.cosim.yaml"


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A library of our own: a base, a scenario on it with data, an abstract one."""
    folder = tmp_path / "shelf"
    (folder / "town").mkdir(parents=True)
    (folder / "base.cosim.yaml").write_text(
        BASE.read_text(encoding="utf-8").replace("name: base", "name: base\nabstract: true")
    )
    (folder / "town.cosim.yaml").write_text(
        "extends: base.cosim.yaml\nname: town\ntitle: {en: Town, ja: 町}\ntags: [x]\n"
        "loads: {school: {profile: {value: null, kind: daily, file: town/loads.csv}}}\n"
    )
    (folder / "town" / "loads.csv").write_text("day_type,start,kw\nany,00:00,5\nany,12:00,7\n")
    monkeypatch.setattr(bundled, "folder", lambda: folder)
    return folder


def test_abstract_scenarios_are_not_listed(shelf):
    (town,) = list_scenarios()
    assert (town.id, town.title, town.titles["ja"], town.tags, town.variants) == (
        "town",
        "Town",
        "町",
        ("x",),
        ("summer",),
    )


def test_a_copy_stands_alone_with_its_data(shelf, tmp_path, monkeypatch):
    copied = copy_to(tmp_path / "mine", "town")
    assert copied == tmp_path / "mine" / "town.cosim.yaml"
    monkeypatch.setattr(bundled, "folder", lambda: tmp_path / "empty")
    assert validate_file(copied).problems == ()
    assert load_scenario(copied).scenario.name == "town"


def test_a_copy_never_mixes_with_what_is_there(shelf, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("precious")
    for folder in ("full", "full/mine.txt"):
        with pytest.raises(UsageError, match="not an empty folder"):
            copy_to(tmp_path / folder, "town")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]


def test_an_unknown_id_leaves_nothing_behind(shelf, tmp_path):
    with pytest.raises(UsageError, match="did you mean town"):
        copy_to(tmp_path / "new", "twon")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("scenario_id", [summary.id for summary in list_scenarios()])
def test_every_bundled_scenario_and_variant_fits_the_schema(scenario_id):
    from cosim.scenario.loading import find_source, read_document
    from cosim.scenario.parts import take_apart

    document = read_document(find_source(scenario_id))
    for variant in (None, *document.variants):
        assert take_apart(document.resolved(variant)).problems == []
    assert document.resolved().at(("name",)).value == scenario_id


class TestResolved:
    def test_it_reproduces_the_study_without_its_layers(self, shelf):
        loaded = load_scenario("town", variant="summer", sets=["devices.roof.power_kw=55.5"])
        (shelf / "again.cosim.yaml").write_text(loaded.yaml)
        again = load_scenario("again")
        assert again.scenario.model_dump(exclude={"variants", "extends"}) == loaded.scenario.model_dump(
            exclude={"variants", "extends"}
        )
        assert again.yaml == loaded.yaml
        assert again.content_hash == loaded.content_hash

    def test_it_names_no_place_of_this_machine(self, shelf):
        assert str(shelf) not in load_scenario("town").yaml
        assert "ひおき" in load_scenario("town", sets=["description=ひおき"]).yaml

    def test_times_stay_text_for_every_reader_of_yaml(self, shelf):
        import yaml

        assert yaml.safe_load(load_scenario("town").yaml)["time"]["start"] == "2020-04-20T00:00"
        assert '"08:00-17:00"' in load_scenario("town").yaml or "08:00-17:00" in load_scenario("town").yaml

    def test_the_hash_follows_values_and_files_but_not_their_order(self, shelf):
        first = load_scenario("town").content_hash
        assert load_scenario("town", sets=["devices.roof.power_kw=101"]).content_hash != first
        text = (shelf / "town.cosim.yaml").read_text()
        lines = text.splitlines(keepends=True)
        (shelf / "town.cosim.yaml").write_text("".join([lines[0], *reversed(lines[1:])]))
        assert load_scenario("town").content_hash == first
        (shelf / "town" / "loads.csv").write_text("day_type,start,kw\nany,00:00,6\nany,12:00,7\n")
        assert load_scenario("town").content_hash != first


def test_the_schema_and_the_list_import_nothing_heavy():
    heavy = ["pandapower", "pvlib", "pandas", "mosaik", "pyarrow", "plotly", "scipy", "simbench", "jpholiday"]
    code = (
        "import sys\nfrom cosim.scenario.library import list_scenarios\nlist_scenarios()\n"
        "from cosim.scenario.schema import json_schema\njson_schema()\n"
        f"print('HEAVY', [name for name in {heavy!r} if name in sys.modules])\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    ).stdout
    assert "HEAVY []" in output
