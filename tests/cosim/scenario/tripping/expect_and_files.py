"""Cases that trip the checks of expect and files: rule, keys, place, words."""

CASES = {
    "figure of nobody": (
        "subjects of expect.figures",
        {"expect": {"figures": {"boundary:pc.export_mwh": {"max": 0}}}},
        "expect.figures.boundary:pc.export_mwh",
        "there is no boundary",
    ),
    "figure without quantity": (
        "subjects of expect.figures",
        {"expect": {"figures": {"residual": {"max": 0}}}},
        "expect.figures.residual",
        "names no quantity",
    ),
    "finding of nobody": (
        "subjects of expect.findings",
        {"expect": {"findings": [{"rule": "export", "subject": "device:rof"}]}},
        "expect.findings.0.subject",
        "there is no device",
    ),
    "effect without a base case": (
        "effects need a base case",
        {"expect": {"findings": [{"rule": "no-export", "effect": "caused"}]}},
        "expect.findings.0.effect",
        "needs a base case",
    ),
    "rule of nobody": (
        "rules of expect.findings",
        {"expect": {"findings": [{"rule": "no-exports", "hours": {"max": 0}}]}},
        "expect.findings.0.rule",
        "no rule is called so",
    ),
    "missing file": (
        "files",
        {"loads": {"school": {"profile": {"kind": "csv", "file": "no.csv", "value": None}}}},
        "loads.school.profile.file",
        "there is no such file",
    ),
    "file outside": (
        "files",
        {"loads": {"school": {"profile": {"kind": "csv", "file": "../up.csv", "value": None}}}},
        "loads.school.profile.file",
        "lies outside the folder",
    ),
}
