"""The glossary and the code's tables say the same."""

import re
from pathlib import Path

from grids.reasons import Reason
from simulators.ports import PORTS

GLOSSARY = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    section = GLOSSARY.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[re.sub("`", "", cell).strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_port_stands_in_the_glossary_with_its_unit_series_and_role():
    written = {row[0]: row[1:] for row in rows("Ports and series")}
    assert written == {
        port.name: [port.series or "-", port.unit, port.role.value, port.description] for port in PORTS.values()
    }


def test_every_reason_stands_in_the_glossary():
    assert {row[0]: int(row[1]) for row in rows("Reasons")} == {reason.label: int(reason) for reason in Reason}
