"""What a set of recordings can teach and what it may teach wrongly, before anything is trained.

`material.py` loads a manifest or a station, `finding.py` is what is said about it, and each other file looks for one thing:
`counts.py` and `overlap.py` what there is, `duplicates.py` equal windows, `leakage.py` windows that are nearly equal (found
by `neighbours.py`, judged by `likeness.py`), `shortcuts.py` labels that a trivial number predicts, `sessions.py` labels that
the group alone tells, `teaching.py` what the floor makes of each stream and pair. `audit.py` puts them together.
"""
