"""Every case that trips a cross-check, by topic of `cosim/scenario/checks`: name -> (rule, keys, place, words)."""

from tests.cosim.scenario.tripping import (
    arrangement,
    connections,
    devices,
    ems,
    ensemble,
    expect_and_files,
    limits,
    network_and_events,
    relays,
    series,
    settlement,
    timing,
)

_TOPICS = (
    arrangement,
    connections,
    devices,
    ems,
    ensemble,
    expect_and_files,
    limits,
    network_and_events,
    relays,
    series,
    settlement,
    timing,
)
CASES = {name: case for topic in _TOPICS for name, case in topic.CASES.items()}
assert len(CASES) == sum(len(topic.CASES) for topic in _TOPICS), "two cases of one name"
