"""[training]: what it may ask for is what the trainer has."""

from pathlib import Path
from typing import get_args

import pytest

from models.adjustment import OPTIMISERS, PathSettings
from models.schedules import SCHEDULES
from models.settings import Settings
from qc_station.config.loading import parse_station
from qc_station.config.training import PathConfig, TrainingConfig, passed_over, task_columns
from qc_station.errors import ConfigError
from qc_station.items import Item
from qc_station.learning.datasets import find_tasks
from qc_station.learning.training import settings_of
from qc_station.manifest.table import read_table

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
        (
            {"weights": {"label.acustic": 2.0}},
            r"training\.weights\.label\.acustic: no such column of a label; "
            r"allowed: label, severity, label\.acoustic, severity\.acoustic",
        ),
        ({"weights": {"crack": 2.0}}, r"training\.weights\.crack: no such column"),
        ({"losses": {"labels": "focal"}}, r"training\.losses\.labels: no such column of a label; allowed: label, "),
        ({"ewc": -1.0}, r"training\.ewc = -1"),
        ({"accumulation": 0}, r"training\.accumulation = 0"),
        ({"window": 2}, r"training\.window = 2"),
    ],
)
def test_what_the_trainer_would_refuse_is_refused_where_it_is_written(table: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_station({"name": "x", "streams": STREAMS, "training": table})


def test_every_fault_is_named_at_once() -> None:
    table = {"weights": {"a": 1.0, "label": 2.0}, "losses": {"b": "focal"}, "paths": {"c": {}}}
    with pytest.raises(ConfigError) as raised:
        parse_station({"name": "x", "streams": STREAMS, "training": table})
    assert all(f"training.{name}: no such" in str(raised.value) for name in ("weights.a", "losses.b", "paths.c"))
    assert "weights.label" not in str(raised.value)


def test_the_belts_encoder_is_no_column_and_no_path() -> None:
    streams = {**STREAMS, "belt": {"kind": "series", "window_steps": 1}}
    for table in ({"weights": {"label.belt": 1.0}}, {"paths": {"belt": {}}}):
        document = {"name": "x", "streams": streams, "training": table}
        parse_station(document)
        with pytest.raises(ConfigError, match="no such"):
            parse_station({**document, "belt": {"encoder": "belt", "encoder_mm_per_count": 1.0}})


def test_what_is_named_for_a_column_that_nobody_has_labelled_yet_is_allowed_and_said() -> None:
    table = {"weights": {"label": 2.0, "severity": 3.0}, "losses": {"label.acoustic": "focal"}}
    training = parse_station({"name": "x", "streams": STREAMS, "training": table}).training
    assert passed_over(training, {"label"}) == (
        "[training] weights of severity changed nothing: the training items have no two values of severity",
        "[training] losses of label.acoustic changed nothing: the training items have no two values of label.acoustic",
    )
    assert passed_over(training, {"label", "severity", "label.acoustic"}) == ()


def test_the_columns_of_tasks_are_those_that_a_manifest_may_have(tmp_path: Path) -> None:
    file = tmp_path / "manifest.csv"
    columns = task_columns(("acoustic",))
    file.write_text(",".join(("item", "split", "group", "acoustic", *columns)) + "\n")
    assert read_table(file).streams == ("acoustic",)


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
