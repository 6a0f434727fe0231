import numpy as np
import pytest

from sensors.simulated.emissivity import apparent_k

ROOM_K = np.array(295.0)
BODY_K = np.array([290.0, 295.0, 310.0, 360.0])


def test_a_black_body_looks_as_warm_as_it_is_and_a_mirror_as_warm_as_the_room() -> None:
    np.testing.assert_allclose(apparent_k(BODY_K, ROOM_K, 1.0), BODY_K)
    np.testing.assert_allclose(apparent_k(BODY_K, ROOM_K, 0.0), 295.0)


@pytest.mark.parametrize("emissivity", [0.3, 0.93])
def test_a_small_difference_to_the_room_is_seen_by_the_share_of_the_emissivity(emissivity: float) -> None:
    seen_k = apparent_k(ROOM_K + 0.1, ROOM_K, emissivity) - ROOM_K
    assert seen_k == pytest.approx(0.1 * emissivity, rel=2e-3)


def test_a_body_looks_between_the_room_and_its_own_warmth() -> None:
    seen_k = apparent_k(BODY_K, ROOM_K, 0.6)
    assert ((seen_k - ROOM_K) * (BODY_K - seen_k) >= 0.0).all()
    assert seen_k[1] == pytest.approx(295.0)
