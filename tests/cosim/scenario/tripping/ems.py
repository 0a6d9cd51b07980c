"""Cases that trip the checks of ems: rule, keys, place, words."""

from tests.cosim.scenario.tripping.parts import CHP

CASES = {
    "metering point of nobody": (
        "metering point of an EMS",
        {"ems": {"school": {"at": "pc"}}},
        "ems.school.at",
        "there is no boundary",
    ),
    "metering point of another kind": (
        "metering point of an EMS",
        {"boundaries": {"pcc": {"kind": "section"}}},
        "ems.school.at",
        "must be a boundary of kind pcc",
    ),
    "metering point twice": (
        "metering point of an EMS",
        {"ems": {"two": {"at": "pcc", "strategies": [{"kind": "export-cap"}]}}},
        "ems.two.at",
        "ems.school acts at this boundary already",
    ),
    "device of a strategy": (
        "devices of an EMS",
        {"ems": {"school": {"strategies": [{"kind": "self-consumption", "device": "batery"}]}}},
        "ems.school.strategies.0.device",
        "there is no device",
    ),
    "device of the cut order": (
        "devices of an EMS",
        {"ems": {"school": {"cut_order": ["rof"]}}},
        "ems.school.cut_order.0",
        "there is no device",
    ),
    "device elsewhere": (
        "devices stand behind the metering point",
        {"devices": {"roof": {"bus": "utility"}}},
        "ems.school.cut_order.1",
        "does not stand behind pcc",
    ),
    "device of another role": (
        "devices fit their strategies",
        {"ems": {"school": {"strategies": [{"kind": "self-consumption", "device": "roof"}]}}},
        "ems.school.strategies.0.device",
        "needs a device of kind battery",
    ),
    "strategy without limit": (
        "limits of strategies",
        {"boundaries": {"pcc": {"export_limit_kw": None}}},
        "ems.school.strategies.0",
        "export-cap has no limit",
    ),
    "strategy without prices": (
        "prices of strategies",
        {
            "devices": {"chp": CHP},
            "ems": {"school": {"strategies": [{"kind": "price-led", "device": "chp"}]}},
        },
        "ems.school.strategies.0",
        "the price of lpg is missing",
    ),
}
