"""Cases that trip the checks of timing: rule, keys, place, words."""

CASES = {
    "end after start": (
        "end after start",
        {"time": {"duration": None, "end": "2020-04-20T00:00"}},
        "time.end",
        "must be after start",
    ),
    "start in a gap": (
        "local times exist once",
        {"time": {"start": "2020-03-29T02:30", "timezone": "Europe/Berlin"}},
        "time.start",
        "does not exist in Europe/Berlin",
    ),
    "start in a fold": (
        "local times exist once",
        {"time": {"start": "2020-10-25T02:30", "timezone": "Europe/Berlin"}},
        "time.start",
        "exists twice in Europe/Berlin",
    ),
    "end in a gap": (
        "local times exist once",
        {
            "time": {
                "start": "2020-03-28T00:00",
                "duration": None,
                "end": "2020-03-29T02:30",
                "timezone": "Europe/Berlin",
            }
        },
        "time.end",
        "does not exist",
    ),
    "step longer than the run": ("step fits the run", {"time": {"step": "P2D"}}, "time.step", "is longer than the run"),
    "step does not divide": ("step fits the run", {"time": {"step": "PT7M"}}, "time.step", "does not divide the run"),
    "step absurdly short": (
        "step fits the run",
        {"time": {"step": "PT1S", "duration": "P36500D"}},
        "time.step",
        "makes too many steps",
    ),
}
