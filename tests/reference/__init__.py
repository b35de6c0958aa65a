"""Tests of the embedded portal and its faults."""
