"""Beginning from a champion: old rows bit-equal, room for what is new, and clear refusals."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.continual.insertion import inserted
from models.continual.warm_start import rebuilt, tasks_after, warm_start
from models.injection import Dataset, InputSpec, collate
from models.network import MultimodalNetwork
from models.tasks import Task
from tests.synthetic import CLASSES, ENOSE, LABEL, LABEL_ACOUSTIC, SEVERITY, SPECS, TASKS, THERMAL, network, raw_windows

SMALL = tuple(replace(ENOSE, name=name) for name in ("a", "b", "c"))
WIDER = replace(LABEL, classes=("ok", "burr", *CLASSES[1:]), frequencies=(0.5, 0.1, 0.3, 0.1))


def same(old: MultimodalNetwork, new: MultimodalNetwork) -> bool:
    before, after = old.state_dict(), new.state_dict()
    return set(before) == set(after) and all(torch.equal(after[n], v) for n, v in before.items())


def test_the_same_streams_and_tasks_give_the_same_network() -> None:
    old = network()
    assert same(old, warm_start(old, SPECS, TASKS))


def test_scales_are_the_champions_whatever_new_windows_say() -> None:
    old = network()
    new = warm_start(old, SPECS, TASKS, {s.name: 3 * raw_windows(s, 9) for s in SPECS})
    assert same(old, new)


@pytest.mark.parametrize("output", ["label:joint", "label:enose"])
def test_a_new_class_gets_a_row_and_the_old_rows_are_bit_equal(output: str) -> None:
    old = network()
    new = warm_start(old, SPECS, (WIDER, SEVERITY, LABEL_ACOUSTIC))
    before, after = old.heads[output], new.heads[output]
    rows = [0, 2, 3]
    assert torch.equal(after.weight[rows], before.weight)
    assert torch.equal(after.bias[rows], before.bias)
    assert after.weight[1].any()


def test_answers_for_old_classes_stay_when_a_class_is_added() -> None:
    old = network()
    new = warm_start(old, SPECS, (WIDER, SEVERITY, LABEL_ACOUSTIC)).eval()
    data = Dataset(
        windows={s.name: raw_windows(s, 5) for s in SPECS},
        rows={s.name: np.arange(5) for s in SPECS},
        targets={},
    )
    batch = collate(data, np.arange(5))
    with torch.inference_mode():
        found = [n.answer(n.advance(n.encode(batch), batch.presence(n.streams))) for n in (old, new)]
    torch.testing.assert_close(found[1]["label:joint"][:, [0, 2, 3]], found[0]["label:joint"])
    assert torch.equal(found[1]["severity:joint"], found[0]["severity:joint"])


def test_a_new_class_and_a_new_stream_come_together_and_again() -> None:
    old = network(SMALL[:1], (LABEL,))
    middle = warm_start(old, SMALL[:2], (LABEL,), {"b": raw_windows(SMALL[1], 8)})
    torch.nn.init.ones_(middle.heads["label:joint"].parts[1].weight)
    new = warm_start(middle, SMALL, (WIDER,), {"c": raw_windows(SMALL[2], 8)})
    parts = new.heads["label:joint"].parts
    assert torch.equal(parts[0].weight[[0, 2, 3]], old.heads["label:joint"].weight)
    assert torch.equal(parts[1].weight[[0, 2, 3]], middle.heads["label:joint"].parts[1].weight)
    assert [p.weight.any().item() for p in parts] == [True, True, False]


def test_an_encoder_that_was_left_with_statistics_alone_stays_so() -> None:
    """Under 400 frames an image encoder drops its convolutions; the state of another shape would not fit."""
    old = network((THERMAL, ENOSE), (LABEL,))
    assert old.encoders["thermal"].deep is None
    new = warm_start(old, (THERMAL, ENOSE), (WIDER,))
    assert new.encoders["thermal"].deep is None
    assert new.encoders["thermal"].scale == old.encoders["thermal"].scale


@pytest.mark.parametrize("spec", [SPECS, SPECS[:1]])
def test_a_state_says_how_to_build_its_network(spec: tuple[InputSpec, ...]) -> None:
    old = network(spec, (LABEL, SEVERITY))
    assert same(old, rebuilt(old.state_dict(), spec, (LABEL, SEVERITY)))
    assert type(rebuilt(old.state_dict(), spec, (LABEL, SEVERITY))) is MultimodalNetwork


def test_a_grown_state_says_how_to_build_its_network() -> None:
    old = network(SMALL[:2], (LABEL,))
    new = inserted(old, SMALL[2], raw_windows(SMALL[2], 8))
    again = rebuilt(new.state_dict(), SMALL, (LABEL,))
    assert same(new, again)
    assert again.generations == new.generations  # type: ignore[attr-defined]


def test_a_state_of_another_network_is_refused() -> None:
    with pytest.raises(ValueError, match="the state is that of another network"):
        rebuilt(network().state_dict(), SPECS, (WIDER,))
    grown = inserted(network(SMALL[:2], (LABEL,)), SMALL[2], raw_windows(SMALL[2], 8))
    with pytest.raises(ValueError, match="the state is that of 3 streams, not of 1: a"):
        rebuilt(grown.state_dict(), SMALL[:1], (LABEL,))


REFUSED: list[tuple[str, tuple[InputSpec, ...], tuple[Task, ...]]] = [
    ("stream 'enose' of the champion is not among the inputs", SPECS[:2], TASKS),
    (r"stream 'enose': shape is \(3, 9\)", (*SPECS[:2], replace(ENOSE, shape=(3, 9))), TASKS),
    ("stream 'acoustic': rate_hz is 8000.0", (replace(SPECS[0], rate_hz=8000.0), *SPECS[1:]), TASKS),
    ("task 'severity' of the champion is not among the tasks", SPECS, (LABEL, LABEL_ACOUSTIC)),
    (
        "class 'leak' is missing from ok, crack",
        SPECS,
        (replace(LABEL, classes=CLASSES[:2], frequencies=(0.7, 0.3)), *TASKS[1:]),
    ),
    ("task 'severity': mean and deviation", SPECS, (LABEL, replace(SEVERITY, frequencies=(2.5, 0.5)), LABEL_ACOUSTIC)),
    (
        "task 'severity': the champion answers it with a value of the whole part, now it asks for classes",
        SPECS,
        (LABEL, replace(SEVERITY, classes=("1", "2"), frequencies=(0.5, 0.5)), LABEL_ACOUSTIC),
    ),
    (
        "of acoustic, now it asks for classes of enose",
        SPECS,
        (LABEL, SEVERITY, replace(LABEL_ACOUSTIC, stream="enose")),
    ),
]


@pytest.mark.parametrize(("message", "inputs", "tasks"), REFUSED, ids=[r[0] for r in REFUSED])
def test_what_the_champion_knows_is_not_lost_silently(
    message: str, inputs: tuple[InputSpec, ...], tasks: tuple[Task, ...]
) -> None:
    with pytest.raises(ValueError, match=message):
        warm_start(network(), inputs, tasks)


def test_a_loss_without_a_logit_a_class_takes_no_further_class() -> None:
    two = Task(name="label", stream=None, classes=("ok", "bad"), frequencies=(0.5, 0.5), loss="binary")
    three = replace(two, classes=("ok", "bad", "burr"), frequencies=(0.4, 0.4, 0.2), loss="")
    old = network(SMALL[:1], (two,))
    assert same(old, warm_start(old, SMALL[:1], (two,)))
    with pytest.raises(ValueError, match="from loss 'binary' of 2 classes no output can be taken over to 'cross_entro"):
        warm_start(old, SMALL[:1], (three,))


def test_the_tasks_to_go_on_with_keep_what_new_items_lack() -> None:
    found = (replace(LABEL, classes=("ok", "burr"), frequencies=(0.8, 0.2)), replace(SEVERITY, frequencies=(9.0, 3.0)))
    label, severity, single = tasks_after(TASKS, found)
    assert label.classes == ("ok", "burr", "crack", "leak")
    # A burr is new: expected as often as the mean class, and the others in their proportions.
    assert label.frequencies == pytest.approx([f / 1.13 for f in (0.48, 0.25, 0.3, 0.1)])
    assert severity.frequencies == SEVERITY.frequencies
    assert single is LABEL_ACOUSTIC


def test_the_tasks_to_go_on_with_fit_the_champion() -> None:
    found = (replace(LABEL, classes=("burr", "ok"), frequencies=(0.2, 0.8)),)
    warm_start(network(), SPECS, tasks_after(TASKS, found))


def test_a_task_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="task 'severity': the champion answers it with a value"):
        tasks_after(TASKS, (replace(SEVERITY, classes=("1", "2"), frequencies=(0.5, 0.5)),))


def test_new_tasks_bring_new_heads() -> None:
    more = Task(name="label.enose", stream="enose", classes=("ok", "leak"), frequencies=(0.5, 0.5))
    assert warm_start(network(), SPECS, (*TASKS, more)).heads["label/enose"].out_features == 2
