"""A network that is trained with every loss is exported as it is."""

import numpy as np
import pytest
import torch

from deploy.export import to_onnx
from deploy.parity import TOLERANCE, compare
from deploy.runtime import session
from models.calibration import calibrate
from models.deciding import Deciding
from models.injection import Dataset, InputSpec
from models.losses import names
from models.tasks import Task
from tests.synthetic import network, raw_windows

SPECS = tuple(InputSpec(name=n, kind="series", shape=(2, 6)) for n in ("one", "two"))
THREE, TWO = ("ok", "crack", "leak"), ("ok", "bad")
TASKS = (
    Task(name="label", stream=None, classes=THREE, frequencies=(0.6, 0.3, 0.1), loss="focal"),
    Task(name="severity", stream=None, classes=("0", "1", "2", "3"), frequencies=(0.4, 0.3, 0.2, 0.1), loss="ordinal"),
    Task(name="label.one", stream="one", classes=TWO, frequencies=(0.7, 0.3), loss="binary"),
    Task(name="label.two", stream="two", classes=THREE, frequencies=(0.5, 0.3, 0.2), loss="cross_entropy"),
    Task(name="severity.one", stream="one", classes=(), frequencies=(2.0, 0.5), loss="huber"),
    Task(name="severity.two", stream="two", classes=(), frequencies=(-1.0, 3.0), loss="squared"),
)
Exported = tuple[Deciding, bytes]


def parts(items: int) -> Dataset:
    random = np.random.default_rng(0)
    windows = {s.name: raw_windows(s, items, seed) for seed, s in enumerate(SPECS)}
    targets = {t.name: random.integers(0, max(2, len(t.classes)), items).astype(np.float32) for t in TASKS}
    return Dataset(windows=windows, rows={s.name: np.arange(items) for s in SPECS}, targets=targets)


@pytest.fixture(scope="module")
def exported() -> Exported:
    torch.set_num_threads(1)
    net = network(SPECS, TASKS)
    with torch.no_grad():
        for head in net.heads.values():
            # Answers as sure as those of a trained network.
            head.weight.mul_(4.0)  # type: ignore[operator, union-attr]
    deciding = Deciding(net).eval()
    calibrate(deciding, parts(60))
    return deciding, to_onnx(deciding)


def test_every_loss_is_among_them() -> None:
    assert {t.loss for t in TASKS} == set(names())


def test_onnxruntime_gives_what_torch_gives_for_every_loss_mask_and_batch(exported: Exported) -> None:
    deciding, model = exported
    windows = {s.name: raw_windows(s, 32, 7) for s in SPECS}
    found = compare(deciding, session(model, 1), windows)
    assert found.worst <= TOLERANCE == 1e-5


def test_the_graph_answers_in_probabilities_and_in_the_values_own_unit(exported: Exported) -> None:
    deciding, _ = exported
    inputs = [torch.from_numpy(raw_windows(s, 16, 3)) for s in SPECS]
    with torch.inference_mode():
        outputs = deciding(*inputs, torch.ones(16, 2, dtype=torch.bool))
    answers = dict(zip(deciding.output_names(), outputs, strict=True))
    for task in TASKS:
        for name in deciding.outputs_of(task):
            found = answers[name]
            assert found.shape == (16, max(1, len(task.classes))), name
            if task.classes:
                torch.testing.assert_close(found.sum(dim=1), torch.ones(16))
                assert (found > 0).all(), name
                assert found.std(dim=0).max() > 1e-3, name


def test_a_sure_answer_of_every_loss_names_its_class() -> None:
    deciding = Deciding(network(SPECS, TASKS)).eval()
    sure = {
        "label": [[9.0, 0, 0], [0, 9.0, 0], [0, 0, 9.0]],
        # The first threshold, then how far each further one lies under it.
        "severity": [[-9.0, 5, 5], [6.0, 12, 5], [20.0, 5, 25], [40.0, 5, 5]],
        "label.one": [[-9.0], [9.0]],
        "label.two": [[9.0, 0, 0], [0, 9.0, 0], [0, 0, 9.0]],
    }
    for task in TASKS:
        if task.classes:
            said = deciding.corrected(task, torch.tensor(sure[task.name])).exp()
            torch.testing.assert_close(said, torch.eye(len(task.classes)), rtol=0, atol=0.01)
