"""`feeder.json`: what is known of the network beside `grid.json`: pole transformers, low voltage, controllers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cosim.results.files import read_json, write_json
from grids.low_voltage import Customer, LowVoltageDepth, LowVoltageFacts, PoleTransformer, WireSegment
from grids.regulators.spec import TapChangerSpec

NAME = "feeder.json"
SCHEMA = "cosim-feeder/1"


@dataclass(frozen=True)
class FeederFacts:
    """What stands behind the 6.6 kV nodes, and which transformers are controlled."""

    low_voltage: LowVoltageFacts | None = None
    regulators: Mapping[str, TapChangerSpec] = field(default_factory=dict)


def write_feeder_facts(folder: Path, facts: FeederFacts) -> None:
    """Write the file; nothing if nothing is known."""
    if facts.low_voltage is None and not facts.regulators:
        return
    low_voltage = None if facts.low_voltage is None else asdict(facts.low_voltage)
    regulators = {name: one.model_dump(mode="json", by_alias=True) for name, one in facts.regulators.items()}
    write_json(folder / NAME, {"schema": SCHEMA, "low_voltage": low_voltage, "regulators": regulators})


def read_feeder_facts(folder: Path) -> FeederFacts:
    """Read it back; nothing is known where there is no such file."""
    path = folder / NAME
    if not path.is_file():
        return FeederFacts()
    found = read_json(path)
    regulators = {name: TapChangerSpec.model_validate(one) for name, one in found["regulators"].items()}
    return FeederFacts(_low_voltage(found["low_voltage"]), regulators)


def _low_voltage(found: Mapping[str, Any] | None) -> LowVoltageFacts | None:
    if found is None:
        return None
    return LowVoltageFacts(
        LowVoltageDepth(found["depth"]),
        tuple(PoleTransformer(**one) for one in found["poles"]),
        tuple(WireSegment(**one) for one in found["segments"]),
        tuple(Customer(**one) for one in found["customers"]),
    )
