"""Decide about one part from its recordings with onnxruntime alone."""

from pathlib import Path
from typing import Any

import click

from qc_station.cli.output import finish, json_option

SETTINGS = {"ignore_unknown_options": True, "allow_extra_args": True}


@click.command(context_settings=SETTINGS)
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("recordings", nargs=-1, type=click.UNPROCESSED, metavar="--STREAM FILE...")
@json_option
def command(bundle: Path, recordings: tuple[str, ...], as_json: bool) -> None:
    """Decide about one part: a file for each stream, e.g. --acoustic a.flac --thermal t.png --enose e.csv.

    A recording longer than the window is inspected window by window; the worst decision counts.
    """
    from deploy.runtime import Runtime
    from qc_station.bundles import stream_tables
    from qc_station.manifest.reading import read_part
    from qc_station.operating.point import policy_of, station_of

    runtime = Runtime(bundle)
    files = given(recordings, runtime.streams)
    policy = policy_of(station_of(bundle), runtime.manifest)
    found = [inspected(runtime, windows, policy) for windows in read_part(files, stream_tables(runtime.manifest))]
    order = ["PASS", "REVIEW", "REJECT"]
    worst = max(found, key=lambda f: order.index(f["verdict"]))
    result = {"bundle": str(bundle), **worst, "windows": len(found)}
    if len(found) > 1:
        result["each"] = [f["verdict"] for f in found]
    finish(result, as_json, text=f"{worst['verdict']}: {worst['reason']}")


def given(arguments: tuple[str, ...], streams: tuple[str, ...]) -> dict[str, Path]:
    """The file of each stream from `--STREAM FILE` or `--STREAM=FILE`.

    Raises:
        click.UsageError: something else, a stream that the bundle does not take, or one named twice.
    """
    words = [w for a in arguments for w in (a.split("=", 1) if a.startswith("--") else [a])]
    files: dict[str, Path] = {}
    for option, value in zip(words[::2], [*words[1::2], None], strict=False):
        name = option.removeprefix("--")
        if not option.startswith("--") or name not in streams:
            allowed = ", ".join(f"--{s}" for s in streams)
            raise click.UsageError(f"{option!r} is no stream of this bundle; allowed: {allowed}")
        if value is None or name in files:
            raise click.UsageError(f"{option}: {'named twice' if value else 'a file is missing'}")
        files[name] = Path(value)
    if not files:
        raise click.UsageError(f"no recording given; allowed: {', '.join(f'--{s} FILE' for s in streams)}")
    return files


def inspected(runtime: Any, windows: dict[str, Any], policy: Any = None) -> dict[str, Any]:
    """Verdict and probabilities of one set of windows."""
    import time

    from qc_station.evaluation import verdict_of

    started = time.perf_counter_ns()
    scores = runtime.scores(windows)
    verdict = verdict_of(runtime.manifest, scores.outputs, scores.streams, policy)
    spent = (time.perf_counter_ns() - started) / 1e6
    answers = {
        name: runtime.named(name, scores) if task.classes else float(scores.outputs[name][0])
        for name, task in runtime.manifest.tasks.items()
        if task.stream is None or task.stream in scores.streams
    }
    return {
        "verdict": verdict.decision.value,
        "reason": verdict.reason,
        "bad": verdict.bad,
        "tasks": answers,
        "novelty": scores.novelty,
        "novelty_by_stream": scores.novelties,
        "streams": list(scores.streams),
        "latency_ms": spent,
    }
