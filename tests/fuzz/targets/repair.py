"""A file that a crash or a bad disk has left, and that the next start saves what is whole of."""

from contextlib import nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from sensors.errors import SensorReadError
from sensors.readings import Reading
from sensors.recordings.recording import Recording
from sensors.recordings.repair import OPEN, repair
from tests.fuzz.recordings import MEMORY, believed, plain, reading, recordings
from tests.fuzz.targets.recording import TOKENS as TOKENS

CORPUS = tuple(bytes([kind]) + data for data in recordings() for kind in range(2))
WRITTEN = {plain(reading(number)) for number in range(8)}


def fuzz(data: bytes) -> None:
    """Nothing is raised, what was saved can be read, and without forged checksums every reading is one that was written."""
    forged = bool(data) and bool(data[0] % 2)
    with TemporaryDirectory(dir=MEMORY) as folder:
        (Path(folder) / f"000001-{OPEN}").write_bytes(believed(data[1:]) if forged else data[1:])
        result = repair(Path(folder))
        assert not result.failed, result.failed
        for recovered in result.recovered:
            if recovered.path is not None:
                # What is believed though forged may hold messages that are no readings.
                with suppress(SensorReadError) if forged else nullcontext():
                    _check(recovered.path, recovered.messages, forged)


def _check(path: Path, messages: int, forged: bool) -> None:
    items = list(Recording(path).everything())
    assert len(items) == messages, f"{messages} messages were saved, {len(items)} can be read"
    found = [plain(item) for item in items if isinstance(item, Reading)]
    assert forged or set(found) <= WRITTEN, "a reading that nobody wrote"
