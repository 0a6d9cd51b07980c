"""Cases that trip the checks of connections: rule, keys, place, words."""

from tests.cosim.scenario.tripping.parts import CHP

CASES = {
    "bus in a table": (
        "grid holds together",
        {"grid": {"tables": {"lines": {"cable": {"to": "nowhere"}}}}},
        "grid.tables.lines.cable.to",
        "there is no bus 'nowhere'",
    ),
    "bus of a load": (
        "bus of a load",
        {"loads": {"school": {"bus": "nowhere"}}},
        "loads.school.bus",
        "there is no bus",
    ),
    "one of several buses": (
        "bus of a load",
        {"loads": {"school": {"bus": None, "buses": ["school", "nowhere"]}}},
        "loads.school.buses.1",
        "there is no bus",
    ),
    "bus of a device": (
        "bus of a device",
        {"devices": {"roof": {"bus": "nowhere"}}},
        "devices.roof.bus",
        "there is no bus",
    ),
    "bus of a customer": (
        "buses of a customer",
        {"customers": {"school": {"buses": ["x"]}}},
        "customers.school.buses.0",
        "there is no bus",
    ),
    "load of a customer": (
        "loads of a customer",
        {"customers": {"school": {"loads": ["schol"]}}},
        "customers.school.loads.0",
        "there is no load",
    ),
    "load of two customers": (
        "loads of a customer",
        {
            "customers": {
                "school": {"loads": ["school"]},
                "town": {"buses": ["school"], "loads": ["school"], "supply": "own", "voltage": "premises"},
            }
        },
        "customers.town.loads.0",
        "belongs to customer school already",
    ),
    "calendar of nobody": (
        "calendar of a load",
        {"loads": {"school": {"calendar": "x"}}},
        "loads.school.calendar",
        "there is no customer",
    ),
    "calendar of a customer without": (
        "calendar of a load",
        {"customers": {"school": {"calendar": None}}},
        "loads.school.calendar",
        "that customer has no calendar",
    ),
    "calendar of a device": (
        "calendar of a device",
        {"devices": {"chp": CHP | {"calendar": "schol"}}},
        "devices.chp.calendar",
        "there is no customer",
    ),
    "network loads of a network without": (
        "loads of the network",
        {"loads": {"all": {"kind": "network"}}},
        "loads.all",
        "the network has no load",
    ),
    "network generators of a network without": (
        "generators of the network",
        {"devices": {"all": {"kind": "generation", "network": True}}},
        "devices.all",
        "the network has no static generator",
    ),
}
