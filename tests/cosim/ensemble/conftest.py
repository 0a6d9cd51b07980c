"""The small study of the mistakes' corpus, without events, with an ensemble laid over it."""

from pathlib import Path

import pytest
import yaml

from cosim.scenario.validation import load_scenario

BASE = Path(__file__).parents[2] / "cases" / "mistakes" / "base.cosim.yaml"


@pytest.fixture
def load(tmp_path):
    (tmp_path / "base.cosim.yaml").write_text(BASE.read_text(encoding="utf-8"), encoding="utf-8")

    def loaded(vary: dict, over: dict | None = None, **ensemble):
        text = {"extends": "base.cosim.yaml", "name": "case", "events": None, "variants": None}
        file = tmp_path / "case.cosim.yaml"
        file.write_text(yaml.safe_dump(text | {"ensemble": ensemble | {"vary": vary}} | (over or {})), encoding="utf-8")
        return load_scenario(file)

    return loaded
