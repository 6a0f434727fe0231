"""The line: drivers and triggers through the aligner into snapshots, and snapshots with known truth into items.

`feeding.py` merges readings and triggers in time order, `shift.py` makes stored parts of snapshots, `simulation.py`
is a whole station whose sensors are simulated.
"""
