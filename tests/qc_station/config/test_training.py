"""[training]: what it may ask for is what the trainer has."""

from typing import get_args

import pytest

from models.adjustment import OPTIMISERS, PathSettings
from models.schedules import SCHEDULES
from models.settings import Settings
from qc_station.config.loading import parse_station
from qc_station.config.training import PathConfig, TrainingConfig
from qc_station.errors import ConfigError
from qc_station.items import Item
from qc_station.learning.datasets import find_tasks
from qc_station.learning.training import settings_of

STREAMS = {"acoustic": {"kind": "waveform", "rate_hz": 8000, "window_s": 1}}


def choices(field: str) -> set[str]:
    return set(get_args(PathConfig.__annotations__[field]))


def test_every_optimizer_and_schedule_of_the_trainer_can_be_chosen_and_no_other() -> None:
    assert choices("optimizer") == set(OPTIMISERS)
    assert choices("schedule") == set(SCHEDULES)


def test_without_a_table_the_trainer_has_its_own_defaults() -> None:
    assert settings_of(TrainingConfig()) == Settings(budget_s=840.0)
    table = {name: getattr(PathConfig(), name) for name in PathConfig.__struct_fields__}
    assert PathSettings(**table) == PathSettings()


def test_a_table_reaches_the_trainer() -> None:
    path = {"optimizer": "nesterov", "lr": 0.1, "clip_norm": 2.0, "schedule": "steps", "warmup": 0.0}
    table = {"accumulation": 4, "batch": 16, "patience": 5, "threshold": 0.1, "paths": {"shared": path}}
    config = parse_station({"name": "x", "streams": STREAMS, "training": table})
    found = settings_of(config.training)
    assert (found.accumulation, found.batch, found.patience, found.threshold) == (4, 16, 5, 0.1)
    assert found.paths == {"shared": PathSettings(**path)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"paths": {"thermal": {}}}, r"training\.paths\.thermal: no such path; allowed: acoustic, shared"),
        ({"paths": {"shared": {"optimizer": "lion"}}}, r"training\.paths.*'lion'"),
        ({"paths": {"shared": {"warmup": 1.0}}}, r"training\.paths"),
        ({"accumulation": 0}, r"training\.accumulation = 0"),
        ({"window": 2}, r"training\.window = 2"),
    ],
)
def test_what_the_trainer_would_refuse_is_refused_where_it_is_written(table: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_station({"name": "x", "streams": STREAMS, "training": table})


def test_a_loss_is_chosen_by_column_and_one_that_there_is_not_is_a_configuration_error() -> None:
    items = [
        Item(name=str(n), group=str(n), split="train", windows={}, labels={"label": "ok" if n % 2 else "bad"})
        for n in range(4)
    ]

    def loss(name: str) -> str:
        table = {"losses": {"label": name}}
        config = parse_station({"name": "x", "streams": STREAMS, "training": table})
        return find_tasks(config, items)[0].criterion.name

    assert loss("focal") == "focal"
    with pytest.raises(ConfigError, match=r"training\.losses: .*'hinge'.*cross_entropy"):
        loss("hinge")
