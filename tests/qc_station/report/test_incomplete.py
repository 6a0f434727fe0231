"""A record that lacks something still gives a page, which says what is missing."""

from typing import Any

import msgspec

from qc_station.learning.record import TrainingRecord
from qc_station.report.page import SECTIONS, page
from qc_station.report.terminal import report_text
from qc_station.report.training import Training
from tests.qc_station.report.invented import record, sealed, training
from tests.qc_station.report.reading import Page

OPTIONAL: dict[str, Any] = {
    "drifts": (),
    "notes": (),
    "subsets": (),
    "contributions": (),
    "learning_curve": (),
    "novelty": None,
    "floor": None,
    "robustness": None,
    "processor": "",
}


def test_a_record_without_its_optional_parts_says_in_each_section_what_is_missing() -> None:
    bare_epochs = tuple(msgspec.structs.replace(e, shares={}, cosines={}, rates={}) for e in record().epochs)
    found = Page(page(training(epochs=bare_epochs, **OPTIONAL)))
    said = " ".join(found.said("section", "p"))
    for words in (
        "Contributions were not measured",
        "Robustness was not measured",
        "Novelty was not measured",
        "No classical floor was fitted",
        "Cosines were not measured",
        "Shares of the gradient were not measured",
        "no set of streams was measured",
        "The paths were not looked at",
        "number of training items was measured",
    ):
        assert words in said
    assert len(found.named("section")) == len(SECTIONS)


def without_label() -> TrainingRecord:
    """A training that asked for the severity alone."""
    full = record()
    kept = {o: p for o, p in full.pairs.items() if p.task == "severity"}
    rows = full.validation
    return msgspec.structs.replace(
        full,
        tasks={"severity": full.tasks["severity"]},
        pairs=kept,
        epochs=tuple(msgspec.structs.replace(e, train=only(e.train, kept), val=only(e.val, kept)) for e in full.epochs),
        validation=msgspec.structs.replace(
            rows,
            targets={"severity": rows.targets["severity"]},
            answers={o: a for o, a in rows.answers.items() if o.startswith("severity")},
        ),
        subsets=(),
        contributions=(),
    )


def only(table: dict[str, float | None], kept: Any) -> dict[str, float | None]:
    return {name: value for name, value in table.items() if name in kept}


def test_a_training_without_a_label_has_a_page_without_verdicts() -> None:
    found = Page(page(Training(sealed(), without_label())))
    assert "Escape" not in found.said("h3")
    assert "severity" in found.said("h3")
    assert "No class of the label means a good part, or all of them do." in found.said("section", "p")
    assert "right class" not in report_text(Training(sealed(), without_label()))


def test_no_class_that_means_good_leaves_the_confusion_and_drops_the_verdicts() -> None:
    made = Training(sealed(ok_classes=("fine",)), record())
    found = Page(page(made))
    assert made.judged == ()
    assert "Escape" not in found.said("h3")
    assert "Right class" in found.said("h3")


def test_one_epoch_without_validation_items_is_still_a_page() -> None:
    rows = record().validation
    empty = msgspec.structs.replace(
        rows, presence=(), targets=dict.fromkeys(rows.targets, ()), answers=dict.fromkeys(rows.answers, ())
    )
    one = msgspec.structs.replace(record().epochs[0], val={})
    found = Page(page(training(epochs=(one,), best=1, validation=empty, subsets=())))
    assert len(found.named("section")) == len(SECTIONS)
    assert not any("nan" in words.lower().split() for words in found.said("section"))


def test_losses_that_were_not_finite_are_gaps() -> None:
    epochs = record().epochs
    broken = msgspec.structs.replace(epochs[3], train=dict.fromkeys(epochs[3].train), val=dict.fromkeys(epochs[3].val))
    found = Page(page(training(epochs=(*epochs[:3], broken, *epochs[4:]))))
    assert any("epoch: 4\nvalidation: –" in words for words in found.said("title"))
