import json

import pandapower
import pandapower.networks
import pytest

from grids.errors import DescriptionError, GridError
from grids.library import pandapower_file
from grids.library.opening import open_network
from grids.library.pandapower_file import RefusedFileError, scan
from grids.library.spec import GridSpec


@pytest.fixture
def written():
    return json.loads(pandapower.to_json(pandapower.networks.case33bw()))


def test_an_ordinary_file_comes_back_as_it_was(tmp_path):
    net = pandapower.networks.mv_oberrhein()
    pandapower.to_json(net, str(tmp_path / "net.json"))
    loaded = pandapower_file.load(tmp_path / "net.json")
    assert loaded.bus["name"].tolist() == net.bus["name"].tolist()
    assert (loaded.line["length_km"].to_numpy() == net.line["length_km"].to_numpy()).all()


@pytest.mark.parametrize("name", ["mv_oberrhein", "example_multivoltage", "create_cigre_network_mv"])
def test_voltages_are_those_of_the_network_the_file_was_written_from(name, tmp_path):
    net = getattr(pandapower.networks, name)()
    pandapower.to_json(net, str(tmp_path / "net.json"))
    loaded = pandapower_file.load(tmp_path / "net.json")
    for one in (net, loaded):
        pandapower.runpp(one, tolerance_mva=1e-10)
    assert loaded.res_bus["vm_pu"].to_numpy() == pytest.approx(net.res_bus["vm_pu"].to_numpy(), abs=1e-8, nan_ok=True)


def test_normal_switch_states_of_a_file_are_overridden_by_name(tmp_path):
    net = pandapower.networks.mv_oberrhein()
    pandapower.to_json(net, str(tmp_path / "net.json"))
    as_written = open_network(GridSpec(pandapower="net.json"), tmp_path).net.switch
    opened, closed = (as_written.index[as_written["closed"] == state][0] for state in (False, True))
    name = as_written["name"]
    normal = {name[opened]: True, name[closed]: False}
    found = open_network(GridSpec(pandapower="net.json", normal=normal), tmp_path).net.switch
    changed = found["closed"] != as_written["closed"]
    assert sorted(changed[changed].index) == sorted([opened, closed])
    assert found["closed"].dtype == bool
    with pytest.raises(DescriptionError, match="there is no switch 'nowhere'") as caught:
        open_network(GridSpec(pandapower="net.json", normal={"nowhere": True}), tmp_path)
    assert caught.value.problems[0].route == ("normal", "nowhere")


MARK = "cosim-was-here"


@pytest.mark.parametrize("hidden", ["plain", "nested", "cell", "escaped", "list"])
def test_a_file_that_names_code_is_refused_before_it_is_loaded(written, tmp_path, hidden):
    trace = tmp_path / MARK
    hostile = {"_module": "os", "_class": "function", "_object": "getcwd", "trace": str(trace)}
    inner = written["_object"]
    match hidden:
        case "plain":
            inner["extra"] = hostile
        case "list":
            inner["extra"] = [1, [hostile]]
        case "nested":
            inner["extra"] = json.dumps({"a": [hostile]})
        case "escaped":
            inner["extra"] = json.dumps({"a": hostile}).replace("_module", "\\u005fmodule")
        case "cell":
            table = json.loads(inner["bus"]["_object"])
            table["data"][0][0] = hostile
            inner["bus"]["_object"] = json.dumps(table)
    path = tmp_path / "net.json"
    path.write_text(json.dumps(written))
    with pytest.raises(RefusedFileError, match=r"net\.json: .*os\.function"):
        pandapower_file.load(path)


def test_a_controller_is_refused_by_name(tmp_path):
    net = pandapower.networks.mv_oberrhein()
    pandapower.control.DiscreteTapControl(net, element_index=114, vm_lower_pu=0.98, vm_upper_pu=1.02)
    pandapower.to_json(net, str(tmp_path / "net.json"))
    with pytest.raises(RefusedFileError, match="DiscreteTapControl"):
        pandapower_file.load(tmp_path / "net.json")


@pytest.mark.parametrize("form", ["object", "text", "text of a text", "list"])
def test_the_object_column_of_a_controller_table_may_not_name_code(written, form):
    hostile = {"_module": "os", "_class": "function", "_object": "getcwd"}
    cell = {
        "object": hostile,
        "text": json.dumps(hostile),
        "text of a text": json.dumps(json.dumps(hostile)),
        "list": [[json.dumps([hostile])]],
    }[form]
    table = {"columns": ["object", "in_service"], "index": [0], "data": [[cell, True]]}
    written["_object"]["controller"] = {
        "_module": "pandas.core.frame",
        "_class": "DataFrame",
        "_object": json.dumps(table),
        "orient": "split",
    }
    with pytest.raises(RefusedFileError, match=r"net\.controller.*os\.function"):
        scan(json.dumps(written))


def test_text_that_only_looks_like_json_is_no_harm(written, tmp_path):
    written["_object"]["name"] = '"quoted" {name}'
    (tmp_path / "net.json").write_text(json.dumps(written))
    assert pandapower_file.load(tmp_path / "net.json").name == '"quoted" {name}'


def test_a_table_may_not_point_to_another_file(written):
    written["_object"]["bus"]["_object"] = "/etc/secret.json"
    with pytest.raises(RefusedFileError, match=r"net\.bus"):
        scan(json.dumps(written))


def test_a_key_given_twice_is_refused(written):
    text = json.dumps(written).replace('"_object": {', '"_object": {"x": 1, "x": 2, ', 1)
    with pytest.raises(RefusedFileError, match="twice"):
        scan(text)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"bus": 1}', "[" * 200_000])
def test_what_is_no_network_is_refused(text, tmp_path):
    (tmp_path / "net.json").write_text(text)
    with pytest.raises(RefusedFileError, match=r"net\.json"):
        pandapower_file.load(tmp_path / "net.json")


def test_a_file_outside_the_folder_of_the_scenario_is_refused(tmp_path):
    with pytest.raises(GridError, match="outside the folder"):
        open_network(GridSpec(pandapower="../net.json"), tmp_path)
