"""Cases that trip the checks of network and events: rule, keys, place, words."""

CASES = {
    "bus of a section": (
        "sections are cut out",
        {"sections": {"school": {"contains": ["x"]}}},
        "sections.school.contains.0",
        "there is no bus",
    ),
    "section of a boundary": (
        "section of a boundary",
        {"boundaries": {"pcc": {"into": "schol"}}},
        "boundaries.pcc.into",
        "there is no section",
    ),
    "element of a boundary": (
        "sections are cut out",
        {"boundaries": {"pcc": {"at": ["switch:braker"]}}},
        "boundaries.pcc.at.0",
        "there is no switch 'braker'",
    ),
    "section not closed off": (
        "sections are cut out",
        {"boundaries": {"pcc": {"at": ["line:cable@to"]}}, "sections": {"school": {"contains": ["pcc"]}}},
        "sections.school",
        "reaches source:utility",
    ),
    "line far too long": (
        "grid is plausible",
        {"grid": {"tables": {"lines": {"cable": {"length_km": 85}}}}},
        "grid.tables.lines.cable",
        "85 km long",
    ),
    "island without a switch": (
        "sections can be separated",
        {"boundaries": {"pcc": {"at": ["line:cable@from"]}}, "sections": {"school": {"island": "own"}}},
        "sections.school",
        "has no switch",
    ),
    "minimum import above the contract": (
        "powers of a boundary",
        {"boundaries": {"pcc": {"min_import_kw": 200}}},
        "boundaries.pcc.min_import_kw",
        "is not below contract_kw",
    ),
    "minimum import with export": (
        "powers of a boundary",
        {"boundaries": {"pcc": {"min_import_kw": 10, "export_limit_kw": 5}}},
        "boundaries.pcc.min_import_kw",
        "contradicts an allowed export",
    ),
    "source of an event": (
        "subject of an event",
        {"events": {"outage": {"subject": "source:utilty"}}},
        "events.outage.subject",
        "there is no source",
    ),
    "switch of an event": (
        "subject of an event",
        {"events": {"open": {"kind": "switch-open", "subject": "switch:x", "at": "PT1H"}}},
        "events.open.subject",
        "there is no switch",
    ),
    "event after the end": (
        "event inside the run",
        {"events": {"outage": {"at": "P2D"}}},
        "events.outage.at",
        "lies after the end of the run",
    ),
    "events that overlap": (
        "events of one subject apart",
        {
            "events": {
                "first": {"kind": "source-off", "subject": "source:utility", "at": "PT1H", "duration": "PT2H"},
                "second": {"kind": "source-off", "subject": "source:utility", "at": "PT2H", "duration": "PT2H"},
            }
        },
        "events.second.at",
        "begins while event first",
    ),
}
