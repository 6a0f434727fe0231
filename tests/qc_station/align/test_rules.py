import pytest

from qc_station.align.policies.as_of import AsOf
from qc_station.align.policies.interpolate import Interpolate
from qc_station.align.policies.interval import Interval
from qc_station.align.policies.nearest import Nearest
from qc_station.align.rate import Rate
from qc_station.align.rules import rules_from
from qc_station.config.station import StreamConfig
from qc_station.errors import ConfigError

SOUND = StreamConfig(kind="waveform", rate_hz=8000.0, window_s=0.5, before_s=0.1, offset_ms=-2.5)


def test_each_kind_has_its_own_policy() -> None:
    rules = rules_from(
        {
            "sound": SOUND,
            "heat": StreamConfig(kind="image", height=2, width=3, tolerance_s=0.05),
            "smell": StreamConfig(kind="series", rate_hz=10.0, window_steps=20, max_age_s=2.0, required=False),
        }
    )
    assert rules["sound"].policy == Interval(rate=Rate.of(8000.0), before_ns=100_000_000, length=4000)
    assert rules["heat"].policy == Nearest(tolerance_ns=50_000_000)
    assert rules["smell"].policy == AsOf(length=20, max_age_ns=2_000_000_000, period_ns=100_000_000)
    assert [rule.offset_ns for rule in rules.values()] == [-2_500_000, 0, 0]
    assert [rule.required for rule in rules.values()] == [True, True, False]


def test_the_configuration_may_choose_another_policy() -> None:
    config = StreamConfig(kind="series", policy="interpolate", rate_hz=5.0, window_steps=4, before_s=0.4)
    assert isinstance(rules_from({"x": config})["x"].policy, Interpolate)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (StreamConfig(kind="waveform", window_s=1.0), r"streams.x.rate_hz: None; its policy needs a rate above 0"),
        (StreamConfig(kind="waveform", rate_hz=8.0), r"streams.x: a window of 0 samples; at least 1 is needed"),
        (StreamConfig(kind="cloud"), r"streams.x.policy: missing for kind 'cloud'; choose one of \['as_of', "),
    ],
)
def test_what_cannot_be_cut_is_refused_with_the_key(config: StreamConfig, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        rules_from({"x": config})
