"""What onnxruntime made of a graph is kept for the next start, gives the same bits, and is believed by nobody blindly."""

from pathlib import Path

import numpy as np
import pytest

import deploy.optimised
from deploy.bundle import Bundle
from deploy.optimised import MOST_KEPT, forget, kept_graph, optimised_session
from deploy.runtime import PRESENCE, Runtime
from tests.tiny_bundle import CLASSES, SAMPLES, tiny_bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle(tiny_bundle(tmp_path / "bundles"))


def graphs(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_the_graph_is_kept_at_the_first_start_and_taken_at_the_next(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    optimised_session(cache, bundle, 1)
    assert graphs(cache) == [f"graph-{bundle.name}.json", f"graph-{bundle.name}.onnx"]
    taken: list[bool] = []
    real = deploy.optimised.session

    def heard(model: bytes, threads: int, **options: object) -> object:
        taken.append(bool(options.get("optimised")))
        return real(model, threads, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(deploy.optimised, "session", heard)
    optimised_session(cache, bundle, 1)
    assert taken == [True]


def test_it_gives_the_bits_of_the_bundles_own_graph(bundle: Bundle, tmp_path: Path) -> None:
    plain = Runtime(bundle)
    for _ in range(2):
        kept = Runtime(bundle, made=optimised_session(tmp_path / "cache", bundle, 1))
        sound = np.random.default_rng(0).normal(size=(7, 1, SAMPLES)).astype(np.float32)
        feed = {"sound": sound}, np.ones((7, 1), np.bool_)
        assert kept.batch(*feed)["label"].tobytes() == plain.batch(*feed)["label"].tobytes()
    assert plain.batch(*feed)["label"].shape == (7, len(CLASSES))
    assert PRESENCE not in feed[0]


@pytest.mark.parametrize(
    "harm",
    [
        lambda graph, _: graph.write_bytes(graph.read_bytes()[:-1]),
        lambda graph, _: graph.write_bytes(b""),
        lambda graph, _: graph.unlink(),
        lambda _, note: note.write_bytes(b"{}"),
        lambda _, note: note.unlink(),
        lambda _, note: note.write_bytes(note.read_bytes().replace(b'"machine":"', b'"machine":"another ')),
        lambda _, note: note.write_bytes(note.read_bytes().replace(b'"onnxruntime":"', b'"onnxruntime":"9')),
    ],
)
def test_what_is_damaged_or_of_elsewhere_is_made_again(bundle: Bundle, tmp_path: Path, harm: object) -> None:
    cache = tmp_path / "cache"
    optimised_session(cache, bundle, 1)
    whole = kept_graph(cache, bundle)
    assert whole is not None
    harm(cache / f"graph-{bundle.name}.onnx", cache / f"graph-{bundle.name}.json")  # type: ignore[operator]
    assert kept_graph(cache, bundle) is None
    assert Runtime(bundle, made=optimised_session(cache, bundle, 1)).bundle is bundle
    assert kept_graph(cache, bundle) == whole


def test_a_graph_of_another_bundle_is_not_taken(bundle: Bundle, tmp_path: Path) -> None:
    cache, other = tmp_path / "cache", Bundle(tiny_bundle(tmp_path / "bundles", station="other"))
    optimised_session(cache, other, 1)
    for ending in ("onnx", "json"):
        (cache / f"graph-{other.name}.{ending}").rename(cache / f"graph-{bundle.name}.{ending}")
    assert kept_graph(cache, bundle) is None


def test_where_the_disk_refuses_the_line_starts_all_the_same(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in the folder's place")
    assert Runtime(bundle, made=optimised_session(tmp_path / "cache", bundle, 1)).bundle is bundle


def test_only_the_newest_are_kept_and_one_can_be_forgotten(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    made = [Bundle(tiny_bundle(tmp_path / "bundles", station=f"s{n}")) for n in range(MOST_KEPT + 2)]
    for one in made:
        optimised_session(cache, one, 1)
    assert [one.name for one in made if kept_graph(cache, one)] == [one.name for one in made[-MOST_KEPT:]]
    assert len(graphs(cache)) == 2 * MOST_KEPT
    forget(cache, made[-1])
    assert kept_graph(cache, made[-1]) is None
    assert len(graphs(cache)) == 2 * (MOST_KEPT - 1)
