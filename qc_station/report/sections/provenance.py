"""Where the network comes from: data, seed, machine, versions, files."""

from qc_station.report.figure_text import duration, flattened
from qc_station.report.markup import join
from qc_station.report.section import Section, table
from qc_station.report.training import Training


def section(training: Training) -> Section:
    """Everything that is needed to train the same network again, and to know that it is the same."""
    manifest, record = training.manifest, training.record
    rows: dict[str, object] = {"bundle": manifest.digest, "station": manifest.station}
    rows |= flattened(manifest.provenance)
    rows |= {"processor": record.processor or "not known", "threads of training": record.threads}
    rows["time"] = duration(record.seconds)
    rows |= {f"export against training / {k}": v for k, v in flattened(manifest.figures.get("parity", {})).items()}
    rows |= {f"SHA-256 of {name}": digest for name, digest in manifest.files.items()}
    streams = [
        [name, s.kind, " x ".join(map(str, s.shape)), s.dtype, s.rate_hz or "–", s.unit, "yes" if s.required else "no"]
        for name, s in manifest.streams.items()
    ]
    tasks = [
        [name, t.stream or "whole part", _classes(t.classes, t.frequencies), f"{t.weight:g}"]
        for name, t in record.tasks.items()
    ]
    return Section(
        anchor="provenance",
        title="Data and provenance",
        words="Equal data digests mean equal names, groups, splits, labels and samples.",
        body=join(
            table(["", ""], [[name, value] for name, value in rows.items()], "Provenance"),
            table(["stream", "kind", "window", "type", "rate, Hz", "unit", "required"], streams, "Inputs"),
            table(["task", "asked of", "answers (share in training)", "weight"], tasks, "Tasks"),
        ),
    )


def _classes(classes: tuple[str, ...], frequencies: tuple[float, ...]) -> str:
    if not classes:
        mean, std = frequencies
        return f"a value, mean {mean:.3g}, standard deviation {std:.3g}"
    return ", ".join(f"{name} ({100 * share:.1f} %)" for name, share in zip(classes, frequencies, strict=True))
