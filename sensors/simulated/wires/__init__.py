"""The simulated line behind the wires of real sensors, for people without hardware and for tests of what stands before it.

A `Device` takes the readings of a simulated driver, puts each into bytes when its time has come (an `Encoder`: `csv`,
`jsonl`, `bme688`, `mlx90640`, `y4m`) and sends them over a `Link`: a `Terminal`, which a `SerialArray` opens as it
opens a serial port, or a `Pipe`, which a `Camera` opens as it opens a video. Sound is a recording that `Replay` plays
(`sound`, and `current`, so that it goes on in the present after it was opened again), or is played aloud into
PulseAudio for a `Microphone` (`loudspeaker`). `video` writes frames into a file.
`SimulatedWires` is all three together. Faults of `sensors.simulated.faults` act on what a device measures and on the
bytes that it sends. Nothing here knows a wall clock; threads are thin shells around `step`.
"""
