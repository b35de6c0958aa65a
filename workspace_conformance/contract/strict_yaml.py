"""YAML that people write: a key given twice is a mistake, of which the plain loader says nothing."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

Error = yaml.YAMLError


def load(text: str) -> Any:
    """What a document says; raises Error, with the line, for what is none or says something twice."""
    return yaml.load(text, Loader=_StrictLoader)


class _StrictLoader(yaml.SafeLoader):
    """YAML that refuses a key given twice: the plain loader keeps the last one and says nothing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # The plain loader has its own complaint about keys that are no text.
            if key.value in seen:
                problem = f"field {key.value!r} is twice in one mapping"
                raise yaml.MarkedYAMLError(problem=f"{problem}, line {key.start_mark.line + 1}")
            seen.add(key.value)
        return super().construct_mapping(node, deep)
