"""What the network came to, in the figures that a line is run by."""

from qc_station.figures.rates import Rate, rate
from qc_station.figures.scoring import classification, regression
from qc_station.report.figure_text import bounds, decimals, duration, percent
from qc_station.report.markup import Markup, element
from qc_station.report.section import Section
from qc_station.report.sections.floor import verdict
from qc_station.report.training import MAIN, Training
from qc_station.verdict import Decision

WARNING = (
    "Temperatures were fitted and the epoch was chosen on these same items, so the figures are a little kind; "
    "`qc-station evaluate` measures a test split that no training has seen."
)


def section(training: Training) -> Section:
    """Rates with their exact bounds, and how training ended."""
    cards = [_card(name, meaning, found) for name, meaning, found in verdict_rates(training)]
    cards += _label_cards(training)
    cards += [_value_card(training, name) for name, task in training.record.tasks.items() if not task.classes]
    items = len(training.record.validation.presence)
    return Section(
        anchor="headline",
        title="At a glance",
        words=f"{items} validation items; bounds are exact (Clopper-Pearson), two-sided, at 95 %. {WARNING}",
        body=element("div", element("div", *cards, class_="cards"), element("p", ended(training)), _floor(training)),
    )


def verdict_rates(training: Training) -> list[tuple[str, str, Rate]]:
    """Escape, overkill and review on validation; nothing where no class of the label means a good part."""
    judged = training.judged
    if not judged:
        return []
    good, bad = [j for j in judged if j.good], [j for j in judged if not j.good]
    passed = sum(j.decision is Decision.PASS for j in bad)
    rejected = sum(j.decision is Decision.REJECT for j in good)
    looked = sum(j.decision is Decision.REVIEW for j in judged)
    return [
        ("Escape", "bad parts that passed", rate(passed, len(bad))),
        ("Overkill", "good parts that were rejected", rate(rejected, len(good))),
        ("Review", "parts that a person has to look at", rate(looked, len(judged))),
    ]


def right_classes(training: Training) -> Rate | None:
    """How often the label is answered with the right class; None where it has no classes."""
    if MAIN not in training.record.tasks or not training.record.tasks[MAIN].classes:
        return None
    found = training.answered(MAIN)
    return rate(int((found.answers.argmax(axis=1) == found.classes).sum()), len(found.items))


def ended(training: Training) -> str:
    """Why and when training stopped, in a sentence."""
    record = training.record
    skipped = f"; {record.skipped} steps with a gradient that was not finite were left out" if record.skipped else ""
    return (
        f"Training ended: {record.ended}. Epoch {record.best} of {len(record.epochs)} was kept, "
        f"after {duration(record.seconds)}{skipped}."
    )


def _floor(training: Training) -> Markup:
    """What a network that does not beat its floor must not hide."""
    beaten = (training.record.floor or {}).get("beaten", True)
    words = verdict(training)
    return element("p", words, class_="verdict" if beaten else "verdict warned") if words else Markup("")


def _label_cards(training: Training) -> list[Markup]:
    right = right_classes(training)
    if right is None:
        return []
    cards = [_card("Right class", "label answered with its true class", right)]
    found = training.answered(MAIN)
    figures = classification(found.answers.astype("float32"), found.classes, ~training.bad_classes())
    meaning = "bad parts score above good ones" if training.judging else "mean over classes, each against the rest"
    return [*cards, _plain("AUC", meaning, decimals(figures["auc"]), f"log loss {decimals(figures['log_loss'])} nats")]


def _value_card(training: Training, name: str) -> Markup:
    found = training.answered(name)
    figures = regression(found.answers[:, 0].astype("float32"), found.targets.astype("float32"))
    said = f"R² {decimals(figures['r2'])} over {len(found.items)} items"
    return _plain(name, "mean absolute error, in its own unit", decimals(figures["mae"]), said)


def _card(name: str, meaning: str, found: Rate) -> Markup:
    share = percent(found.count / found.total if found.total else None)
    return _plain(name, meaning, share, f"{found.count} of {found.total}, {bounds(found)}")


def _plain(name: str, meaning: str, value: str, said: str) -> Markup:
    return element(
        "div",
        element("h3", name),
        element("p", value, class_="value"),
        element("p", said, class_="said"),
        element("p", meaning, class_="meaning"),
        class_="card",
    )
