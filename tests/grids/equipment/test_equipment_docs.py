"""docs/equipment.md says what the tables say, and its example gives the numbers it prints."""

import csv
import re
from pathlib import Path

import pandapower
import pytest
import yaml

from grids.equipment import tables
from grids.library.opening import open_network
from grids.library.spec import GridSpec

PAGE = (Path(__file__).parents[3] / "docs" / "equipment.md").read_text(encoding="utf-8")
FOLDER = Path(tables.__file__).parent
ON_THE_PAGE = sorted(path.name for path in FOLDER.glob("*.csv") if path.name != "pole_taps.csv")


@pytest.mark.parametrize("name", ON_THE_PAGE)
def test_the_page_prints_every_row_of_a_table(name):
    with (FOLDER / name).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = [column for column in rows[0] if column not in {"source", "certainty", "metal"}]
    printed = ["| " + " | ".join(f"`{column}`" for column in columns) + " |", "|" + "---|" * len(columns)]
    printed += ["| " + " | ".join(row[column] for column in columns) + " |" for row in rows]
    assert "\n".join(printed) + "\n\n" in PAGE


def test_the_page_prints_the_pole_taps():
    assert f"at {', '.join(f'{tap:g}' for tap in tables.pole_taps())} V" in PAGE


def example():
    return yaml.safe_load(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL).group(1))


@pytest.mark.parametrize(
    ("variant", "printed"), re.findall(r"^\| (none|wire|regulator|source) \| ([\d.]+) \|", PAGE, re.MULTILINE)
)
def test_the_example_gives_the_printed_voltage(variant, printed, tmp_path):
    scenario = example()
    grid = scenario["grid"] | scenario["variants"].get(variant, {}).get("grid", {})
    net = open_network(GridSpec.model_validate(grid), tmp_path).net
    end = int(net.bus.index[net.bus["name"] == scenario["loads"]["village"]["bus"]][0])
    pandapower.create_load(net, end, 1.0, (1 / 0.95**2 - 1) ** 0.5)
    pandapower.runpp(net, trafo_model="pi", init="dc")
    assert 6600 * net.res_bus["vm_pu"].min() == pytest.approx(float(printed), abs=0.06)


def test_the_example_has_a_row_for_every_variant():
    rows = re.findall(r"^\| (\w+) \| [\d.]+ \| [\d.]+ \|$", PAGE, re.MULTILINE)
    assert rows == ["none", *example()["variants"]]
