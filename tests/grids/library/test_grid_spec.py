import pytest
from pydantic import ValidationError

from grids.library.spec import GridSpec, LineSpec, SwitchSpec, TapSpec, TrafoSpec

LINE = {"from": "a", "to": "b", "length_km": 1, "r_ohm_per_km": 0.3, "x_ohm_per_km": 0.3, "max_i_ka": 0.2}
TRAFO = {"hv": "a", "lv": "b", "sn_kva": 300, "vn_hv_kv": 6.6, "vn_lv_kv": 0.21, "vk_percent": 4, "vkr_percent": 1.2}
TAP = {"min": -2, "max": 2, "step_percent": 2.5}


@pytest.mark.parametrize(
    ("model", "base", "change", "message"),
    [
        (LineSpec, LINE, {"length_km": 0}, "greater than 0"),
        (LineSpec, LINE, {"r_ohm_per_km": 0, "x_ohm_per_km": 0}, "series impedance"),
        (LineSpec, LINE, {"to": "a"}, "both ends are at bus a"),
        (LineSpec, LINE, {"colour": "red"}, "Extra inputs"),
        (LineSpec, LINE, {"max_i_ka": float("nan")}, "finite"),
        (TrafoSpec, TRAFO, {"vkr_percent": 5}, "above vk_percent"),
        (TrafoSpec, TRAFO, {"vn_hv_kv": 0.1}, "swap the sides"),
        (TrafoSpec, TRAFO, {"lv": "a"}, "both sides"),
        (TapSpec, TAP, {"min": 3}, "above max"),
        (TapSpec, TAP, {"pos": 3}, "pos 3 lies outside"),
        (TapSpec, TAP, {"neutral": -3}, "neutral -3 lies outside"),
        (SwitchSpec, {"bus": "a"}, {}, "given: none"),
        (SwitchSpec, {"bus": "a"}, {"to_bus": "b", "line": "l"}, "given: to_bus, line"),
        (SwitchSpec, {"bus": "a"}, {"to_bus": "a"}, "both ends"),
        (GridSpec, {}, {}, "given: none"),
        (GridSpec, {"simbench": "x"}, {"pandapower": "net.json"}, "given: simbench, pandapower"),
        (
            GridSpec,
            {"simbench": "x", "add": {"switches": {"s": {"bus": "a", "to_bus": "b"}}}},
            {"normal": {"s": False}},
            "s has its own key closed",
        ),
    ],
)
def test_a_mistake_is_refused_with_what_was_given(model, base, change, message):
    with pytest.raises(ValidationError, match=message):
        model.model_validate({**base, **change})


def test_a_tap_changer_starts_at_its_neutral_position_unless_told():
    assert TapSpec.model_validate({**TAP, "neutral": 1}).position == 1
    assert TapSpec.model_validate({**TAP, "neutral": 1, "pos": 0}).position == 0


def test_names_with_dots_and_blanks_are_keys_like_any_other():
    add = {"buses": {"MV1.101 Bus 52": {"vn_kv": 20}}}
    assert GridSpec.model_validate({"simbench": "x", "add": add}).add.buses["MV1.101 Bus 52"].vn_kv == 20
