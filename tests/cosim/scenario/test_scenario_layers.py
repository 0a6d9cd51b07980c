"""extends, variants and --set: from files to one tree."""

from pathlib import Path

import pytest

from cosim.errors import InputError, UsageError
from cosim.scenario import bundled
from cosim.scenario.loading import find_source, read_document
from cosim.scenario.tree import plain

BASE = """\
name: base
abstract: true
tags: [a, b]
time: {start: 2020-01-01T00:00, duration: P1D, timezone: Asia/Tokyo}
devices:
  pv.roof: {kind: pv, bus: a, power_kw: 5}
  battery: {kind: battery, bus: a, power_kw: 5, capacity_kwh: 10}
ems:
  e: {at: pcc, strategies: [{kind: export-cap}, {kind: self-consumption, device: battery}]}
variants:
  long: {time: {duration: P2D}}
  none: {devices: null}
  renamed: {name: other}
  wrong: 5
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "base.cosim.yaml").write_text(BASE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def resolved(text: str, **options):
    Path("case.cosim.yaml").write_text(text)
    return plain(read_document(find_source("case.cosim.yaml")).resolved(**options))


def problem(text: str, **options):
    with pytest.raises(InputError) as caught:
        resolved(text, **options)
    (found,) = caught.value.problems
    return found


def base(**options):
    return plain(read_document(find_source("base.cosim.yaml")).resolved(**options))


def base_problem(**options):
    with pytest.raises(InputError) as caught:
        base(**options)
    (found,) = caught.value.problems
    return found


@pytest.mark.usefixtures("folder")
class TestExtends:
    def test_a_file_is_laid_over_its_base(self):
        data = resolved(
            "extends: base.cosim.yaml\nname: x\ntags: [c]\ndevices: {pv.roof: {power_kw: 7}, battery: null}\n"
        )
        assert data["devices"] == {"pv.roof": {"kind": "pv", "bus": "a", "power_kw": 7}}
        assert data["tags"] == ["c"]
        assert data["time"]["duration"] == "P1D"

    def test_being_abstract_is_not_inherited(self):
        assert "abstract" not in resolved("extends: base.cosim.yaml\n")

    def test_values_know_the_file_they_were_written_in(self, folder):
        (folder / "case.cosim.yaml").write_text("extends: base.cosim.yaml\nname: x\n")
        tree = read_document(find_source("case.cosim.yaml")).resolved()
        assert str(tree.at(("name",)).place) == "case.cosim.yaml:2:7"
        assert str(tree.at(("time", "duration")).place) == "base.cosim.yaml:4:43"

    def test_a_bundled_id_may_be_extended(self):
        first = bundled.ids()[0]
        assert resolved(f"extends: {first}\nname: mine\n")["name"] == "mine"

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            ("case.cosim.yaml", "goes round in a circle"),
            ("../up.cosim.yaml", "lies outside the folder"),
            ("/etc/passwd.yaml", "lies outside the folder"),
            ("nowhere.cosim.yaml", "there is no such file"),
            ("hiokki", "there is no bundled scenario"),
            ("5", "must be a file"),
            ("[a.yaml]", "must be a file"),
        ],
    )
    def test_a_base_that_cannot_be_is_located(self, value, message):
        found = problem(f"name: x\nextends: {value}\n")
        assert message in found.message
        assert (found.file, found.line, found.column, found.path) == ("case.cosim.yaml", 2, 10, "extends")

    def test_a_circle_names_its_way(self, folder):
        (folder / "other.cosim.yaml").write_text("extends: case.cosim.yaml\n")
        found = problem("extends: other.cosim.yaml\n")
        assert found.file == "other.cosim.yaml"
        assert "case.cosim.yaml -> other.cosim.yaml -> case.cosim.yaml" in found.given

    def test_a_link_out_of_the_folder_is_refused(self, folder, tmp_path_factory):
        outside = tmp_path_factory.mktemp("outside") / "secret.cosim.yaml"
        outside.write_text("name: secret\n")
        (folder / "link.cosim.yaml").symlink_to(outside)
        assert "lies outside" in problem("extends: link.cosim.yaml\n").message

    def test_bad_yaml_in_a_base_is_located_there(self, folder):
        (folder / "bad.cosim.yaml").write_text("a: 'x\n")
        assert problem("extends: bad.cosim.yaml\n").file == "bad.cosim.yaml"

    def test_a_scenario_is_a_mapping(self):
        assert "mapping of keys" in problem("[1, 2]\n").message


@pytest.mark.usefixtures("folder")
class TestVariants:
    def test_a_variant_is_laid_over_the_file(self):
        assert base(variant="long")["time"] == {
            "start": "2020-01-01T00:00",
            "duration": "P2D",
            "timezone": "Asia/Tokyo",
        }
        assert "devices" not in base(variant="none")

    def test_an_unknown_variant_lists_those_there_are(self):
        with pytest.raises(UsageError, match="has no variant 'short'; there are: long, none, renamed, wrong"):
            base(variant="short")

    def test_a_variant_cannot_be_another_scenario(self):
        assert "cannot change name" in base_problem(variant="renamed").message
        assert "must be a mapping" in base_problem(variant="wrong").message

    def test_variants_are_inherited(self):
        assert resolved("extends: base.cosim.yaml\nname: x\n", variant="long")["time"]["duration"] == "P2D"


@pytest.mark.usefixtures("folder")
class TestSets:
    def test_sets_come_after_the_variant_in_order(self):
        data = base(variant="long", sets=["time.duration=P3D", "time.duration=P4D"])
        assert data["time"]["duration"] == "P4D"

    @pytest.mark.parametrize(
        ("text", "route", "value"),
        [
            ("devices.battery.power_kw=7.5", ("devices", "battery", "power_kw"), 7.5),
            ("devices.pv.roof.power_kw=8", ("devices", "pv.roof", "power_kw"), 8),
            ("devices.battery.soc_min=0.2", ("devices", "battery", "soc_min"), 0.2),
            ("ems.e.strategies.1.device=x", ("ems", "e", "strategies", 1, "device"), "x"),
            ("weather={kind: synthetic, seed: 3}", ("weather", "seed"), 3),
            ("time={duration: P9D}", ("time", "start"), "2020-01-01T00:00"),
            ("tags=[z]", ("tags",), ["z"]),
            ("time.timezone=Etc/GMT-1", ("time", "timezone"), "Etc/GMT-1"),
            ("description=a=b", ("description",), "a=b"),
            ("grid.normal.MV1.101 Switch 3=false", ("grid", "normal", "MV1.101 Switch 3"), False),
            ("events.new={kind: source-off}", ("events", "new", "kind"), "source-off"),
        ],
    )
    def test_a_value_lands_at_its_path(self, text, route, value):
        data = base(sets=[text])
        for step in route:
            data = data[step]
        assert data == value

    @pytest.mark.parametrize("text", ["devices.battery=null", "devices.battery="])
    def test_null_and_nothing_delete(self, text):
        assert list(base(sets=[text])["devices"]) == ["pv.roof"]

    def test_a_new_entry_may_be_given_whole(self):
        assert base(sets=["devices.new={kind: pv}"])["devices"]["new"] == {"kind": "pv"}

    @pytest.mark.parametrize(
        ("text", "hint"),
        [
            ("time.durration=P1D", "time.duration"),
            ("devices.batery.power_kw=1", "devices.battery.power_kw"),
            ("devices.battery.capacity_kw=1", "devices.battery.capacity_kwh"),
            ("tme.start=x", "time.start"),
            ("ems.e.strategies.7.device=x", "ems.e.strategies.1.device"),
        ],
    )
    def test_an_unknown_path_lists_near_misses(self, text, hint):
        found = base_problem(sets=[text])
        assert found.message == "there is no such path"
        assert hint in found.hint
        assert (found.file, found.line) == ("--set", 1)

    @pytest.mark.parametrize(
        ("text", "message"),
        [("time.duration", "is not path=value"), ("=5", "is not path=value"), ("tags=[a", "`[` is not closed")],
    )
    def test_a_malformed_option_is_refused(self, text, message):
        assert message in base_problem(sets=[text]).message

    def test_all_bad_options_at_once_each_with_its_number(self):
        with pytest.raises(InputError) as caught:
            base(sets=["nope=1", "tags=[x]", "tags={"])
        assert [found.line for found in caught.value.problems] == [1, 3]

    def test_provenance_is_the_option(self):
        tree = read_document(find_source("base.cosim.yaml")).resolved(sets=["tags=[a]", "time.duration= P3D"])
        assert str(tree.at(("time", "duration")).place) == "--set:2:16"


def test_a_name_that_is_neither_file_nor_id_says_what_is_near(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    near = bundled.ids()[0][:-1]
    with pytest.raises(UsageError, match=f"did you mean {bundled.ids()[0]}"):
        find_source(near)
    with pytest.raises(UsageError, match="there is no such file"):
        find_source("nothing.cosim.yaml")
