"""The sound of the simulated line, played aloud into PulseAudio, where a `Microphone` hears it."""

import subprocess
import threading

from sensors.driver import Driver
from sensors.errors import SensorNotFoundError
from sensors.readings import Reading

PROGRAM = "pacat"
"""Of the package `pulseaudio-utils`; PipeWire understands it too."""
LATENCY_MS = 100
"""What PulseAudio is to hold; less makes a busy host stutter."""


class Loudspeaker:
    """Plays a waveform into a sink; PulseAudio sets the pace.

    A process of its own plays, because a `Microphone` of this process renews PortAudio's list of devices when it opens,
    which would end every other stream of the process.
    """

    def __init__(self, driver: Driver, *, sink: str | None = None, server: str | None = None) -> None:
        """Nothing is played before `start`.

        Args:
            driver: Of int16 samples, with a rate; this one's alone.
            sink: Where to; PulseAudio's default sink if not given. A null sink's monitor is a microphone.
            server: E.g. `unix:/run/user/1000/pulse/native`; the user's own server if not given.

        Raises:
            ValueError: the stream is no waveform with a rate.
        """
        stream = driver.stream
        if stream.kind != "waveform" or not stream.nominal_rate_hz:
            raise ValueError(
                f"stream '{stream.name}' is {stream.kind}, {stream.nominal_rate_hz} Hz; needs a waveform and a rate"
            )
        self._driver, self._command = driver, [PROGRAM, "--playback", "--raw", "--format=s16le"]
        self._command += [f"--rate={round(stream.nominal_rate_hz)}", f"--channels={stream.shape[0]}"]
        self._command += [f"--latency-msec={LATENCY_MS}", "--client-name=simulated line"]
        self._command += [f"--device={sink}"] if sink else []
        self._command += [f"--server={server}"] if server else []
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self.failure = ""
        """Why playing has ended before its time; empty while it has not."""

    def start(self) -> None:
        """Play until `stop` or the end of the driver.

        Raises:
            SensorNotFoundError: the program is not installed.
        """
        pipe = subprocess.PIPE
        try:
            # The command is put together above from a constant, numbers and names, and no shell reads it.
            process = subprocess.Popen(self._command, stdin=pipe, stderr=pipe, bufsize=0)  # noqa: S603
        except FileNotFoundError as error:
            raise SensorNotFoundError(f"playing sound needs the program '{PROGRAM}' (pulseaudio-utils)") from error
        self._process = process
        self._stop.clear()
        self._thread = threading.Thread(target=self._play, args=(process,), name="loudspeaker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Be silent; may be called twice."""
        self._stop.set()
        process, self._process = self._process, None
        if process is None or self._thread is None:
            return
        # Before the thread is waited for: it may be waiting for the program to take more.
        process.kill()
        self._thread.join()
        process.wait()
        for end in (process.stdin, process.stderr):
            if end is not None:
                end.close()

    def _play(self, process: subprocess.Popen[bytes]) -> None:
        """Everything the driver has, as fast as it is taken."""
        self._driver.open()
        try:
            while not self._stop.is_set():
                self._say(process, self._driver.read())
        except EOFError:
            # What the program still holds is played before it ends by itself.
            self._end(process)
        except OSError as error:
            if not self._stop.is_set():
                self.failure = f"'{PROGRAM}' has ended: {self._complaint(process) or error}"
        finally:
            self._driver.close()

    def _say(self, process: subprocess.Popen[bytes], reading: Reading | None) -> None:
        if reading is not None and process.stdin is not None:
            rest = memoryview(reading.data.astype("<i2", copy=False).tobytes())
            while rest:
                rest = rest[process.stdin.write(rest) or 0 :]

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:
            process.stdin.close()

    def _complaint(self, process: subprocess.Popen[bytes]) -> str:
        """What the program says about its end."""
        return "" if process.stderr is None else process.stderr.read().decode(errors="replace").strip()
