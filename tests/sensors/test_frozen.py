import numpy as np

from sensors.frozen import Frozen


def test_only_the_same_bytes_as_the_previous_image_repeat() -> None:
    frozen = Frozen()
    a = np.arange(12, dtype=np.uint16).reshape(3, 4)
    b = a.copy()
    b[0, 0] += 1  # Outside the row that is compared first.
    said = [frozen.repeats(image) for image in (a, a.copy(), b, a, a)]
    assert said == [False, True, False, False, True]


def test_an_image_of_another_size_or_dtype_is_another_image() -> None:
    frozen = Frozen()
    zeros = np.zeros((3, 4), np.uint8)
    images = (zeros, zeros.astype(np.uint16), np.zeros((4, 4), np.uint16), np.zeros((4, 4), np.uint16))
    assert [frozen.repeats(image) for image in images] == [False, False, False, True]
