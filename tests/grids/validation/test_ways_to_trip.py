"""What else trips a rule, and what looks alike but does not."""

from datetime import time

import pandapower as pp
import pytest

from grids.regulators.spec import ScheduledReference
from grids.validation.rules import findings
from tests.grids.validation.changes import (
    both,
    bus_of,
    island,
    poles,
    put,
    regulators,
    second_bank,
    second_line,
    stated,
)
from tests.grids.validation.conftest import facts_of, feeder


def test_a_line_out_of_service_leaves_a_dead_part_and_is_named(judged):
    (found,) = judged(put("line", "second", "in_service", False))
    assert found.rule == "dead-part"
    assert "line:second, switch:tie" in found.message


def test_a_part_whose_source_is_off_is_dead_not_forgotten(judged):
    def change(net):
        pp.create_ext_grid(net, pp.create_bus(net, 6.6, name="isle"), name="genset", in_service=False)

    assert [(one.rule, one.subject) for one in judged(change)] == [("dead-part", "bus:isle")]


def test_buses_out_of_service_are_no_part(judged):
    assert judged(lambda net: pp.create_bus(net, 6.6, name="old", in_service=False) and None) == ()


def test_parallel_lines_are_a_loop_where_radial_is_stated(judged):
    assert judged(second_line) == ()
    (found,) = judged(both(second_line, stated(radial=True)))
    assert (found.rule, found.subject) == ("loop", "line:double")
    assert "line:first, line:double form a loop; switches in it: S1" in found.message


def test_two_sources_of_one_part_are_a_loop(judged):
    def change(net):
        pp.create_ext_grid(net, bus_of(net, "b3"), name="neighbour")
        return {"radial": True}

    (found,) = judged(change)
    assert found.rule == "loop"
    assert "through the sources" in found.message


def test_amperes_written_as_kiloamperes_are_no_rating(judged):
    (found,) = judged(put("line", "first", "max_i_ka", 260.0))
    assert found.rule == "missing-rating"
    assert "260 kA" in found.message


def test_ratings_are_those_of_one_of_several_parallel_systems(judged):
    assert judged(both(put("line", "first", "parallel", 12), put("line", "first", "max_i_ka", 1.0))) == ()


def test_swapped_sides_do_not_fit(judged):
    def change(net):
        pole = net.trafo["name"] == "pole"
        net.trafo.loc[pole, ["vn_hv_kv", "vn_lv_kv"]] = [0.21, 6.6]

    assert [one.rule for one in judged(change)] == ["winding-voltage", "winding-voltage"]


def test_a_line_without_reactance_is_said_so(judged):
    (found,) = judged(put("line", "first", "x_ohm_per_km", 0.0))
    assert "no reactance" in found.message


def test_loads_add_up_through_all_transformers_above(judged):
    def change(net):
        pp.create_load(net, bus_of(net, "b3"), 4.0, name="mill")
        pp.create_load(net, bus_of(net, "b1"), 9.5, name="works")

    assert {one.subject: one.rule for one in judged(change)} == {
        "trafo:bank": "overfull-transformer",
        "trafo:svr": "overfull-transformer",
    }


def test_parallel_transformers_share_the_load(judged):
    def change(net):
        second_bank(net)
        pp.create_load(net, bus_of(net, "b1"), 20.0, name="works")

    assert judged(change) == ()


def test_nobody_knows_what_a_transformer_feeds_where_a_machine_helps(judged):
    def change(net):
        pp.create_load(net, bus_of(net, "b1"), 14.0, name="works")
        pp.create_gen(net, bus_of(net, "b1"), 10.0, name="engine")

    assert judged(change) == ()


def test_a_pole_transformer_that_is_not_modelled_can_be_overfull(judged):
    assert judged(poles(peak_kw=39)) == ()
    (found,) = judged(poles(peak_kw=39.1))
    assert (found.rule, found.subject) == ("overfull-transformer", "pole:p1")


def test_three_elements_of_one_name_are_one_finding(judged):
    def change(net):
        net.line["name"] = "L"

    (found,) = judged(change)
    assert "'L (0)', 'L (1)', 'L (2)'" in found.message


@pytest.mark.parametrize(
    ("specs", "words"),
    [
        ({"lrt": {"trafo": "bnk"}}, "there is no trafo 'bnk'; did you mean 'bank'?"),
        ({"one": {"trafo": "bank"}, "two": {"trafo": "bank"}}, "moved by 'one' already"),
    ],
)
def test_a_regulator_needs_a_transformer_of_its_own(judged, specs, words):
    (found,) = judged(regulators(**specs))
    assert found.rule == "regulator-trafo"
    assert words in found.message


def test_a_pole_transformer_is_no_regulator():
    given = regulators(own={"trafo": "pole", "reference_v": 210})(None) | poles(lv_bus="house", trafo="pole")(None)
    (found,) = findings(facts_of(feeder(), **given))
    assert found.rule == "regulator-trafo"
    assert "'pole' is a pole transformer, its taps are changed with the line dead" in found.message


def test_a_reference_by_time_of_day_must_fit_too(judged):
    night = ScheduledReference.model_validate({"from": time(22), "reference_v": 66000})
    (found,) = judged(regulators(lrt={"trafo": "bank", "schedule": (night,)}))
    assert found.rule == "regulator-reference"
    assert "66000 V" in found.message


def test_a_reference_is_judged_at_the_side_it_is_held(judged):
    assert judged(regulators(lrt={"trafo": "bank", "side": "hv", "reference_v": 66000})) == ()


def test_a_section_that_need_not_run_alone_may_end_at_a_transformer():
    given = island("trafo:pole@hv", buses=("house",))(None)
    assert {one.rule for one in findings(facts_of(feeder(), **given))} == {"section-not-separable"}
    assert findings(facts_of(feeder(), **given, islands=frozenset())) == ()
