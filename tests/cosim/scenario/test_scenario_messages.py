"""Schema errors in plain words, at their place, once."""

from pathlib import Path

import pytest

from cosim.scenario.merging import without_nulls
from cosim.scenario.parts import take_apart
from cosim.scenario.reading import read_text
from cosim.scenario.tree import Source

HERE = Source("x.cosim.yaml", Path("/nowhere/x.cosim.yaml"))
GOOD = """\
name: x
time: {start: 2020-04-20T00:00, duration: P1D, timezone: Asia/Tokyo}
grid: {tables: {frequency_hz: 60}}
"""


def problems(text: str, good: str = GOOD):
    return take_apart(without_nulls(read_text(good + text, HERE))).problems


def problem(text: str, good: str = GOOD):
    (found,) = problems(text, good)
    return found


@pytest.mark.parametrize(
    ("text", "where", "path", "message", "hint"),
    [
        ("colour: red\n", (4, 1), "colour", "unknown key", ""),
        ("device: {}\n", (4, 1), "device", "unknown key", "did you mean devices?"),
        ("studies: {}\n", (4, 1), "studies", "unknown key", ""),
        (
            "location: {latitude_deg: 5, longitude_deg: 5, altitude: 3}\n",
            (4, 47),
            "location.altitude",
            "unknown key",
            "altitude_m?",
        ),
        ("devices: {b: {bus: a}}\n", (4, 11), "devices.b.kind", "is missing", "one of pv, battery"),
        ("devices: {b: {kind: batery}}\n", (4, 21), "devices.b.kind", "unknown kind", "did you mean battery?"),
        ("devices: {b: 5}\n", (4, 14), "devices.b", "must be a mapping", ""),
        ("devices: 5\n", (4, 10), "devices", "must be a mapping", ""),
        ("tags: a\n", (4, 7), "tags", "must be a list", ""),
        ("tags: [1]\n", (4, 8), "tags.0", "must be text", "put it in quotes"),
        ("abstract: 1\n", (4, 11), "abstract", "must be true or false", ""),
        ("abstract: yes\n", (4, 11), "abstract", "must be true or false", ""),
        ("limits: {line_loading_percent: -1}\n", (4, 32), "limits.line_loading_percent", "must be above 0 %", ""),
        ("limits: {line_loading_percent: .nan}\n", (4, 32), "limits.line_loading_percent", "must be a finite", ""),
        ("limits: {line_loading_percent: [1]}\n", (4, 10), "limits.line_loading_percent", "must be a number", "in %"),
        ("sections: {s: {contains: [], wires: premises}}\n", (4, 16), "sections.s.contains", "must not be empty", ""),
        (
            "sections: {s: {contains: [a], wires: premise}}\n",
            (4, 38),
            "sections.s.wires",
            "is none of the allowed values",
            "did you mean premises?",
        ),
        (
            "customers: {c: {buses: [a], supply: own, voltage: lv_200, calendar: {closed_dates: [20200421]}}}\n",
            (4, 85),
            "customers.c.calendar.closed_dates.0",
            "",
            "",
        ),
        (
            "market: {fuels: {lpg: {per_m3: lots}}}\n",
            (4, 32),
            "market.fuels.lpg.per_m3",
            "must be a number or a mapping",
            "",
        ),
        (
            "market: {fuels: {lpg: {per_m3: {kind: csv}}}}\n",
            (4, 24),
            "market.fuels.lpg.per_m3.file",
            "is missing",
            "",
        ),
        (
            "events: {e: {kind: source-off, subject: nobody, at: PT1H}}\n",
            (4, 41),
            "events.e.subject",
            "must look like",
            "",
        ),
        (
            "boundaries: {b: {at: [x], kind: bank}}\n",
            (4, 23),
            "boundaries.b.at.0",
            "is not the end of a branch",
            "write it as",
        ),
        ("rules: {as_of: 2022}\n", (4, 16), "rules.as_of", "must be a date as 2020-04-20", ""),
        (
            "sections: {s: {contains: [a], wires: premises, parties: {supliers: X}}}\n",
            (4, 58),
            "sections.s.parties.supliers",
            "unknown key",
            "did you mean supplier?",
        ),
        (
            "sections: {s: {contains: [a], wires: premises, answers: {iland: X}}}\n",
            (4, 58),
            "sections.s.answers.iland",
            "unknown key",
            "did you mean island?",
        ),
    ],
)
def test_a_mistake_is_told_once_at_its_place(text, where, path, message, hint):
    found = problem(text)
    assert found.path == path
    assert message in found.message
    assert hint in found.hint
    assert (found.line, found.column) == where


