"""A simulated line with known truth: parts pass a microphone, a thermal camera and a gas array.

A `Part` is what comes along the belt and what is wrong with it (`parts.py`), a `Passing` is a part with its time
(`line.py`). Each sensor is a `Source`, a pure function from sample times to samples: the knock on the part
(`knock.py`), the frame of its heat (`frame.py`), the gas that it leaves (`gas.py`). `drivers.py` puts a source behind
the contract of every driver, with blocks, a sample counter and late arrival. Nothing waits: the clock is simulated, and
one seed gives the same bytes every time. Whatever is shown from here must be called simulated.
"""
