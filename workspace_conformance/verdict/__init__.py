"""From the outcomes of cases to a verdict: waivers, baseline and gate.

It may use exchange and contract.
"""
