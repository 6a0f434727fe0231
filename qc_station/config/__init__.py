"""station.toml: what a person writes about a station, checked on load.

`station.py` holds the tables and their defaults, `loading.py` reads and checks a file, `writing.py` writes one with
comments, `kinds.py` says which keys belong to which kind of stream.
"""
