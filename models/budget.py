"""What a training may cost: time by a clock, energy by the processor's own counter."""

from collections.abc import Callable
from pathlib import Path

COUNTERS = Path("/sys/class/powercap")
JOULES_PER_WATT_HOUR = 3600.0


class EnergyMeter:
    """Energy of all processor packages since it was made, from the kernel's running average power limit counters.

    It counts what the whole processor uses, other programs included.
    """

    def __init__(self, folder: Path = COUNTERS) -> None:
        """Find the counters.

        Raises:
            ValueError: there are none, or they may not be read.
        """
        # intel-rapl:0 is a package; intel-rapl:0:0 is a part of it and would count twice.
        self.files = sorted(f for f in folder.glob("intel-rapl:*/energy_uj") if f.parent.name.count(":") == 1)
        try:
            self.last = [self._microjoules(file) for file in self.files]
        except OSError as error:
            raise ValueError(f"an energy budget needs {error.filename}, which may not be read: {error}") from error
        if not self.files:
            raise ValueError(f"an energy budget needs the processor's energy counters; there are none in {folder}")
        self.joules = 0.0

    def watt_hours(self) -> float:
        """Since it was made; called more often than the counters overflow (minutes at full load)."""
        for place, file in enumerate(self.files):
            now = self._microjoules(file)
            step = now - self.last[place]
            if step < 0:
                step += self._microjoules(file.with_name("max_energy_range_uj"))
            self.joules += step / 1e6
            self.last[place] = now
        return self.joules / JOULES_PER_WATT_HOUR

    @staticmethod
    def _microjoules(file: Path) -> int:
        return int(file.read_text())


class Budget:
    """Time and energy together; the scarcer one decides."""

    def __init__(
        self,
        limit_s: float,
        clock: Callable[[], float],
        limit_wh: float | None = None,
        meter: EnergyMeter | None = None,
    ) -> None:
        self.limit_s, self.limit_wh, self.clock = limit_s, limit_wh, clock
        self.meter = (meter or EnergyMeter()) if limit_wh is not None else None
        self.started = clock()
        self.before_s = 0.0
        """Time that was spent before a resumption."""
        self.before_wh = 0.0
        self.elapsed_s = 0.0
        self.used_wh = 0.0

    def look(self) -> float:
        """Read clock and meter once; returns the seconds since training began, resumptions left out."""
        self.elapsed_s = self.before_s + self.clock() - self.started
        if self.meter:
            self.used_wh = self.before_wh + self.meter.watt_hours()
        return self.elapsed_s

    def room(self, finished: int) -> tuple[int, str]:
        """Further epochs that the budget allows at the mean cost of those that are finished, and which limit binds.

        The mean of all epochs: a moment in which the box was busy must not cut the plan for good.
        """
        left, reason = self._left(self.limit_s, self.elapsed_s, finished), f"budget of {self.limit_s:g} s"
        if self.limit_wh is not None:
            energy = self._left(self.limit_wh, self.used_wh, finished)
            if energy < left:
                return energy, f"budget of {self.limit_wh:g} Wh"
        return left, reason

    @staticmethod
    def _left(limit: float, used: float, finished: int) -> int:
        return max(0, int((limit - used) / max(used / finished, 1e-9)))
