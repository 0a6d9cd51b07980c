"""The resolved scenario, after `extends`, variant and `--set`: text for the run folder, and a hash of its content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from cosim.scenario.files import file_values, inside
from cosim.scenario.tree import Node, dotted

_GONE = frozenset({"extends", "variants"})  # what resolving used up


class _Dumper(yaml.SafeDumper):
    """Writes text that our reader reads back as the same text: quotes whatever looks like another type to anyone."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write every value in full."""
        return True


def without_layers(tree: Node) -> Node:
    """The tree without the keys that resolving used up."""
    return replace(tree, value={key: child for key, child in tree.mapping.items() if key not in _GONE})


def to_yaml(tree: Node) -> str:
    """Deterministic YAML of a resolved tree, file names as written (relative), keys in the order of the files."""
    data = _bare(without_layers(tree))
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def content_hash(tree: Node) -> str:
    """SHA-256 over the resolved values (whatever their order) and the bytes of every file they name."""
    digest = hashlib.sha256(yaml.dump(_bare(without_layers(tree)), Dumper=_Dumper, sort_keys=True).encode())
    for route, node in sorted(file_values(tree), key=lambda item: dotted(item[0])):
        if (named_in := node.place.source.file) is not None:
            digest.update(f"\n{dotted(route)}\n".encode())
            digest.update(inside(str(node.value), named_in).read_bytes())
    return digest.hexdigest()


def _bare(node: Node) -> Any:
    """Plain data with exact built-in types."""
    if isinstance(node.value, Mapping):
        return {key: _bare(child) for key, child in node.value.items()}
    if isinstance(node.value, tuple):
        return [_bare(child) for child in node.value]
    return node.value
