"""Wires of serial sensors: pure decoders from bytes to samples.

A decoder knows no port and no clock. It is fed whatever bytes arrived, keeps what is not whole yet, and gives the samples
that became whole; the same bytes in other pieces give the same samples. What it cannot read it counts and never passes on.

One file is one protocol; its `PROTOCOL` is the class, and its file name is the name in the configuration:

- `csv`: one line of numbers a sample; what an Arduino with an array of MQ sensors prints
- `jsonl`: one JSON object a line
- `bme688`: ten heater steps of a Bosch BME688 are one sample
- `mlx90640`: binary frames of a GY-MCU90640 thermal camera module
"""
