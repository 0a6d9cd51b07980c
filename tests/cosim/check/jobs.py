"""What worker processes are given to do in tests: they must find it by its module."""

import os
import time
from pathlib import Path


def double(number: int) -> int:
    return 2 * number


def where(_: int) -> int:
    return os.getpid()


def die_at_two(number: int) -> int:
    if number == 2:
        os._exit(9)
    return number


def sleep_but_for_zero(number: int) -> int:
    if number:
        time.sleep(600)
    return number


def later_if_first(file: str) -> str:
    """Item 0 waits until item 1 has been here."""
    here = Path(file)
    if here.name == "0":
        while not here.with_name("1").exists():
            time.sleep(0.01)
    here.touch()
    return here.name
