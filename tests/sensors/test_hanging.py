"""Threads that hang are counted by device for the whole process."""

import pytest

from sensors.errors import SensorNotFoundError
from sensors.hanging import MOST_HANGING, Hanging


def test_a_device_on_which_too_many_threads_hang_is_refused_and_others_are_not() -> None:
    hanging = Hanging()
    for _ in range(MOST_HANGING):
        hanging.refuse_more("/dev/video0", "captures of /dev/video0", "unplug the camera")
        hanging.add("/dev/video0", lambda: True)
    hanging.refuse_more("/dev/video1", "captures of /dev/video1", "unplug the camera")
    with pytest.raises(SensorNotFoundError, match=r"^4 captures of /dev/video0 hang \(limit 4\); unplug the camera$"):
        hanging.refuse_more("/dev/video0", "captures of /dev/video0", "unplug the camera")


def test_a_thread_that_came_back_is_forgotten() -> None:
    hanging, alive = Hanging(), [True, True]
    for number in range(2):
        hanging.add("a", lambda number=number: alive[number])
    alive[0] = False
    assert hanging.count("a") == 1
    alive[0] = True
    assert hanging.count("a") == 1