def test_missing_keys_say_what_they_are_for():
    found = problem("devices: {b: {kind: battery, bus: a, power_kw: 5}}\n")
    assert (found.path, found.message) == ("devices.b.capacity_kwh", "is missing")
    assert found.hint == "Energy between SoC 0 and 1. [kWh]"
    assert {one.path for one in problems("", good="name: x\n")} == {"time", "grid"}


@pytest.mark.parametrize("given", ['"5"', "true"])
def test_numbers_are_never_made_of_something_else(given):
    found = problem(f"location: {{latitude_deg: {given}, longitude_deg: 5}}\n")
    assert (found.path, found.message) == ("location.latitude_deg", "must be a number")
    assert found.given == given


def test_fields_that_do_not_fit_together_point_at_one_of_them():
    text = "boundaries: {b: {at: ['trafo:t@lv'], kind: pcc}}\n"
    assert problem(text).path in {"boundaries.b", "boundaries.b.kind", "boundaries.b.at"}
    assert "needs into" in problem(text).message


def test_an_unknown_key_left_over_from_a_base_says_how_to_drop_it():
    base = read_text("loads: {l: {bus: a, profile: {kind: csv, file: a.csv, column: kw}}}\n", Source("base.yaml"))
    over = read_text(GOOD + "loads: {l: {profile: {kind: constant, value: 5}}}\n", HERE)
    from cosim.scenario.merging import merged

    found = take_apart(merged(base, over)).problems
    assert {one.path for one in found} == {"loads.l.profile.file", "loads.l.profile.column"}
    assert all("null` to drop it" in one.hint for one in found)
    assert all(one.file == "base.yaml" for one in found)


def test_dotted_names_and_names_like_kinds_are_no_trouble():
    pv = "pv: {kind: pv, bus: a, tilt_deg: 100, power_kw: 1}"
    text = f"devices: {{{pv}, battery.1: {{kind: battery, bus: a, power_kw: x, capacity_kwh: 1}}}}\n"
    assert {one.path for one in problems(text)} == {"devices.pv.tilt_deg", "devices.battery.1.power_kw"}


@pytest.mark.parametrize(
    ("entry", "column", "path", "message", "hint"),
    [
        ("bus: a, powr_factor: 0.9", 68, "loads.l.powr_factor", "unknown key", "did you mean power_factor?"),
        ("bus: a, power_factor: 95", 82, "loads.l.power_factor", "must be at most 1", ""),
        ("kind: profile, bus: 3", 80, "loads.l.bus", "must be text", "put it in quotes"),
        ("kind: profil, bus: a", 66, "loads.l.kind", "unknown kind", "did you mean profile?"),
        ("scale: 1", 9, "loads.l", "give either bus or buses", ""),
    ],
)
def test_the_kind_of_a_load_is_not_taken_for_its_key_profile(entry, column, path, message, hint):
    found = problem(f"loads: {{l: {{profile: {{kind: constant, value: 1, unit: kW}}, {entry}}}}}\n")
    assert (found.path, found.message, found.hint) == (path, message, hint)
    assert (found.line, found.column) == (4, column)


def test_the_kind_of_an_energy_charge_is_not_taken_for_its_key_blocks():
    energy = "{kind: blocks, blockz: 3, blocks: [{up_to_mwh: 1, per_kwh: 20}, {per_kwh: 25}]}"
    found = problems(f"market: {{tariff: {{energy: {energy}}}}}\n")
    paths = {one.path for one in found}
    assert paths == {"market.tariff.energy.blockz", "market.tariff.energy.blocks.0.up_to_mwh"}


def test_what_a_preset_was_to_bring_is_not_usable_where_another_key_is_wrong():
    text = "customers: {mill: {buses: mill, form: self_wheeling, voltage: high_voltage, relation: capital}}\n"
    parts = take_apart(without_nulls(read_text(GOOD + text, HERE)))
    assert [one.path for one in parts.problems] == ["customers.mill.buses"]
    assert not hasattr(parts.entries("customers")["mill"], "supply")
    assert not parts.usable(("customers", "mill", "supply"))
    assert parts.because(("customers", "mill", "supply")) == ("customers", "mill")
    assert parts.usable(("customers", "mill", "voltage"))


def test_nothing_of_an_entry_of_an_unknown_kind_is_usable():
    parts = take_apart(without_nulls(read_text(GOOD + "devices: {d: {kind: pw, bus: a}}\n", HERE)))
    assert parts.entries("devices") == {}
    assert not parts.usable(("devices", "d", "bus"))
    assert parts.because(("devices", "d", "bus")) == ("devices", "d")
