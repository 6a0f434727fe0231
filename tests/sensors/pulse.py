"""A PulseAudio server of the test's own: one silent sink, whose monitor PortAudio sees as a microphone.

Needs the programs `pulseaudio`, `pactl` and `paplay` and the ALSA plugin of PulseAudio; on Debian and Ubuntu the packages
`pulseaudio`, `pulseaudio-utils`, `libasound2-plugins` and `libportaudio2`. No sound card, no D-Bus, no session.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

PROGRAMS = ("pulseaudio", "pactl", "paplay")
PLUGINS = "**/alsa-lib/libasound_module_pcm_pulse.so"
ALSA_CONFIG = Path("/usr/share/alsa/alsa.conf")
DEVICE = "station_line"
SINK = "line"
START_S = 5.0
ALSA_SOURCE = """<{config}>
pcm.{device} {{
  type pulse
  server "unix:{socket}"
  device "{sink}.monitor"
}}
"""


def missing() -> str:
    """Which part is not installed; empty when all are."""
    programs = [program for program in PROGRAMS if shutil.which(program) is None]
    if programs:
        return f"no program {', '.join(programs)}"
    if not ALSA_CONFIG.exists() or not any(any(Path(root).glob(PLUGINS)) for root in ("/usr/lib", "/usr/lib64")):
        return "no ALSA plugin for PulseAudio (libasound2-plugins)"
    return ""


class PulseServer:
    """Runs in a folder of its own, so that a server of the user is neither used nor disturbed."""

    def __init__(self, folder: Path, *, rate_hz: int) -> None:
        self._folder, self._socket, self._rate_hz = folder, folder / "native", rate_hz
        self.alsa_config = folder / "asound.conf"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when the server answers; raises RuntimeError with its log when it does not."""
        folder = self._folder
        folder.chmod(0o700)
        self.alsa_config.write_text(
            ALSA_SOURCE.format(config=ALSA_CONFIG, device=DEVICE, socket=self._socket, sink=SINK)
        )
        modules = (
            f"module-native-protocol-unix socket={self._socket} auth-anonymous=1",
            # Without norewinds the sink renders up to 2 s ahead, and a recording starts as late as that.
            f"module-null-sink sink_name={SINK} rate={self._rate_hz} channels=1 norewinds=1",
        )
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                # Without -n it would load the system's modules and look for sound cards.
                ["pulseaudio", "--daemonize=no", "-n", "--exit-idle-time=-1", *(f"--load={m}" for m in modules)],
                env=self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_S
        while subprocess.run(["pactl", "info"], env=self._environment(), capture_output=True).returncode:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PulseAudio does not start: {(folder / 'log').read_text()}")
            time.sleep(0.05)

    def play(self, path: Path) -> None:
        """Play a WAV into the sink; return when it has been played."""
        subprocess.run(["paplay", f"--device={SINK}", path], env=self._environment(), check=True, timeout=10)

    def signal(self, number: signal.Signals) -> None:
        """Stop or continue the server."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End the server without a good-bye."""
        assert self._process is not None
        self._process.kill()
        # Until it has been waited for, a new server takes it for a running one.
        self._process.wait(timeout=5)

    def stop(self) -> None:
        """End the server whatever state it is in; may be called twice."""
        if self._process is not None and self._process.poll() is None:
            # A stopped process takes no notice of being asked to end.
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait(timeout=5)

    def _environment(self) -> dict[str, str]:
        """Nothing of the user's own PulseAudio."""
        own = {key: value for key, value in os.environ.items() if not key.startswith(("PULSE_", "XDG_", "DBUS_"))}
        folder = str(self._folder)
        return own | {"HOME": folder, "XDG_RUNTIME_DIR": folder, "PULSE_SERVER": f"unix:{self._socket}"}
