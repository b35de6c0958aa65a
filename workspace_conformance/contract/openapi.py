"""The OpenAPI document of the core resources, with each operation in its three forms.

schemas/openapi.yaml describes each operation once, without a suffix. Here the forms with .json and .xml
are derived, which differ in the media of a success only, and the failures that every operation may
answer are added. `python -m workspace_conformance.contract.openapi` prints the result as JSON, which is
YAML as well.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from workspace_conformance.contract.data_files import schema_path

METHODS = ("get", "post", "put", "delete")
_FORMS = {"": "", "json": "Json", "xml": "Xml"}  # by the suffix: how names of its answers end
_ANSWER = "#/components/responses/"


@cache
def document() -> Mapping[str, Any]:
    """The whole document, every path in three forms, in the order bare, .json, .xml.

    It is shared: copy what is to be changed.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    short = yaml.load(schema_path("openapi.yaml").read_text(encoding="utf-8"), loader)
    failures = short.pop("x-failures")
    paths = {
        f"{path}.{form}" if form else path: _item(item, form, failures)
        for path, item in short["paths"].items()
        for form in _FORMS
    }
    answers: dict[str, Any] = {}
    for name, answer in short["components"]["responses"].items():
        answers[name] = answer
        if f"{_ANSWER}{name}" not in _references_of(failures):
            for form, ending in _FORMS.items():
                if form:
                    content = {
                        media: held
                        for media, held in answer["content"].items()
                        if media.endswith(f"/{form}")
                    }
                    answers[f"{name}{ending}"] = {**answer, "content": content}
    return {**short, "paths": paths, "components": {**short["components"], "responses": answers}}


def _item(item: Mapping[str, Any], form: str, failures: Mapping[str, Any]) -> dict[str, Any]:
    """A path's operations in one form."""
    return {
        name: _operation(value, form, failures) if name in METHODS else value
        for name, value in item.items()
    }


def _operation(
    operation: Mapping[str, Any], form: str, failures: Mapping[str, Any]
) -> dict[str, Any]:
    successes = {
        status: {"$ref": f"{answer['$ref']}{_FORMS[form]}"}
        for status, answer in operation["responses"].items()
    }
    name = operation["operationId"]
    return {
        **operation,
        "operationId": f"{name}.{form}" if form else name,
        "responses": {**successes, **failures},
    }


def _references_of(failures: Mapping[str, Any]) -> set[str]:
    return {answer["$ref"] for answer in failures.values()}


def main() -> int:
    """Print the whole document."""
    parser = argparse.ArgumentParser(
        prog="python -m workspace_conformance.contract.openapi", description=__doc__
    )
    parser.parse_args()
    json.dump(document(), sys.stdout, indent=1, ensure_ascii=False)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
