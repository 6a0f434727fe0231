"""What says that a part is in front of the sensors: a timer, HTTP, a serial line, an onset, a key, a recording.

Each file that binds `SOURCE` is a kind of trigger, named as the file; `[trigger]` in station.toml chooses one.
`contract.py` is what all of them do, `part_names.py` gives parts their identity, `sources.py` runs several as one.
"""
