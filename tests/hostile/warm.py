"""What a run of the suite imports, so that runs forked from here need not wait for it."""

import hypothesis
import hypothesis.strategies
import jsonschema_rs
import lxml.etree
import pytest
import schemathesis

import workspace_conformance.plugin

__all__ = [
    "hypothesis",
    "jsonschema_rs",
    "lxml",
    "pytest",
    "schemathesis",
    "workspace_conformance",
]
