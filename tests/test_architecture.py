"""What the tree promises: imports point one way, and only `grids` knows the network libraries."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = {"grids": 0, "simulators": 1, "cosim": 2}
NETWORK_LIBRARIES = {"pandapower", "power_grid_model", "simbench"}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("package", FLOORS)
def test_imports_point_down_the_house(package):
    above = {name for name, floor in FLOORS.items() if floor > FLOORS[package]}
    for path in modules(package):
        assert not imported(path) & above, path


@pytest.mark.parametrize("package", ["simulators", "cosim"])
def test_only_grids_imports_the_network_libraries(package):
    for path in modules(package):
        assert not imported(path) & NETWORK_LIBRARIES, path


def test_models_import_neither_mosaik_nor_a_network_library():
    for path in (ROOT / "simulators" / "models").rglob("*.py"):
        assert not imported(path) & (NETWORK_LIBRARIES | {"mosaik", "mosaik_api_v3"}), path


def test_no_unsafe_reading_of_user_files():
    for package in FLOORS:
        for path in modules(package):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    assert node.func.id not in {"eval", "exec"}, path
            assert "pickle" not in imported(path), path


@pytest.mark.parametrize("argument", ["--help", "list"])
def test_starting_up_imports_nothing_heavy(argument):
    heavy = ["pandapower", "pvlib", "pandas", "mosaik", "pyarrow", "plotly", "scipy", "simbench", "jpholiday"]
    code = (
        "import sys\nfrom cosim.cli import app\n"
        f"try:\n    app([{argument!r}])\nexcept SystemExit:\n    pass\n"
        f"found = [name for name in {heavy!r} if name in sys.modules]\n"
        "print('HEAVY', found)\n"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "HEAVY []" in output
