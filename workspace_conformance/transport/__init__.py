"""The one way out to the target: paced, with consent, recorded, redacted.

It may use the settings, and the rooms below: verdict, exchange, contract.
"""
