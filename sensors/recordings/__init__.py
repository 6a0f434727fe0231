"""Recordings of a station: readings, triggers and sessions in MCAP files that Foxglove lists.

A `Recorder` writes into a folder, one file at a time (NAME.mcap.open, renamed to NAME.mcap when closed); a `Recording`
reads a closed file back byte for byte; `recover` saves what a crash or a bad disk left of a file. The format is written
down in `payload.py` (readings), `messages.py` (triggers, sessions) and `declaration.py` (streams, clocks).
"""
