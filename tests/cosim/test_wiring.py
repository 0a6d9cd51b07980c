"""The wiring rule: same port, a subject the target hears, another stage; right to left is one step late."""

from cosim.graph import mermaid
from cosim.run import RunOptions, build
from cosim.scenario.validation import load_scenario
from cosim.world import RECORDER, Connection, Endpoint, build_world, connections

BATTERY = "device:battery"


def endpoint(stage, subject, publishes=(), takes=(), hears=()):
    return Endpoint(stage, object(), subject, frozenset(publishes), frozenset(takes), frozenset(hears))


def drawn(wires: list[Connection]) -> set[tuple[str, str, str, bool]]:
    return {(wire.source.stage, wire.target.stage, wire.port, wire.shifted) for wire in wires}


def test_data_runs_left_to_right_within_a_step_and_back_one_step_later():
    """ems -P_set-> device -P-> grid -P_actual..> device; device -soc..> ems."""
    ems = endpoint("Ems", BATTERY, {"P_set[MW]"}, {"soc"}, {BATTERY})
    device = endpoint("Devices", BATTERY, {"P[MW]", "soc"}, {"P_set[MW]", "P_actual[MW]"}, {BATTERY})
    grid = endpoint("Grid", BATTERY, {"P_actual[MW]"}, {"P[MW]"}, {BATTERY})
    assert drawn(list(connections([ems, device, grid]))) == {
        ("Ems", "Devices", "P_set[MW]", False),
        ("Devices", "Grid", "P[MW]", False),
        ("Grid", "Devices", "P_actual[MW]", True),
        ("Devices", "Ems", "soc", True),
    }


def test_nobody_hears_a_subject_it_did_not_ask_for():
    device = endpoint("Devices", BATTERY, {"P[MW]"})
    other = endpoint("Grid", "device:pv", (), {"P[MW]"}, {"device:pv"})
    assert not list(connections([device, other]))


def test_entities_of_one_stage_are_never_wired_to_each_other():
    one = endpoint("Devices", BATTERY, {"soc"}, {"soc"}, {"device:other"})
    other = endpoint("Devices", "device:other", {"soc"}, {"soc"}, {BATTERY})
    assert not list(connections([one, other]))


def test_the_printed_graph_shows_what_is_one_step_late_as_a_dotted_arrow():
    device = endpoint("Devices", BATTERY, {"P[MW]"}, {"P_actual[MW]"}, {BATTERY})
    grid = endpoint("Grid", BATTERY, {"P_actual[MW]"}, {"P[MW]"}, {BATTERY})
    text = mermaid(connections([device, grid]))
    assert text.startswith("flowchart LR")
    assert 'Devices_device_battery -->|"P[MW]"| Grid_device_battery' in text
    assert 'Grid_device_battery -.->|"P_actual[MW]"| Devices_device_battery' in text


def test_the_record_of_a_step_travels_from_stage_to_stage_on_one_wire_each():
    """The number of wires to the recorder does not grow with the scenario: mosaik's cost does."""
    study = build(load_scenario("hioki"), RunOptions())
    wired = build_world(study, ())
    wired.world.shutdown()
    records = [(w.source.stage, w.target.stage, w.shifted) for w in wired.wires if w.port in {"outputs", "done"}]
    assert sorted(records) == [
        ("Devices", "Grid", False),
        ("Ems", "Devices", False),
        ("Grid", "Recorder", False),
        ("Inputs", "Ems", False),
        ("Recorder", "Inputs", True),  # or the inputs would run ahead and fill the memory
    ]
    assert [w.source.stage for w in wired.wires if w.target.stage == RECORDER] == ["Grid"]
    assert 'Grid_outputs_Grid -->|"outputs"| Recorder_recorder' in mermaid(wired.wires)
