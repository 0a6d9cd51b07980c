"""Published networks and the feeders of the library have no finding: a rule that cries there is wrong."""

import pytest
from pandapower import networks

from grids.equipment.tables import conductors, svrs
from grids.japan.build import build_preset, presets
from grids.validation.ranges import CLASSES, VK_PERCENT
from grids.validation.rules import findings
from tests.grids.validation.conftest import facts_of

# they hold the nets of the other codes that tests use: MVLV a rural MV net, rural3--2 the lines of all rural LV nets
SIMBENCH = ("1-LV-rural3--2-sw", "1-MV-urban--0-sw", "1-MVLV-rural-4.101-0-sw")
PANDAPOWER = (
    networks.mv_oberrhein,
    networks.create_cigre_network_lv,
    networks.create_cigre_network_mv,
    networks.create_cigre_network_hv,
    networks.create_kerber_landnetz_freileitung_1,
    networks.simple_mv_open_ring_net,
)


@pytest.mark.parametrize("code", SIMBENCH)
def test_simbench_networks_have_no_finding(code):
    library = pytest.importorskip("grids.library.simbench")
    pytest.importorskip("simbench")
    assert findings(facts_of(library.load(code).net)) == ()


@pytest.mark.parametrize("make", PANDAPOWER, ids=lambda make: make.__name__)
def test_networks_of_pandapower_have_no_finding(make):
    assert findings(facts_of(make())) == ()


@pytest.mark.parametrize("preset", presets())
def test_feeders_of_the_library_have_no_finding_though_they_must_be_radial(preset):
    feeder = build_preset(preset)
    facts = facts_of(feeder.net, regulators=feeder.regulators, low_voltage=feeder.low_voltage, radial=True)
    assert findings(facts) == ()


def test_a_case_with_fillers_for_ratings_says_that_loading_cannot_be_judged():
    found = findings(facts_of(networks.case33bw()))  # every line rated 99999 kA, five ties out of service
    assert [one.rule for one in found] == ["missing-rating"] * 32


@pytest.mark.parametrize("name", conductors())
def test_conductors_of_the_tables_are_usual_at_their_voltage(name):
    one = conductors()[name]
    usual = CLASSES[0 if one.kind in {"low_voltage", "service"} else 1]
    for x in (one.x50_ohm_per_km, one.x60_ohm_per_km):
        assert usual.ratio[0] <= one.r_ohm_per_km / x <= usual.ratio[1]
    assert usual.rating_ka[0] <= one.max_i_a / 1000 <= usual.rating_ka[1]


def test_regulators_of_the_tables_have_a_usual_impedance():
    assert min(one.vk_percent for one in svrs().values()) >= VK_PERCENT[0]
