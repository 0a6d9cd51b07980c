"""pandapower JSON files, read without letting them choose which code runs.

pandapower rebuilds objects from the module and class names in the file. A file from somebody else must not name
anything but plain data, so the text is scanned, also inside nested JSON strings, before pandapower sees it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grids.errors import GridError
from grids.naming import fill_names

if TYPE_CHECKING:
    from pandapower import pandapowerNet

NETWORK = ("pandapower.auxiliary", "pandapowerNet")
ALLOWED = frozenset(
    {
        NETWORK,
        ("pandas.core.frame", "DataFrame"),
        ("pandas", "DataFrame"),
        ("pandas.core.series", "Series"),
        ("pandas", "Series"),
        ("numpy", "array"),
        ("numpy", "bool"),
        ("numpy", "bool_"),
        ("numpy", "float64"),
        ("numpy", "float32"),
        ("numpy", "int64"),
        ("numpy", "int32"),
        ("builtins", "tuple"),
        ("builtins", "set"),
        ("builtins", "frozenset"),
    }
)
TABLES = frozenset({"DataFrame", "Series"})


class RefusedFileError(GridError):
    """A network file that is no plain pandapower network."""


def load(path: Path) -> pandapowerNet:
    """The network in a pandapower JSON file, with names filled.

    Raises:
        RefusedFileError: the file is no pandapower network, or names a class outside the allow-list.
        OSError: the file cannot be read.
    """
    import pandapower  # noqa: PLC0415

    text = path.read_text(encoding="utf-8")
    try:
        scan(text)
        net = pandapower.from_json_string(text, convert=True)
    except RefusedFileError as error:
        raise RefusedFileError(f"{path.name}: {error}") from None
    except (UserWarning, KeyError, TypeError, AttributeError, ValueError) as error:
        raise RefusedFileError(f"{path.name}: pandapower cannot read it ({error})") from error
    fill_names(net)
    return net


def scan(text: str) -> None:
    """Refuse JSON text that is no pandapower network or that names anything but plain data.

    Raises:
        RefusedFileError: what was found.
    """
    root = _parse(text, "the file")
    if not isinstance(root, dict) or (root.get("_module"), root.get("_class")) != NETWORK:
        raise RefusedFileError("not a pandapower network (write it with pandapower.to_json)")
    if not isinstance(root.get("_object"), dict):
        raise RefusedFileError("not a pandapower network: its content is not inline")
    try:
        _walk(root, "net")
    except RecursionError:
        raise RefusedFileError("nested too deep") from None


def _walk(value: Any, place: str) -> None:
    if isinstance(value, dict):
        _check_object(value, place)
        for key, item in value.items():
            _walk(item, place if key == "_object" else f"{place}.{key}")
    elif isinstance(value, list):
        for item in value:
            _walk(item, place)
    elif isinstance(value, str):
        scan_text(value, place)


def _check_object(value: dict[str, Any], place: str) -> None:
    if "_module" not in value and "_class" not in value:
        return
    named = (value.get("_module"), value.get("_class"))
    if named not in ALLOWED:
        raise RefusedFileError(
            f"{place} names {named[0]}.{named[1]}, which is not plain network data "
            "(remove controllers and other objects, then save the network again)"
        )
    if named[1] in TABLES:
        # pandas takes a string that is no JSON for a file name
        content = value.get("_object")
        if not isinstance(content, str) or not isinstance(_parse(content, place), dict | list):
            raise RefusedFileError(f"{place}: a table must be inline JSON")


def scan_text(text: str, place: str) -> None:
    """Refuse text that names anything but plain data, should pandapower decode it as JSON.

    What cannot be read as JSON now must not name anything at all.

    Raises:
        RefusedFileError: what was found, at `place`.
    """
    if text.lstrip()[:1] not in {"{", "[", '"'}:
        return
    try:
        nested = _parse(text, place)
    except RefusedFileError:
        if any(mark in text for mark in ("_module", "_class", "\\u")):
            raise
        return
    _walk(nested, place)


def _parse(text: str, place: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            raise RefusedFileError(f"{place}: a key is given twice")
        return result

    try:
        return json.loads(text, object_pairs_hook=unique)
    except (json.JSONDecodeError, RecursionError) as error:
        raise RefusedFileError(f"{place}: no readable JSON ({error})") from None
