"""Writers over a finished run, from the terminal to the certificate: nothing flows back from here.

They may use the limiter and the rooms below it.
"""
