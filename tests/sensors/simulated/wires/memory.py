"""A cable that keeps what was sent over it."""


class MemoryLink:
    """Heard whenever it is plugged in, unless a test says otherwise."""

    def __init__(self, *, listening: bool = True) -> None:
        self.counters: dict[str, int] = {}
        self.log: list[str] = []
        self.chunks: list[bytes] = []
        self.plugged, self.listening, self.began = False, listening, 0

    def plug(self) -> None:
        self.plugged = True
        self.began += self.listening
        self.log.append("plug")

    def unplug(self) -> None:
        self.plugged = False
        self.log.append("unplug")

    def listen(self) -> None:
        """Somebody opens the other end."""
        self.listening = True
        self.began += 1

    @property
    def listeners(self) -> int:
        return self.began

    @property
    def heard(self) -> bool:
        return self.plugged and self.listening

    def send(self, chunk: bytes) -> None:
        self.chunks.append(chunk)
