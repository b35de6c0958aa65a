"""What every run of the suite imports, reads and draws, so that runs forked from here need not: half
of a short run is that.
"""

import gc

import hypothesis.strategies
import jsonschema_rs
import lxml.etree
import pytest
import schemathesis

import workspace_conformance.plugin
from workspace_conformance import contract, operations
from workspace_conformance.attempts import parameter

__all__ = ["hypothesis", "jsonschema_rs", "lxml", "pytest", "schemathesis", "workspace_conformance"]

contract.load()
for operation in operations.described().values():
    if operation.form:
        continue
    fixed = {"path_parameters": {parameter(operation): "1"}} if "{" in operation.path else {}
    if operation.method == "GET":
        operations.draw(operation, 1, query={}, **fixed)
        operations.draw(operation, 1, query={})
        operations.draw(operation, 2, **fixed)
    else:
        operations.draw(operation, 1, **fixed)
        operations.draw(operation, 3, **fixed)

gc.collect()
gc.freeze()  # garbage collections in the forked processes need not look at all this
