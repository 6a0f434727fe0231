"""One supervised reader per sensor: states, watchdog, reopening, counters.

`Health` is the state machine and knows no thread and no clock; an `Attendant` takes one step of a driver at a time;
`SupervisedReader` gives it a thread and replaces it when the driver hangs; `Supervision` looks after the sensors of a whole
station and reports every start-up fault at once.
"""
