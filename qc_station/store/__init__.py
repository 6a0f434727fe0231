"""The station's memory: a SQLite database and item files that a person can open.

`store.py` is what others use. One thread owns the connection that writes (`writer.py`), readers are many and read-only.
The schema grows by numbered files in `migrations/`. An item's windows are files under `items/STREAM/`, written under a
temporary name, synced and renamed before the row that names them is committed; `kill -9` at any point leaves no row
without its files.
"""

from qc_station.store.decisions import Decision
from qc_station.store.store import Added, Store

__all__ = ["Added", "Decision", "Store"]
