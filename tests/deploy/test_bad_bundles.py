"""Bundles that are sealed in good order and still must not be used: each is refused in one line that says why."""

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, external_data_helper, helper, numpy_helper

from deploy import arrays, outside
from deploy.bundle import LIMITS, MANIFEST, MODEL, SELFTEST, Bundle, BundleStream, BundleTask, write_bundle
from deploy.errors import BundleError
from deploy.files import read_plain
from deploy.runtime import Runtime
from tests.tiny_bundle import WEIGHTS, manifest, model, selftest, tiny_bundle


def refusal(folder: Path) -> str:
    with pytest.raises(BundleError) as error:
        Runtime(folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def resealed(parent: Path, archive: bytes) -> Path:
    """The tiny bundle with another selftest.npz, sealed in good order."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(np, "savez_compressed", lambda file, **_: file.write(archive))
        return tiny_bundle(parent)


def zipped(entries: list[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            # A date of its own would make every run another.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array), version=(1, 0), allow_pickle=True)
    return buffer.getvalue()


def header(shape: tuple[int, ...], descr: str = "<f4") -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def test_the_tiny_bundle_itself_runs(tmp_path: Path) -> None:
    assert Runtime(tiny_bundle(tmp_path)).streams == ("sound",)


@pytest.mark.parametrize("name", [MANIFEST, MODEL, SELFTEST])
def test_a_file_over_its_limit_is_refused_unread(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_bundle(tmp_path)
    os.truncate(folder / name, LIMITS[name] + 1)
    assert f"{name} has {LIMITS[name] + 1} bytes; at most {LIMITS[name]} are allowed" in refusal(folder)
    monkeypatch.setattr(os, "fdopen", lambda *_, **__: pytest.fail("was read"))
    with pytest.raises(BundleError, match="are allowed"):
        read_plain(folder, name, LIMITS[name])


def test_a_bundle_that_could_not_be_read_again_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, MODEL, 100)
    with pytest.raises(BundleError, match=r"a new bundle: model\.onnx has \d+ bytes; at most 100 are allowed"):
        tiny_bundle(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_writing_again_heals_a_bundle_of_links(tmp_path: Path) -> None:
    folder = tiny_bundle(tmp_path / "bundles")
    (folder / MODEL).rename(tmp_path / "elsewhere")
    (folder / MODEL).symlink_to(tmp_path / "elsewhere")
    assert "model.onnx is a link" in refusal(folder)
    assert Runtime(tiny_bundle(tmp_path / "bundles")).bundle.folder == folder


def test_a_pipe_in_a_files_place_does_not_hold_the_process(tmp_path: Path) -> None:
    folder = tiny_bundle(tmp_path)
    (folder / MODEL).unlink()
    os.mkfifo(folder / MODEL)
    assert "model.onnx is no plain file; a bundle holds plain files only" in refusal(folder)


def test_a_folder_in_a_files_place_is_refused(tmp_path: Path) -> None:
    folder = tiny_bundle(tmp_path)
    (folder / SELFTEST).unlink()
    (folder / SELFTEST).mkdir()
    assert "selftest.npz is no plain file" in refusal(folder)


def test_an_archive_that_would_inflate_beyond_the_limit_is_not_inflated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = zipped([(f"in/{n}.npy", b"\0" * (arrays.MOST_BYTES // 8 + 1)) for n in range(8)])
    assert len(bomb) < 10**6
    folder = resealed(tmp_path, bomb)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("was inflated"))
    said = (
        f"its arrays are declared to inflate to {8 * (arrays.MOST_BYTES // 8 + 1)} bytes; at most {arrays.MOST_BYTES}"
    )
    assert said in refusal(folder)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([("in/sound.npy", header((2**40,)))], f"needs {2**42} bytes and has 0"),
        ([("in/sound.npy", header((2, -4)) + b"1234")], "in/sound.npy"),
        ([("in/sound.npy", npy(np.zeros(4, np.float32))[:-1])], "needs 16 bytes and has 15"),
        ([("in/sound.npy", npy(np.array([{}, print], object)))], "of dtype object; allowed: float32 and bool"),
        ([("in/sound.npy", npy(np.zeros(4)))], "of dtype float64; allowed: float32 and bool"),
        ([("in/sound.npy", b"\x93NUMPY\x03\x00")], "of format (3, 0); allowed: (1, 0)"),
        ([("in/sound.npy", b"no array")], "cannot be read"),
        ([("in/sound.npy", b"")], "cannot be read"),
        ([("../outside.npy", npy(np.zeros(1, np.float32)))], "entry '../outside.npy'; allowed: arrays named"),
        ([("/etc/passwd", b"")], "entry '/etc/passwd'; allowed: arrays named in/STREAM or out/OUTPUT"),
        ([("in/sound.pkl", b"")], "entry 'in/sound.pkl'; allowed"),
    ],
)
def test_arrays_that_promise_what_no_self_test_holds_are_refused(
    tmp_path: Path, entries: list[tuple[str, bytes]], said: str
) -> None:
    found = refusal(resealed(tmp_path, zipped(entries)))
    assert "selftest.npz cannot be read" in found
    assert said in found


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_compression_is_refused(tmp_path: Path, method: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("in/sound.npy", npy(np.zeros(4, np.float32)))
    assert f"compressed by method {method}; allowed: 0, stored, and 8" in refusal(resealed(tmp_path, buffer.getvalue()))


def test_two_arrays_of_one_name_are_refused(tmp_path: Path) -> None:
    entry = ("in/sound.npy", npy(np.zeros(1, np.float32)))
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = zipped([entry, entry])
    assert "two entries of one name" in refusal(resealed(tmp_path, archive))


@given(cut=st.floats(0, 1, exclude_max=True), place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_of_a_damaged_archive_no_array_is_another(cut: float, place: float, flip: int) -> None:
    inputs, _ = selftest()
    whole = zipped([(f"in/{name}.npy", npy(array)) for name, array in inputs.items()])
    changed = bytearray(whole)
    changed[int(len(whole) * place)] ^= flip
    for raw in (whole[: int(len(whole) * cut)], bytes(changed)):
        try:
            found = arrays.read_arrays(raw)
        except ValueError:
            continue
        # One may be lost with its entry, which the self-test misses; none holds anything else.
        assert {a.tobytes() for a in found.values()} <= {a.tobytes() for a in inputs.values()}


def external(location: str) -> onnx.ModelProto:
    graph = model()
    tensor = graph.graph.initializer[0]
    external_data_helper.set_external_data(tensor, location, length=WEIGHTS.nbytes)
    return graph


@pytest.mark.parametrize("location", ["weights.bin", "../../weights.bin", "/etc/passwd"])
def test_a_model_that_keeps_data_outside_is_refused(
    tmp_path: Path, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.bin").write_bytes(WEIGHTS.tobytes())
    for graph in (external(location), without_raw(external(location))):
        folder = tiny_bundle(tmp_path / "bundles", graph.SerializeToString())
        assert f"model.onnx keeps data in {location!r}; a model holds all of its own" in refusal(folder)


def without_raw(graph: onnx.ModelProto) -> onnx.ModelProto:
    graph.graph.initializer[0].ClearField("raw_data")
    return graph


def test_data_outside_is_found_wherever_a_tensor_may_stand() -> None:
    tensor = external("x.bin").graph.initializer[0]
    inner = helper.make_graph([helper.make_node("Constant", [], ["c"], value=tensor)], "inner", [], [])
    branch = helper.make_node("If", ["a"], ["b"], then_branch=inner, else_branch=inner)
    function = helper.make_function("own", "f", [], ["b"], [branch], [])
    sparse = onnx.SparseTensorProto(values=tensor)
    places = [
        onnx.ModelProto(graph=inner),
        onnx.ModelProto(graph=helper.make_graph([branch], "g", [], [])),
        onnx.ModelProto(functions=[function]),
        onnx.ModelProto(training_info=[onnx.TrainingInfoProto(algorithm=inner)]),
        onnx.ModelProto(graph=onnx.GraphProto(sparse_initializer=[sparse])),
        onnx.ModelProto(graph=helper.make_graph([helper.make_node("C", [], ["c"], s=sparse)], "g", [], [])),
        onnx.ModelProto(graph=helper.make_graph([helper.make_node("C", [], ["c"], s=[tensor])], "g", [], [])),
    ]
    for place in places:
        assert outside.outside_files(place.SerializeToString())[0] == "x.bin", place


def test_the_walk_knows_every_field_of_onnx_that_leads_to_a_tensor() -> None:
    for kind, fields in outside.NESTED.items():
        known = {f.number: f.message_type.name for f in getattr(onnx, kind).DESCRIPTOR.fields if f.message_type}
        wanted = {n: name for n, name in known.items() if name in outside.NESTED or name == "TensorProto"}
        assert fields == wanted, kind
    numbers = {f.name: f.number for f in TensorProto.DESCRIPTOR.fields}
    assert numbers["external_data"] == outside.EXTERNAL_DATA


@pytest.mark.parametrize("raw", [b"\x3a", b"\x3a\xff\xff\xff\xff\x0f", b"\x0b", b"\xff" * 12, b"\x09\x00"])
def test_bytes_that_are_no_protocol_buffer_are_refused(tmp_path: Path, raw: bytes) -> None:
    assert "model.onnx cannot be read: " in refusal(tiny_bundle(tmp_path, raw))


def test_a_model_of_another_format_is_refused_although_onnxruntime_reads_it(tmp_path: Path) -> None:
    assert "model.onnx cannot be read" in refusal(tiny_bundle(tmp_path, b"\x24\x00\x00\x00ORTM" + b"\0" * 64))


def stream(**changes: Any) -> dict[str, BundleStream]:
    return {"sound": msgspec.structs.replace(manifest().streams["sound"], **changes)}


@pytest.mark.parametrize("raw", [b'{"x":' + b"[" * 10**6, b'{"format":1,"figures":' + b'{"a":' * 10**5])
def test_a_manifest_that_is_nested_without_end_is_refused(tmp_path: Path, raw: bytes) -> None:
    folder = tiny_bundle(tmp_path)
    (folder / MANIFEST).write_bytes(raw)
    assert "manifest.json cannot be read: " in refusal(folder)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"streams": stream(dtype="object")}, "stream 'sound' of dtype 'object'; allowed: int16, int32, uint8"),
        (
            {"streams": stream(shape=(2**20, 2**20))},
            "stream 'sound' of shape (1048576, 1048576); allowed: every length",
        ),
        ({"streams": stream(shape=())}, "stream 'sound' of shape (); allowed"),
        ({"streams": stream(shape=(1, 0))}, "stream 'sound' of shape (1, 0); allowed"),
        ({"streams": stream(rate_hz=-1.0)}, "stream 'sound' at -1.0 Hz; allowed: more than 0"),
        ({"costs": {"escape": -1.0}}, "costs.escape = -1.0; allowed: escape, overkill, review, each 0 or more"),
        ({"costs": {"nothing": 1.0}}, "costs.nothing = 1.0; allowed"),
        ({"streams": {}}, "0 streams; allowed: 1 to 64"),
        ({"streams": {"presence": stream()["sound"]}}, "a stream named 'presence'"),
        (
            {"streams": stream(shape=(1, 5))},
            "self-test input 'sound' is float32 of shape (2, 1, 4); the manifest promises",
        ),
        ({"tasks": {"label": BundleTask(stream=None, classes=("a", "b", "c"))}}, "the manifest promises (2, 3)"),
        ({"tasks": {"taste": BundleTask(stream=None, classes=())}}, "task 'taste' has no output; there are label"),
    ],
)
def test_a_manifest_that_promises_what_cannot_be_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    assert said in refusal(tiny_bundle(tmp_path, **changes))


def test_a_self_test_of_no_part_checks_nothing_and_is_refused(tmp_path: Path) -> None:
    inputs, outputs = ({name: rows[:0] for name, rows in half.items()} for half in selftest())
    folder = write_bundle(tmp_path, manifest(), model().SerializeToString(), inputs, outputs)
    assert "self-test input" in refusal(folder)


def test_a_graph_that_cannot_take_the_self_test_is_refused(tmp_path: Path) -> None:
    graph = model()
    graph.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 5
    graph.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.ones((5, 2), np.float32), "weights"))
    assert "its self-test cannot be run: " in refusal(tiny_bundle(tmp_path, graph.SerializeToString()))


def test_a_graph_that_does_not_fit_itself_is_refused(tmp_path: Path) -> None:
    graph = model(np.ones((5, 2), np.float32))
    assert "refuses the model: " in refusal(tiny_bundle(tmp_path, graph.SerializeToString()))


def test_an_array_that_holds_objects_is_never_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pickle.loads", lambda *_, **__: pytest.fail("unpickled"))
    monkeypatch.setattr("pickle.load", lambda *_, **__: pytest.fail("unpickled"))
    folder = resealed(tmp_path, zipped([("in/sound.npy", npy(np.array([print], object)))]))
    assert "of dtype object" in refusal(folder)
    with pytest.raises(BundleError, match="of dtype object"):
        Bundle(folder).selftest()
