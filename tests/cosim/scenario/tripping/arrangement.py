"""Cases that trip the checks of arrangement: rule, keys, place, words."""

from tests.cosim.scenario.tripping.parts import WIND, WORKS

CASES = {
    "balancing group of strangers": (
        "members of a balancing group",
        {"balancing": {"retail": {"customers": ["school"], "devices": ["mill"]}}},
        "balancing.retail.devices.0",
        "there is no device of that name",
    ),
    "planned by two groups": (
        "members of a balancing group",
        {"balancing": {"retail": {"customers": ["school"]}, "second": {"customers": ["school"]}}},
        "balancing.second.customers.0",
        "the customer is planned by balancing.retail already",
    ),
    "wheeled from a stranger": (
        "plants of self-wheeling",
        {"customers": WORKS, "self_wheeling": {"far": {"devices": ["mill"], "customer": "works"}}},
        "self_wheeling.far.devices.0",
        "there is no device of that name",
    ),
    "a battery wheels": (
        "plants that generate",
        {"customers": WORKS, "self_wheeling": {"far": {"devices": ["battery"], "customer": "works"}}},
        "self_wheeling.far.devices.0",
        "a battery generates nothing that could be wheeled",
    ),
    "wheeled to a customer of another kind": (
        "customer of self-wheeling",
        {"self_wheeling": {"far": {"devices": ["roof"], "customer": "school"}}},
        "self_wheeling.far.customer",
        "the customer's supply is own",
    ),
    "own supply of a stranger": (
        "plants of own supply",
        {"sections": {"school": {"own_supply": {"devices": ["mill"]}}}},
        "sections.school.own_supply.devices.0",
        "there is no device of that name",
    ),
    "own supply from outside": (
        "own supply stands inside",
        {
            "devices": {"mill": WIND | {"bus": "utility"}},
            "sections": {"school": {"own_supply": {"devices": ["roof", "mill"]}}},
        },
        "sections.school.own_supply.devices.1",
        "stands outside section school, at bus utility",
    ),
    "a customer inside and outside": (
        "customers in one section",
        {"customers": {"school": {"buses": ["school", "utility"]}}},
        "customers.school.buses",
        "school lies in section school, utility lies in no section",
    ),
    "two customers own one load": (
        "loads of customers at one bus",
        {"customers": {"shop": {"buses": ["school"], "supply": "retail", "voltage": "high_voltage"}}},
        "customers.shop.buses",
        "shares bus school with customers.school",
    ),
}
