"""What a run says about its own numbers, in words: the cross-check, and members without solution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def cross_check_text(manifest: Mapping[str, Any]) -> str:
    """`27 samples solved again by pandapower, at most 9.4e-09 pu and 2.3e-06 % apart`; empty for a run without one."""
    check = manifest.get("cross_check")
    if not isinstance(check, Mapping) or not check.get("samples"):
        return ""
    apart = f"at most {check['max_abs_vm_pu']:.1e} pu and {check['max_abs_loading_percent']:.1e} % apart"
    unsolved = f", {check['unsolved']} without a solution there" if check.get("unsolved") else ""
    failed = "" if check.get("passed") else ": FAILED, the numbers cannot be trusted"
    return f"{check['samples']} samples solved again by {check['reference']}, {apart}{unsolved}{failed}"


def failures_text(manifest: Mapping[str, Any]) -> str:
    """What was found out about the first member without solution; empty if there is none."""
    examined = manifest.get("post_mortems") or []
    if not examined:
        return ""
    first = examined[0]
    where = f"member {first['member']}, step {first['k']}"
    said = f"{first['collapse_factor']:.4g} times that step's demand has a solution"
    if not first["collapse_factor"]:
        said = "no solution even without demand"
    elif first.get("critical_bus"):
        said += f", bus {first['critical_bus']} gives way first"
    more = f" ({len(examined)} such members are examined in failed/)" if len(examined) > 1 else ""
    return f"{where}: {said}{more}"
