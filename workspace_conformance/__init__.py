"""A contract-conformance suite for servers of the ONLYOFFICE Workspace API."""

__version__ = "0.2.0"
