"""What every run of the suite imports, reads and draws, so that runs forked from here need not: half
of a short run is that.
"""

import gc

import hypothesis.strategies
import jsonschema_rs
import lxml.etree
import pytest
import schemathesis

import workspace_conformance.session.hooks
from workspace_conformance.checks import described_operations
from workspace_conformance.checks.operation_attempts import parameter
from workspace_conformance.contract import requirements

__all__ = ["hypothesis", "jsonschema_rs", "lxml", "pytest", "schemathesis", "workspace_conformance"]

requirements.load()
for operation in described_operations.described().values():
    if operation.form:
        continue
    fixed = {"path_parameters": {parameter(operation): "1"}} if "{" in operation.path else {}
    if operation.method == "GET":
        described_operations.draw(operation, 1, query={}, **fixed)
        described_operations.draw(operation, 1, query={})
        described_operations.draw(operation, 2, **fixed)
    else:
        described_operations.draw(operation, 1, **fixed)
        described_operations.draw(operation, 3, **fixed)

gc.collect()
gc.freeze()  # garbage collections in the forked processes need not look at all this
