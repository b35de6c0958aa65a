"""Registers the plugin, nothing else."""

pytest_plugins = ["workspace_conformance.session.plugin"]
