import pytest
from pydantic import ValidationError

from grids.library.spec import GridSpec, LineSpec, SvrSpec, SwitchSpec, TapSpec, TrafoSpec

LINE = {"from": "a", "to": "b", "length_km": 1, "r_ohm_per_km": 0.3, "x_ohm_per_km": 0.3, "max_i_ka": 0.2}
TRAFO = {"hv": "a", "lv": "b", "sn_kva": 300, "vn_hv_kv": 6.6, "vn_lv_kv": 0.21, "vk_percent": 4, "vkr_percent": 1.2}
WIRE = {"from": "a", "to": "b", "length_km": 1, "conductor": "Al-OC-120"}
POLE = {"hv": "a", "lv": "b", "pole_kva": 30}
SVR = {"model": "SVR-3000", "from": "a", "to": "b"}
TAP = {"min": -2, "max": 2, "step_percent": 2.5}


@pytest.mark.parametrize(
    ("model", "base", "change", "message"),
    [
        (LineSpec, LINE, {"length_km": 0}, "greater than 0"),
        (LineSpec, LINE, {"r_ohm_per_km": 0, "x_ohm_per_km": 0}, "series impedance"),
        (LineSpec, LINE, {"to": "a"}, "both ends are at bus a"),
        (LineSpec, LINE, {"colour": "red"}, "Extra inputs"),
        (LineSpec, LINE, {"max_i_ka": float("nan")}, "finite"),
        (LineSpec, WIRE, {"r_ohm_per_km": 0.3}, "conductor Al-OC-120 brings r_ohm_per_km"),
        (LineSpec, WIRE, {"c_nf_per_km": 0, "max_i_ka": 0.3}, "brings max_i_ka, c_nf_per_km; give one or the other"),
        (LineSpec, WIRE, {"conductor": "Al-120"}, "no conductor 'Al-120'; did you mean 'Al-OC-120'"),
        (
            LineSpec,
            WIRE,
            {"conductor": None},
            r"give conductor, or .* \(missing: r_ohm_per_km, x_ohm",
        ),
        (LineSpec, LINE, {"max_i_ka": None}, r"missing: max_i_ka\)"),
        (LineSpec, LINE, {"conductor_degc": 75}, "conductor_degc belongs to conductor"),
        (TrafoSpec, POLE, {"sn_kva": 30, "tap": TAP}, "pole_kva brings sn_kva, tap"),
        (TrafoSpec, POLE, {"pole_kva": 40}, "sizes are 10, 20, 30"),
        (TrafoSpec, POLE, {"tap_v": 6500}, "no tap of 6500 V"),
        (TrafoSpec, POLE, {"pole_kva": None}, r"give pole_kva, or .* \(missing: sn_kva"),
        (TrafoSpec, TRAFO, {"tap_v": 6450}, "tap_v belongs to pole_kva"),
        (TrafoSpec, TRAFO, {"vk_percent": None}, r"missing: vk_percent\)"),
        (SvrSpec, SVR, {"line": "l"}, r"give from and to, or line and at \(given: from, line, to\)"),
        (SvrSpec, SVR, {"to": None}, r"given: from\)"),
        (SvrSpec, SVR, {"to": "a"}, "both sides are at bus a"),
        (SvrSpec, SVR, {"model": "SVR-30"}, "did you mean 'SVR-3000'"),
        (SvrSpec, SVR, {"tap_pos": 5}, r"tap_pos 5 lies outside -4 \.\. 4 of SVR-3000"),
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
            {"simbench": "x", "normal": {"s": False}},
            {"change": {"switches": {"s": {"closed": True}}}},
            "switch s stands under normal and under change",
        ),
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
