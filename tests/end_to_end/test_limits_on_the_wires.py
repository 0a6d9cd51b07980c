"""Limits in real runs: through-flow, FIT beside a battery, power factor, what is said of taps before the run."""

import pytest
import yaml

from cosim.results.folder import RunFolder
from cosim.run import RunOptions, run_scenario

TIME = {"start": "2020-04-20T00:00", "duration": "PT1H", "step": "PT15M", "timezone": "Asia/Tokyo"}


def constant(kw):
    return {"kind": "constant", "value": kw, "unit": "kW"}


def source(bus, kw, rating=1000.0, **more):
    profile = {"kind": "constant", "value": kw / rating, "unit": "pu"}
    return {"kind": "generation", "bus": bus, "power_kw": rating, "profile": profile} | more


@pytest.fixture
def run(tmp_path):
    """`run(**keys)` -> (finding id -> finding, figure -> value)."""

    def done(**keys):
        file = tmp_path / "study.cosim.yaml"
        file.write_text(yaml.safe_dump({"name": "study", "time": TIME} | keys), encoding="utf-8")
        out = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        folder = RunFolder(run_scenario(str(file), RunOptions(out=out, quiet=True, report=False)))
        figures = {key: figure["value"] for key, figure in folder.summary()["figures"].items()}
        return {finding["id"]: finding for finding in folder.findings()}, figures

    return done


def through(pv_kw):
    """planner.md 5: a section of 250 kW demand, beyond its far switch customers of 550 kW; switches are lossless."""
    buses = {name: {"vn_kv": 6.6} for name in ("utility", "section", "beyond")}
    return {
        "grid": {
            "tables": {
                "frequency_hz": 60,
                "buses": buses,
                "sources": {"utility": {"bus": "utility"}},
                "switches": {
                    "near": {"bus": "utility", "to_bus": "section"},
                    "far": {"bus": "section", "to_bus": "beyond"},
                },
            }
        },
        "sections": {"town": {"contains": ["section"], "wires": "general_utility", "operator": "utility"}},
        "boundaries": {
            "switches": {
                "into": "town",
                "at": ["switch:near@from", "switch:far@from"],
                "kind": "section",
                "export_limit_kw": 100,
            }
        },
        "loads": {
            "town": {"bus": "section", "profile": constant(250), "power_factor": 1.0},
            "beyond": {"bus": "beyond", "profile": constant(550), "power_factor": 1.0},
        },
        "devices": {"pv": source("section", pv_kw)},
    }


@pytest.mark.parametrize(("pv_kw", "net_kw", "reverse_kw"), [(400.0, 150.0, None), (900.0, 650.0, 100.0)])
def test_what_flows_through_a_section_is_neither_its_export_nor_reverse_flow(run, pv_kw, net_kw, reverse_kw):
    found, figures = run(**through(pv_kw))
    assert found["export-limit|boundary:switches"]["value"] == pytest.approx(net_kw, abs=0.01)
    assert figures["boundary:switches.max_export_kw"] == pytest.approx(net_kw, abs=0.01)
    assert "reverse-flow|switch:far@from" not in found
    near = found.get("reverse-flow|switch:near@from")
    assert (near is None) is (reverse_kw is None)
    if near is not None:
        assert near["value"] == pytest.approx(reverse_kw, abs=0.01)
        assert near["severity"] == "information"


def site(devices, load_kw=50.0, power_factor=1.0, **pcc):
    return {
        "grid": {
            "tables": {
                "frequency_hz": 60,
                "buses": {"utility": {"vn_kv": 0.21}, "site": {"vn_kv": 0.21}},
                "sources": {"utility": {"bus": "utility"}},
                "switches": {"breaker": {"bus": "utility", "to_bus": "site"}},
            }
        },
        "sections": {"site": {"contains": ["site"], "wires": "premises", "operator": "the site"}},
        "boundaries": {"pcc": {"into": "site", "at": ["switch:breaker@from"], "kind": "pcc"} | pcc},
        "loads": {"site": {"bus": "site", "profile": constant(load_kw), "power_factor": power_factor}},
        "devices": devices,
    }


@pytest.mark.parametrize(
    ("other", "pcc", "kw"),
    [
        ({}, {}, 20.0),
        ({}, {"separate_metering": True}, None),
        ({"scheme": "fit"}, {}, None),
        ({"scheme": "fip"}, {}, 20.0),
    ],
)
def test_only_fit_power_may_go_out_beside_a_plant_that_is_not_under_fit(run, other, pcc, kw):
    """50 kW of demand, 40 kW under FIT and 70 kW of another plant: 60 kW go out, 20 of them are not FIT."""
    devices = {"roof": source("site", 40, 45, scheme="fit"), "mill": source("site", 70, 100, **other)}
    found, _ = run(**site(devices, **pcc))
    finding = found.get("fit-coexistence|boundary:pcc")
    assert (finding is None) is (kw is None)
    if finding is not None:
        assert finding["value"] == pytest.approx(kw, abs=0.01)
        assert (finding["severity"], finding["hours"]) == ("violation", 1.0)
    assert found["connection-class|boundary:pcc"]["value"] == 145.0  # 45 + 100 kW at 210 V


def test_own_generation_without_reactive_power_lowers_the_power_factor_of_what_is_left(run):
    """50 kW at 0.95 takes 16.43 kvar; with 30 kW of generation 20 kW are left, at 0.773."""
    found, _ = run(**site({"roof": source("site", 30, 30)}, power_factor=0.95, contract_kw=60))
    verdict = found["power-factor|boundary:pcc"]
    assert verdict["value"] == pytest.approx(20.0 / (20.0**2 + 16.434**2) ** 0.5, abs=1e-4)
    assert (verdict["severity"], verdict["hours"]) == ("violation", 1.0)
    without, _ = run(**site({"roof": source("site", 0, 30)}, power_factor=0.95, contract_kw=60))
    assert "power-factor|boundary:pcc" not in without


@pytest.mark.parametrize(
    ("taps", "island", "window"),
    [
        ({"fixed_v": 6600}, "own", (101 * 6600 / 105, 105 * 6600 / 105)),
        ({"fixed_v": 6600, "drop_v": 8, "rise_v": 5}, "existing_line", (103 * 6600 / 105, 102 * 6600 / 105)),
        ({}, "none", None),
    ],
)
def test_a_section_of_a_preset_says_which_voltages_it_may_have_alone(run, taps, island, window):
    found, figures = run(
        grid={"library": "jp-rural", "design": {"low_voltage": "equivalent", "taps": taps}},
        sections={"s2": {"contains": ["f1-n06"], "wires": "general_utility", "island": island, "operator": "utility"}},
        boundaries={
            "s2": {"into": "s2", "at": ["switch:f1-s2", "switch:f1-s3"], "kind": "section", "reverse_allowed": True}
        },
        loads={"all": {"kind": "network", "scale": 0.5}},
    )
    lower, upper = (figures.get(f"section:s2.island_window_{side}_v") for side in ("lower", "upper"))
    assert (lower, upper) == ((None, None) if window is None else pytest.approx(window, abs=0.1))
    assert ("island-voltage-window|section:s2" in found) is (window is not None and window[0] > window[1])
