"""The cross-check and members without solution, as a reader meets them."""

from cosim.report.certificate import cross_check_text, failures_text

CHECK = {
    "samples": 27, "max_abs_vm_pu": 9.35e-09, "max_abs_loading_percent": 2.3e-06, "unsolved": 0, "engine": "pgm",
    "reference": "pandapower", "passed": True,
}  # fmt: skip
FAILED = {"k": 12, "member": 7, "collapse_factor": 0.6476, "critical_bus": "far"}


def test_the_largest_differences_are_said():
    assert cross_check_text({"cross_check": CHECK}) == (
        "27 samples solved again by pandapower, at most 9.3e-09 pu and 2.3e-06 % apart"
    )


def test_a_failed_check_cannot_be_overlooked():
    assert cross_check_text({"cross_check": {**CHECK, "passed": False, "unsolved": 2}}).endswith(
        "2 without a solution there: FAILED, the numbers cannot be trusted"
    )


def test_a_run_without_a_check_says_nothing():
    for manifest in ({}, {"cross_check": None}, {"cross_check": {"samples": 0, "engine": "pandapower"}}):
        assert cross_check_text(manifest) == ""


def test_the_first_member_without_solution_is_named_with_its_collapse_factor():
    said = failures_text({"post_mortems": [FAILED, FAILED]})
    assert said.startswith("member 7, step 12: 0.6476 times that step's demand has a solution, bus far gives way first")
    assert said.endswith(" (2 such members are examined in failed/)")
    assert failures_text({"post_mortems": []}) == ""
