import json
import shutil
from pathlib import Path

import openpyxl
import pandapower
import pandapower.networks
import pandas as pd
import pytest
from pandapower.io_utils import to_dict_of_dfs

from grids.library import excel_file
from grids.library.opening import open_network
from grids.library.pandapower_file import RefusedFileError
from grids.library.spec import GridSpec

HOSTILE = {"_module": "os", "_class": "function", "_object": "getcwd"}


def write(net, path):
    """What `pandapower.to_excel` writes, without the package it needs."""
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        for sheet, table in to_dict_of_dfs(net, include_results=False, include_empty_tables=False).items():
            table.to_excel(writer, sheet_name=sheet)
    return path


def changed(path, change):
    """The workbook with one change made by hand."""
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


@pytest.fixture(scope="module")
def smallest(tmp_path_factory):
    """A network of two buses, written once."""
    net = pandapower.create_empty_network()
    first, second = (pandapower.create_bus(net, 6.6, geodata=(130.0, 32.0 + place)) for place in range(2))
    pandapower.create_ext_grid(net, first)
    pandapower.create_line(net, first, second, 1.0, "NAYY 4x50 SE")
    pandapower.create_switch(net, first, 0, et="l")
    for _ in range(3):
        pandapower.create_load(net, second, 0.1)
    net.std_types = {"line": {}, "trafo": {}, "trafo3w": {}, "fuse": {}}
    return write(net, tmp_path_factory.mktemp("written") / "net.xlsx")


@pytest.fixture
def small(smallest, tmp_path):
    return Path(shutil.copy(smallest, tmp_path / "net.xlsx"))


@pytest.mark.parametrize("name", ["case33bw", "mv_oberrhein", "example_multivoltage"])
def test_voltages_are_those_of_the_network_the_file_was_written_from(name, tmp_path):
    net = getattr(pandapower.networks, name)()
    loaded = open_network(GridSpec(pandapower=write(net, tmp_path / "net.xlsx").name), tmp_path).net
    for one in (net, loaded):
        pandapower.runpp(one, tolerance_mva=1e-10)
    assert loaded.res_bus["vm_pu"].to_numpy() == pytest.approx(net.res_bus["vm_pu"].to_numpy(), abs=1e-8)
    assert loaded.f_hz == net.f_hz
    assert loaded.switch["closed"].dtype == bool
    assert loaded.bus["name"].is_unique


def test_places_come_back(small):
    places = [json.loads(place)["coordinates"] for place in excel_file.load(small).bus["geo"]]
    assert places == [[130.0, 32.0], [130.0, 33.0]]


@pytest.mark.parametrize(
    ("sheet", "column"), [("bus", "geo"), ("load", "object"), ("load", "q_max_characteristic"), ("bus", "zone")]
)
@pytest.mark.parametrize("form", ["plain", "in a list", "as text of a text", "escaped"])
def test_a_cell_that_names_code_is_refused_before_it_is_decoded(small, sheet, column, form):
    text = {
        "plain": json.dumps(HOSTILE),
        "in a list": json.dumps([1, {"a": HOSTILE}]),
        "as text of a text": json.dumps(json.dumps(HOSTILE)),
        "escaped": json.dumps(HOSTILE).replace("_module", "\\u005fmodule"),
    }[form]

    def put(book):
        headings = [cell.value for cell in book[sheet][1]]
        if column not in headings:
            book[sheet].cell(1, len(headings) + 1, column)
            headings.append(column)
        book[sheet].cell(3, headings.index(column) + 1, text)

    with pytest.raises(RefusedFileError, match=rf"net\.xlsx: sheet '{sheet}', column {column}, row 3.*os\.function"):
        excel_file.load(changed(small, put))


def test_a_controller_is_refused_by_name(tmp_path):
    net = pandapower.networks.mv_oberrhein()
    pandapower.control.DiscreteTapControl(net, element_index=114, vm_lower_pu=0.98, vm_upper_pu=1.02)
    with pytest.raises(RefusedFileError, match="DiscreteTapControl"):
        excel_file.load(write(net, tmp_path / "net.xlsx"))


def test_a_heading_that_names_code_is_refused(small):
    def put(book):
        book["parameters"].cell(1, 9, json.dumps(HOSTILE))

    with pytest.raises(RefusedFileError, match="a heading"):
        excel_file.load(changed(small, put))


@pytest.mark.parametrize(("sheet", "column"), [("load", "in_service"), ("switch", "closed")])
def test_a_blank_state_is_refused_with_its_row(small, sheet, column):
    """pandas would read it as true."""

    def blank(book):
        headings = [cell.value for cell in book[sheet][1]]
        book[sheet].cell(2, headings.index(column) + 1).value = None

    with pytest.raises(RefusedFileError, match=rf"net\.xlsx: sheet '{sheet}', row 2: {column} is blank"):
        excel_file.load(changed(small, blank))


def test_a_workbook_of_something_else_is_refused(small, tmp_path):
    with pytest.raises(RefusedFileError, match="sheet 'dtypes' is missing"):
        excel_file.load(changed(small, lambda book: book.remove(book["dtypes"])))
    (tmp_path / "text.xlsx").write_text("no workbook")
    with pytest.raises(RefusedFileError, match=r"text\.xlsx: no readable workbook"):
        excel_file.load(tmp_path / "text.xlsx")
    (tmp_path / "old.xls").write_text("old")
    with pytest.raises(RefusedFileError, match=r"only \.xlsx"):
        open_network(GridSpec(pandapower="old.xls"), tmp_path)
