"""Writers over a finished run: nothing flows back from here."""
