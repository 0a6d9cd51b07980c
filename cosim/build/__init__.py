"""From a validated scenario to a `Study`: every series read, every point placed, nothing running yet."""

from __future__ import annotations

from cosim.build.assemble import build_study

__all__ = ["build_study"]
