"""`python -m qc_station` is `qc-station`."""

from qc_station.cli import main

main()
