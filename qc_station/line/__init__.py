"""The line: drivers and triggers through the aligner into snapshots, and snapshots with known truth into items.

`aligning.py` is the aligner that a station asks for, `feeding.py` merges readings and triggers in time order, `shift.py`
makes stored parts of snapshots, `simulation.py` is a whole station whose sensors are simulated. Live, `shell.py` stands
around the aligner, `inspection.py` decides, and `live.py` puts all of it together; `wall_clock.py` only watches.
"""
