"""What the pages say runs: links, commands, the example scenario, the tables of kinds."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def text(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_the_example_scenarios_are_valid(tmp_path):
    from cosim.scenario.validation import validate_file

    examples = re.findall(r"```yaml\n(.*?)```", text("scenario.md"), flags=re.DOTALL)
    files = [tmp_path / f"{example.partition('name: ')[2].split()[0]}.cosim.yaml" for example in examples]
    for file, example in zip(files, examples, strict=True):
        file.write_text(example, encoding="utf-8")
    assert [file.name for file in files] == ["first.cosim.yaml", "first-bills.cosim.yaml", "first-union.cosim.yaml"]
    assert [str(problem) for file in files for problem in validate_file(file).problems] == []


def test_every_top_level_key_is_explained():
    from cosim.scenario.schema import Scenario

    named = set(re.findall(r"`([a-z_]+)`", text("scenario.md")))
    assert set(Scenario.model_fields) <= named


def test_every_key_of_who_runs_the_wires_is_explained():
    from cosim.rules.terms import Relation
    from cosim.scenario.keys.arrangement import BalancingSpec, PlanSpec, RulesSpec, SelfWheelingSpec
    from cosim.scenario.keys.customers import CustomerSpec
    from cosim.scenario.keys.sections import OwnSupplySpec, SectionSpec

    table = {row.split("`")[1]: row for row in text("scenario.md").splitlines() if row.startswith("| `")}
    said = {
        "rules": RulesSpec.model_fields,
        "sections": [*SectionSpec.model_fields, *OwnSupplySpec.model_fields],
        "customers": [*CustomerSpec.model_fields, *Relation],
        "balancing": [*BalancingSpec.model_fields, *PlanSpec.model_fields],
        "self_wheeling": SelfWheelingSpec.model_fields,
    }
    for key, fields in said.items():
        assert set(fields) <= set(re.findall(r"`([a-z_]+)`", table[key])), key


def test_every_command_of_the_command_line_is_explained():
    from cosim.cli import app

    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert commands == set(re.findall(r"^\| `cosim ([a-z]+)", text("cli.md"), flags=re.MULTILINE))


def test_every_kind_is_explained():
    from typing import get_args

    from simulators.ems.registry import StrategySpec
    from simulators.models.registry import KINDS
    from simulators.sources.profiles import ProfileSpec
    from simulators.sources.weather_spec import WeatherSpec

    assert set(KINDS) == {word.split()[0] for word in re.findall(r"^## ([a-z-]+)", text("devices.md"), re.MULTILINE)}

    def kinds(union):
        return {get_args(model.model_fields["kind"].annotation)[0] for model in get_args(get_args(union)[0])}

    for union, page in ((ProfileSpec, "inputs.md"), (WeatherSpec, "inputs.md"), (StrategySpec, "ems.md")):
        for kind in kinds(union):
            assert f"`{kind}`" in text(page), kind


def test_every_dependency_earns_its_line():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = text("dependencies.md")
    named = project["dependencies"] + [each for extra in project["optional-dependencies"].values() for each in extra]
    for requirement in named:
        name = re.split(r"[<>=\[ ]", requirement)[0]
        if "stubs" not in name and not name.startswith("types-"):
            assert name in page, name
