"""Signal processing as layers, so that the exported graph takes the raw window."""
