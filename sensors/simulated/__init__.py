"""A simulated line with known truth: parts pass a microphone, a thermal camera and a gas array.

A `Part` is what comes along the belt and what is wrong with it (`parts.py`), drawn from a `Mix` of kinds (`mix.py`,
`kinds.py`); a `Passing` is a part with its time (`line.py`). Each sensor is a `Source` (`source.py`), a pure function
from sample times to samples that can be cut anywhere without a change:

- the microphone (`knock.py`) hears the knock on a part and its bearing (`bearing.py`), both ringing a structure
  (`resonance.py`), over the floor (`floor.py`): mains, gear, motor (`motor.py`) and voices (`babble.py`);
- the camera (`frame.py`) sees grey bodies (`emissivity.py`) with spots of heat that spread (`spot.py`), and adds
  noise, pattern and drift (`imager.py`) until its shutter closes (`shutter.py`);
- the gas array (`gas.py`) answers to what parts leave in the air, as fast as its oxides can (`oxide.py`), and to the
  climate of the room (`climate.py`).

`conditions.py` sets all of this but the parts. `drivers.py` puts a source behind the contract of every driver, with
blocks, a sample counter and late arrival. Nothing waits: the clock is simulated, and one seed gives the same bytes
every time. Whatever is shown from here must be called simulated.
"""
