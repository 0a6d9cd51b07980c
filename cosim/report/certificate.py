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
    failed = "" if check.get("passed") else f", {check.get('unsolved')} without solution there: FAILED"
    return f"{check['samples']} samples solved again by {check['reference']}, {apart}{failed}"


def failures_text(manifest: Mapping[str, Any]) -> str:
    """What was found out about the first member without solution; empty if there is none."""
    failed = manifest.get("failed_members") or []
    if not failed:
        return ""
    first = failed[0]
    where = f"member {first['member']}, step {first['k']}"
    said = f"{first['collapse_factor']:.3g} times that step's demand has a solution"
    if first.get("critical_bus"):
        said += f", bus {first['critical_bus']} gives way first"
    more = f" (and {len(failed) - 1} more in failed/)" if len(failed) > 1 else ""
    return f"{where}: {said}{more}"
