"""A checkpoint is read only where it fits, and who changed something is told what."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.checkpoint import Checkpoints
from models.continual.ewc import Elastic
from models.losses.agreement import agreements
from models.settings import Settings
from models.trainer import Trainer
from tests.synthetic import ENOSE, THERMAL, dataset, network, tasks_for


def asked(
    spec: dict[str, object] | None = None,
    task: dict[str, object] | None = None,
    agreement: float = 0.0,
    **settings: object,
) -> Trainer:
    """With something of the first stream, of the first task, of the terms or of the settings changed."""
    specs = (replace(THERMAL, **(spec or {})), ENOSE)  # type: ignore[arg-type]
    first, *others = tasks_for(specs)
    tasks = (replace(first, **(task or {})), *others)  # type: ignore[arg-type]
    terms = agreements(agreement, [s.name for s in specs], tasks)
    data, val = dataset(20, specs=specs), dataset(12, specs=specs, seed=5)
    chosen = Settings(**{"epochs": 1, "batch": 8, **settings})  # type: ignore[arg-type]
    return Trainer(specs, tasks, data, val, chosen, lambda: 0.0, terms=terms)


@pytest.mark.parametrize(
    ("other", "said"),
    [({"seed": 4}, r"differs in setting seed \(0, now 4\);"), ({"weighting": "famo"}, "setting weighting")],
)
def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path, other: dict[str, object], said: str) -> None:
    keeper = Checkpoints(tmp_path / "checkpoint.pt")
    keeper.save(asked())
    with pytest.raises(ValueError, match=said):
        Checkpoints(keeper.file).resume(asked(**other))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"task": {"weight": 2.0}}, r"task 'label': weight \(1.0, now 2.0\);"),
        ({"task": {"loss": "focal"}}, r"task 'label': loss \('', now 'focal'\);"),
        ({"task": {"frequencies": (0.5, 0.5)}}, r"task 'label': frequencies \(\(0.25, 0.75\), now \(0.5, 0.5\)\);"),
        ({"task": {"classes": ("bad", "ok")}}, "task 'label': classes"),
        ({"spec": {"augment": ()}}, r"stream 'thermal': augment \(None, now \(\)\);"),
        ({"spec": {"level_normalization": True}}, "stream 'thermal': level_normalization"),
        ({"agreement": 0.5}, r"term 'agreement:thermal\+enose': weight \(0.1, now 0.5\);"),
        ({"agreement": 0.0}, r"term 'agreement:thermal\+enose': \(Agreement, now absent\),.* and 1 more;"),
    ],
)
def test_a_checkpoint_of_other_tasks_streams_or_terms_is_refused_and_says_which(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    keeper = Checkpoints(tmp_path / "checkpoint.pt")
    keeper.save(asked(agreement=0.1))
    assert Checkpoints(keeper.file).resume(asked(agreement=0.1))
    with pytest.raises(ValueError, match=f"differs in {said}"):
        Checkpoints(keeper.file).resume(asked(**({"agreement": 0.1} | changed)))


def test_a_term_of_other_parameters_is_another_one(tmp_path: Path) -> None:
    """What a penalty holds on to shows in no shape and no setting."""
    champion = network((ENOSE,), tasks_for((ENOSE,)))

    def held(importance: float) -> Trainer:
        some = {name: torch.full_like(p, importance) for name, p in champion.named_parameters()}
        data, terms = dataset(20, specs=(ENOSE,)), [Elastic(champion, some)]
        return Trainer((ENOSE,), tasks_for((ENOSE,)), data, data, Settings(epochs=1), lambda: 0.0, terms=terms)

    keeper = Checkpoints(tmp_path / "checkpoint.pt")
    keeper.save(held(1.0))
    assert Checkpoints(keeper.file).resume(held(1.0))
    with pytest.raises(ValueError, match="differs in term 'ewc': importance"):
        Checkpoints(keeper.file).resume(held(1.5))


def test_a_checkpoint_of_an_older_program_is_refused_with_the_way_out(tmp_path: Path) -> None:
    keeper = Checkpoints(tmp_path / "checkpoint.pt")
    torch.save({"format": 1, "belongs": {"settings": "", "threads": "1"}, "state": {}}, keeper.file)
    with pytest.raises(ValueError, match="format 1; this program reads 3; train without resuming"):
        keeper.resume(asked())


def test_a_checkpoint_of_other_items_is_refused(tmp_path: Path) -> None:
    keeper = Checkpoints(tmp_path / "checkpoint.pt")
    keeper.save(asked())
    other = asked()
    other.train.windows["enose"][3, 0, 0] += np.float32(1e-3)
    with pytest.raises(ValueError, match="differs in items"):
        Checkpoints(keeper.file).resume(other)


def test_a_checkpoint_of_another_number_of_threads_is_refused(tmp_path: Path) -> None:
    keeper = Checkpoints(tmp_path / "checkpoint.pt")
    keeper.save(asked())
    torch.set_num_threads(2)
    with pytest.raises(ValueError, match=r"differs in threads \(1, now 2\)"):
        Checkpoints(keeper.file).resume(asked())


@pytest.mark.parametrize("spoilt", [b"", b"PK\x03\x04", b"no checkpoint at all"])
def test_a_file_that_is_no_checkpoint_is_refused_by_name(tmp_path: Path, spoilt: bytes) -> None:
    file = tmp_path / "checkpoint.pt"
    file.write_bytes(spoilt)
    with pytest.raises(ValueError, match=r"checkpoint\.pt is no checkpoint that can be read"):
        Checkpoints(file).resume(asked())


def test_a_truncated_checkpoint_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    keeper = Checkpoints(tmp_path / "checkpoint.pt")
    keeper.save(asked())
    whole = keeper.file.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.999):
        keeper.file.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ValueError, match="no checkpoint that can be read"):
            Checkpoints(keeper.file).resume(asked())
