"""The running line follows its station's champion: a new one is loaded beside it and takes over between two parts."""

import threading
from collections.abc import Callable
from pathlib import Path

from deploy.runtime import Runtime
from qc_station.bundles import FOLDER
from qc_station.champion.loading import deciding_runtime
from qc_station.champion.record import FILE, read_champions
from qc_station.config.station import StationConfig
from sensors.errors import QCError

EVERY_NS = 1_000_000_000
"""The file is looked at no more often."""

REFUSED = "the champion cannot be used"

Stamp = tuple[int, int, int] | None


def in_thread(work: Callable[[], None]) -> None:
    """Do it beside the line; it dies with the line."""
    threading.Thread(target=work, name="champion", daemon=True).start()


class Succession:
    """Looks at `champion.json`, loads what it names, and hands it on once it is whole and its self-test is met.

    What runs is never taken away: a champion that cannot be loaded leaves it in place and says why in `fault`.
    """

    def __init__(
        self,
        station: Path,
        config: StationConfig,
        running: Runtime | None,
        *,
        load: Callable[[Path, StationConfig, Path], Runtime] = deciding_runtime,
        start: Callable[[Callable[[], None]], None] = in_thread,
    ) -> None:
        """Nothing is looked at yet.

        Args:
            station: Folder of the station.
            config: Of the station.
            running: What decides now; None where nothing does.
            load: From the station and a bundle's folder to a verified runtime.
            start: Does its argument beside the line.
        """
        self._station, self._config, self._start = station, config, start
        self._load = load
        self._running = None if running is None else running.manifest.digest
        self._stamp: Stamp = None
        self._looked_ns = -EVERY_NS
        self._ready: Runtime | None = None
        self._busy = False
        self._lock = threading.Lock()
        self.fault = ""
        """Why the champion that is named is not the one that decides; "" where it is, or is being loaded."""

    def look(self, now_ns: int) -> None:
        """Begin to load a champion that is new; costs one look at a file, at most once a second.

        Args:
            now_ns: CLOCK_MONOTONIC.
        """
        if now_ns - self._looked_ns < EVERY_NS:
            return
        self._looked_ns = now_ns
        stamp = self._seen()
        with self._lock:
            if stamp == self._stamp or self._busy:
                return
            self._stamp, self._busy = stamp, True
        self._start(self._follow)

    def take(self, adopt: Callable[[Runtime], None]) -> Runtime | None:
        """Hand on a new champion, once, in the thread that decides.

        Args:
            adopt: Decides with it from now on; where it refuses with a `QCError`, what runs stays and `fault` says why.

        Returns:
            What was adopted; None where nothing was.
        """
        with self._lock:
            found, self._ready = self._ready, None
        if found is None:
            return None
        try:
            adopt(found)
        except QCError as error:
            self.fault = f"{REFUSED}: {error}"
            return None
        self._running = found.manifest.digest
        return found

    def _seen(self) -> Stamp:
        try:
            found = (self._station / FILE).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _follow(self) -> None:
        """On a thread of its own: read, load, self-test."""
        runtime, fault = None, ""
        try:
            reign = read_champions(self._station).champion
            if reign is not None and reign.bundle != self._running:
                runtime = self._load(self._station, self._config, self._station / FOLDER / reign.folder)
                if runtime.manifest.digest != reign.bundle:
                    found, runtime = runtime.manifest.digest[:12], None
                    fault = f"folder {reign.folder} holds bundle {found}, not the champion"
        except Exception as error:  # whatever it is, it has to be told and must not stop the line
            runtime, fault = None, f"{REFUSED}: {error}"
        with self._lock:
            self._ready, self.fault, self._busy = runtime, fault, False
