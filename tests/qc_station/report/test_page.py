"""The page holds every section, says what the record says, and is one file that nothing can run in or load into."""

import math
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations

import msgspec
import numpy as np
import pytest

from qc_station.figures.rates import rate
from qc_station.report.figure_text import percent
from qc_station.report.page import SECTIONS, page
from qc_station.report.sections.headline import right_classes, verdict_rates
from qc_station.report.terminal import report_text
from qc_station.report.training import Training
from qc_station.verdict import Decision, Policy
from tests.qc_station.report.invented import CLASSES, FLOOR, OUTPUTS, ROBUSTNESS, STREAMS, record, sealed, training
from tests.qc_station.report.reading import Page

HOSTILE = ("ok", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>&amp;')
LOADING = {"src", "href", "srcset", "data", "action", "poster", "background", "xlink:href"}


@pytest.fixture(scope="module")
def source() -> str:
    return page(training())


@pytest.fixture(scope="module")
def whole(source: str) -> Page:
    return Page(source)


def links(found: Page) -> Iterator[str]:
    """Whatever a browser could load or follow."""
    for _, attributes in found.elements:
        yield from (str(value) for name, value in attributes.items() if name in LOADING)


def test_the_page_has_every_section_once_and_a_link_to_each(whole: Page) -> None:
    anchors = [a["id"] for a in whole.named("section")]
    assert anchors == [
        "headline",
        "operating",
        "confusions",
        "reliabilities",
        "subsets",
        "contributions",
        "robustness",
        "novelty",
        "floor",
        "losses",
        "steady",
        "learning_curve",
        "weights",
        "cosines",
        "neurons",
        "provenance",
    ]
    assert list(links(whole)) == [f"#{anchor}" for anchor in anchors]
    assert len(whole.said("h2")) == len(SECTIONS)


def test_nothing_is_loaded_from_anywhere_and_no_script_may_run(source: str, whole: Page) -> None:
    assert all(link.startswith("#") for link in links(whole))
    (style,) = re.findall(r"<style>(.*?)</style>", source, flags=re.DOTALL)
    assert not re.search(r"url\(|@import|@font-face|expression", style)
    assert not {"script", "link", "img", "iframe", "object", "embed", "base"} & {tag for tag, _ in whole.elements}
    assert not [name for _, attributes in whole.elements for name in attributes if name.startswith("on")]
    (policy,) = [a["content"] for a in whole.named("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_the_page_is_for_light_dark_and_paper_and_names_its_language(source: str, whole: Page) -> None:
    assert "prefers-color-scheme: dark" in source
    assert "@media print" in source
    assert whole.named("html")[0]["lang"] == "en"
    assert whole.named("meta")[0]["charset"] == "utf-8"
    pictures = [a for a in whole.named("svg") if a.get("class") == "chart"]
    assert len(pictures) > 15
    assert all(a["role"] == "img" and a["aria-label"] for a in pictures)


def test_every_class_that_is_drawn_with_has_a_style(source: str, whole: Page) -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", source, flags=re.DOTALL)
    drawn = {name for _, attributes in whole.elements for name in str(attributes.get("class") or "").split()}
    known = set(re.findall(r"\.([a-z][a-z0-9-]*)", style))
    assert drawn <= known


def test_sixty_epochs_of_ten_pairs_stay_under_half_a_megabyte(source: str) -> None:
    assert len(source.encode("utf-8")) < 500_000


def test_the_same_training_gives_the_same_page(source: str) -> None:
    assert page(training()) == source


def hand_counted() -> dict[str, tuple[int, int]]:
    """Verdicts of the invented training, straight from its answers."""
    answers, policy = record().validation, Policy()
    counts = {"Escape": [0, 0], "Overkill": [0, 0], "Review": [0, 0], "Right class": [0, 0]}
    for row, truth, mask in zip(answers.answers["label"], answers.targets["label"], answers.presence, strict=True):
        if truth is None or row is None:
            continue
        decision, bad = policy.decide(sum(row[1:])), truth != 0
        if decision is Decision.PASS and mask[1] == "0":
            decision = Decision.REVIEW
        for name, counted, hit in (
            ("Escape", bad, decision is Decision.PASS),
            ("Overkill", not bad, decision is Decision.REJECT),
            ("Review", True, decision is Decision.REVIEW),
            ("Right class", True, int(np.argmax(row)) == truth),
        ):
            counts[name][0] += counted and hit
            counts[name][1] += counted
    return {name: (hits, total) for name, (hits, total) in counts.items()}


def test_headline_figures_equal_what_the_record_holds_with_exact_bounds(whole: Page) -> None:
    made = training()
    found = {name: rate_ for name, _, rate_ in verdict_rates(made)} | {"Right class": right_classes(made)}
    wanted = {name: rate(*counts) for name, counts in hand_counted().items()}
    assert found == wanted
    assert wanted["Review"].count > 20, "items without the required thermal stream may not pass"
    for each in wanted.values():
        assert percent(each.count / each.total) in whole.said("p")
        assert any(f"{each.count} of {each.total}, {100 * each.lower:.1f} to" in words for words in whole.said("p"))


def test_a_novel_part_goes_to_a_person_as_it_would_on_the_line() -> None:
    rows = record().validation
    strange = [n % 3 == 0 for n in range(len(rows.presence))]
    novelty = {"novelty": tuple(0.001 if s else 0.5 for s in strange), "novelty:thermal": (None,) * len(strange)}
    changed = record(validation=msgspec.structs.replace(rows, novelty=novelty))
    told = Training(sealed(verdicts={"novelty_p": 0.01}), changed)
    labelled = [s for s, truth in zip(strange, rows.targets["label"], strict=True) if truth is not None]
    plain = training().judged
    assert len(told.judged) == len(plain) == len(labelled)
    for is_strange, verdict, before in zip(labelled, told.judged, plain, strict=True):
        assert verdict.decision == (Decision.REVIEW if is_strange else before.decision)
    assert "novelty has a p-value of at most 0.01" in page(told)
    assert "novelty has a p-value" not in page(Training(sealed(), changed))


def test_operating_points_stand_on_the_page_with_both_rates(whole: Page) -> None:
    escape, overkill = (hand_counted()[name] for name in ("Escape", "Overkill"))
    caught = escape[1] - escape[0]
    assert any(words.startswith(f"not passed: bad parts {caught} of {escape[1]} (") for words in whole.said("title"))
    assert any(f"good parts {overkill[0]} of {overkill[1]} (" in words for words in whole.said("title"))


def test_the_confusion_counts_every_labelled_item_once(whole: Page) -> None:
    rows = record().validation
    labelled = [t for t in rows.targets["label"] if t is not None]
    hints = [re.fullmatch(r"(\w+) taken for (\w+): (\d+) of (\d+) .*", words) for words in whole.said("title")]
    told = [found for found in hints if found]
    # The second matrix begins, as the first did, with good parts that are called good.
    second = [n for n, found in enumerate(told) if found[1] == found[2] == "ok"][1]
    label = told[:second]
    assert sum(int(found[3]) for found in label) == len(labelled)
    for place, name in enumerate(CLASSES):
        assert {int(found[4]) for found in label if found[1] == name} == {labelled.count(float(place))}


def test_losses_of_the_kept_epoch_stand_in_their_own_unit(whole: Page) -> None:
    kept, tasks = record().epochs[-1], record().tasks
    for output, (task, _, _) in OUTPUTS.items():
        val = kept.val[output]
        assert val is not None
        assert f"{val * tasks[task].no_skill_val:.3f}" in whole.said("td")
        told = [words for words in whole.said("title") if f"\n{output}, validation: " in words]
        assert len(told) == len(record().epochs)
        assert f"\n{output}, validation: {val * tasks[task].no_skill_val:.3g}\n" in told[-1]


def test_a_kept_epoch_before_the_last_is_the_one_that_is_shown() -> None:
    early = training(best=5)
    assert early.kept.number == 5
    assert "epoch 5 was kept" in page(early)
    assert f"{record().epochs[4].val['label:joint']:.3f}" in report_text(early)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "</title></svg><script>", "a\u202eb", "x" * 5000])
def test_hostile_class_names_are_text_wherever_they_stand(whole: Page, name: str) -> None:
    found = Page(page(training(("ok", name, '"><img src=x onerror=alert(1)>&amp;'))))
    assert {tag for tag, _ in found.elements} == {tag for tag, _ in whole.elements}
    assert not [a for _, attributes in found.elements for a in attributes if a.startswith("on")]
    shown = name.replace("\u202e", "\ufffd")
    assert any(shown in words for words in found.said("title"))


def test_hostile_text_of_every_other_kind_is_text_too() -> None:
    evil = HOSTILE[1]
    manifest = sealed(
        station=evil,
        provenance={evil: evil, "weighting": evil, "nested": {evil: [evil]}},
        figures={"parity": {evil: evil}},
    )
    changed = record(
        HOSTILE,
        ended=evil,
        notes=(evil,),
        processor=evil,
        novelty={evil: {evil: evil}},
        floor={evil: evil},
        robustness={evil: [evil]},
    )
    found = Page(page(Training(manifest, changed)))
    assert "script" not in {tag for tag, _ in found.elements}
    assert found.said("h1") == [f"Training report: {evil}, bundle {manifest.digest[:12]}"]


def test_the_floor_stands_beside_the_network_with_its_tests(whole: Page) -> None:
    said = whole.said("td")
    for words in ("0.935", "0.815", "+0.089", "+0.031 to +0.151", "-0.214", "15 against 2", "McNemar mid-p 0.0014"):
        assert words in said
    assert whole.said("p").count("The network beats the floor: log loss 0.200 against 0.414.") == 2


@pytest.mark.parametrize("beaten", [True, False])
def test_a_network_that_does_not_beat_its_floor_is_warned_of_at_the_top(beaten: bool) -> None:
    found = Page(page(training(floor=FLOOR | {"beaten": beaten})))
    assert any(a.get("class") == "verdict warned" for a in found.named("p")) is not beaten


def test_a_difference_over_a_single_group_claims_no_interval() -> None:
    single = FLOOR | {"auc_difference": {"value": 0.1, "lower": 0.1, "upper": 0.1, "resamples": 2000}}
    said = Page(page(training(floor=single))).said("td")
    assert "none: too few groups" in said
    assert "+0.100 to +0.100" not in said


def test_fifty_classes_and_forty_outputs_stay_under_half_a_megabyte() -> None:
    classes = ("ok", *(f"defect {n}" for n in range(49)))
    names = [f"output{n}" for n in range(40)]
    cosines = {f"{a}|{b}": math.sin(n) for n, (a, b) in enumerate(combinations(names, 2))}
    epochs = tuple(msgspec.structs.replace(e, cosines=cosines) for e in record().epochs)
    wide = msgspec.structs.replace(record().tasks["label"], classes=classes, frequencies=tuple([1 / 50] * 50))
    source = page(training(classes, epochs=epochs, tasks=record().tasks | {"label": wide}))
    assert len(source.encode("utf-8")) < 500_000
    assert " taken for defect 48: " in source


def test_the_learning_curve_stands_with_its_exact_bounds_beside_the_network(whole: Page) -> None:
    first = rate(70, 108)
    assert f"{100 * first.lower:.1f} to {100 * first.upper:.1f} %" in whole.said("td")
    network = hand_counted()["Right class"]
    assert f"training items: 400\nfloor: {88 / 108:.3g}\nnetwork: {network[0] / network[1]:.3g}" in whole.said("title")
    assert f"training items: 50\nfloor: {70 / 108:.3g}\nnetwork: –" in whole.said("title")


def test_novelty_is_shown_by_the_classes_that_were_left_out(whole: Page) -> None:
    assert {"0.938", "0.828", "0.906", "0.516", "0.0082", "acoustic, thermal"} <= set(whole.said("td"))
    assert "crack: 0.938" in whole.said("title")
    without = Page(page(training(novelty={"streams": [], "smallest": 1.0})))
    assert "none" in without.said("td")
    assert any("left out was not measured" in words for words in without.said("p"))


def test_robustness_has_a_row_for_every_sensor_and_fault(whole: Page) -> None:
    assert whole.said("td").count("0.935 → 0.778") == len(ROBUSTNESS["rows"])
    assert whole.said("td").count("25.0 %") >= len(ROBUSTNESS["rows"])


def test_the_text_has_the_neuron_sets_with_bars_in_proportion() -> None:
    lines = report_text(training()).splitlines()
    rows = {line.split()[0]: line for line in lines[lines.index(next(x for x in lines if x.startswith("set "))) + 1 :]}
    assert set(rows) == {*STREAMS, "acoustic+thermal", "acoustic+enose", "all"}
    assert rows["acoustic"].split()[1:4] == ["dedicated", "48", "32"]
    assert rows["all"].split()[1:4] == ["shared", "64", "48"]
    assert rows["all"].count("█") > rows["acoustic"].count("█") > rows["acoustic+enose"].count("█")


def test_a_page_needs_no_torch_so_that_the_box_can_write_one() -> None:
    code = "import sys, qc_station.report.page, qc_station.report.terminal; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
