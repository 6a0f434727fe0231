"""Drivers, readings and the simulated line; numpy alone, nothing of torch.

A `Stream` is what a sensor promises, a `Driver` opens one device and delivers `Reading`s: samples with a sequence
number, a session, the device's time where it has a clock, and the monotonic time of arrival. See `driver.py` for the contract.
"""
