"""Preset feeders, built once a process."""

import copy
import json
from functools import cache

import pytest

from grids.japan.build import build_preset
from grids.japan.spec import DesignSpec


@cache
def _built(preset, changes):
    return build_preset(preset, DesignSpec.model_validate(json.loads(changes)))


@pytest.fixture
def feeder():
    """A preset with changes; its network is the test's own copy."""

    def make(preset="jp-rural", **changes):
        built = _built(preset, json.dumps({"low_voltage": "equivalent"} | changes))
        return built.__class__(**{**built.__dict__, "net": copy.deepcopy(built.net)})

    return make
