"""The table of sensors on a screen of 80 columns."""

from rich.console import Console

from qc_station.cli.sensor_table import sensor_table
from qc_station.sensing.status import SensorStatus

WHY = "no video source [/dev/video9]; found: /dev/v4l/by-path/platform-usb-0:1.2:1.0-video-index0"


def status(stream: str, why: str) -> SensorStatus:
    return SensorStatus(
        stream=stream,
        state="reopening" if why else "live",
        rate_hz=15_999.0,
        declared_hz=16_000.0,
        age_s=0.1,
        drift_ppm=35.0,
        signal="█████░░░░░ -32 dB",
        counters={"readings": 1234, "samples": 1_263_616, "gaps": 2},
        why=why,
    )


def printed(*statuses: SensorStatus) -> str:
    console = Console(width=80)
    with console.capture() as capture:
        console.print(sensor_table(list(statuses), "sensors"))
    return capture.get()


def test_what_is_wrong_stands_below_the_table_in_the_width_of_the_screen() -> None:
    below = printed(status("acoustic", ""), status("thermal", WHY)).rpartition("┘\n")[2]
    assert " ".join(below.split()) == f"thermal: {WHY}"
    assert len(below.splitlines()) == 2


def test_below_sensors_that_live_there_is_nothing() -> None:
    assert printed(status("acoustic", "")).endswith("┘\n")
