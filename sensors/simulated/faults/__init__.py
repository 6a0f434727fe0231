"""What happens to sensors on a floor, at a chosen time and for a chosen duration.

A `Fault` says what it does at four places, and does nothing at the others:

- `measured`: what the device measures, before it is put on a wire (frozen, saturated, no number),
- `sent`: the bytes on the wire, before a decoder sees them (garbage, half of them, the wrong baud rate, too many),
- `handed`: readings, for drivers that have no wire (`FaultyDriver`),
- time: how many samples the device makes (`rate`), how early it makes them (`lead_ns`), whether its clock begins anew.

A fault is pure and holds no memory: what it needs to know of the past is given to it. `Injection` holds the faults of
one sensor and applies those that are active. `text` reads and writes a fault as a person does, and a `Place` is the sensor
to which a fault is fitted, or that refuses it. The wires of `sensors.simulated.wires` and `FaultyDriver` both ask it.
"""
