"""How much later one sensor hears a tap than another.

`activity.py` makes one number per moment of any stream, `events.py` finds the taps in it, `pairing.py` says which tap
of one stream is which of the other, `lag.py` draws the conclusion or refuses it.
"""
