"""Show what a verdict rests on: the responsible band of a sound, spot of a frame, channel of a gas array."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qc_station.cli.bundle import bundle_folder
from qc_station.cli.inspect import SETTINGS, given
from qc_station.cli.output import finish, json_option
from qc_station.cli.station import station_option

if TYPE_CHECKING:
    from deploy.runtime import Runtime
    from qc_station.explaining.explanation import Explanation
    from qc_station.store import Store
    from qc_station.verdict import Policy


@click.command(context_settings=SETTINGS)
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("part", nargs=-1, type=click.UNPROCESSED, metavar="ITEM | --STREAM FILE...")
@station_option("The station that stores ITEM. Default: the one in whose folder the bundle lies.", required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Also draw it, e.g. why.png.")
@json_option
def command(bundle: Path, part: tuple[str, ...], station: Path | None, out: Path | None, as_json: bool) -> None:
    """Explain the verdict of BUNDLE about a stored ITEM, or about files as `qc-station inspect` takes them.

    BUNDLE is a folder, or with --station the name of one in its bundles. Places are taken out of each window and the
    network is asked again; where its answer falls, it rests on that place. Of a part that is looked at because nothing
    like it was seen, the p-value of novelty is asked instead. It is so told what the network looks at, not what is wrong
    with the part. What is taken out is replaced by what the station's good parts have there (of sounds, and of anything
    where novelty is asked), without a station by what the bundle's self-test holds of them. Of a recording longer than the window, the window with the worst verdict is explained.
    """
    from deploy.runtime import Runtime
    from qc_station.explaining.text import record_of, text_of
    from qc_station.operating.point import station_of

    runtime = Runtime(bundle_folder(bundle, station))
    found = _explained(runtime, part, station or station_of(runtime.bundle.folder))
    if out is not None:
        from qc_station.explaining.picture import draw
        from qc_station.pictures.alignment import save

        save(draw(found), out)
    finish({"bundle": runtime.bundle.folder, "out": out, **record_of(found)}, as_json, text=text_of(found))


def _explained(runtime: "Runtime", part: tuple[str, ...], home: Path | None) -> "Explanation":
    """Of a stored item or of files, beside what the store holds where there is one."""
    from qc_station.errors import ConfigError
    from qc_station.explaining.explanation import explain
    from qc_station.explaining.good_parts import good_parts
    from qc_station.operating.point import policy_of
    from qc_station.store import Store
    from qc_station.store.schema import FILE_NAME

    policy, item = policy_of(home, runtime.manifest), part[0] if part and not part[0].startswith("--") else None
    if item is not None and len(part) > 1:
        raise click.UsageError(f"ITEM {item!r} stands alone, or files are given instead of it; {part[1]!r} is too much")
    if item is not None and home is None:
        raise click.UsageError(f"ITEM {item!r} is looked up in a station, and this bundle lies in none; give --station")
    if home is None or not (home / FILE_NAME).exists():
        if item is not None:
            raise ConfigError(f"{home} has no store yet; `qc-station import MANIFEST --station {home}` fills one")
        name, windows = from_files(runtime, part, policy)
        return explain(runtime, name, windows, good_parts(runtime, None, name), policy)
    with Store.open(home) as store:
        name, windows = from_files(runtime, part, policy) if item is None else from_store(store, runtime, item)
        return explain(runtime, name, windows, good_parts(runtime, store, name), policy)


def from_store(store: "Store", runtime: "Runtime", name: str) -> tuple[str, dict[str, Any]]:
    """A stored item with the windows of the bundle's streams.

    Raises:
        StoreError: there is none of that name, with what is known of it.
    """
    from qc_station.errors import StoreError

    entry = next((one for one in store.entries() if one.name == name), None)
    if entry is not None:
        windows = store.load(entry).windows
        return name, {stream: windows[stream] for stream in runtime.streams if stream in windows}
    decided = next((one.verdict for one in store.decisions() if one.part == name), None)
    if decided is not None:
        raise StoreError(f"part {name!r} was decided {decided}, but its windows were not kept; those for review are")
    raise StoreError(f"no item {name!r} in {store.folder}; `qc-station review` lists those that wait for people")


def from_files(runtime: "Runtime", arguments: tuple[str, ...], policy: "Policy") -> tuple[str, dict[str, Any]]:
    """The window of some files whose verdict is the worst."""
    from qc_station.bundles import stream_tables
    from qc_station.cli.inspect import inspected
    from qc_station.manifest.reading import read_part

    files = given(arguments, runtime.streams)
    windows = read_part(files, stream_tables(runtime.manifest))
    order = ["PASS", "REVIEW", "REJECT"]
    ranks = [order.index(inspected(runtime, one, policy)["verdict"]) for one in windows]
    worst = ranks.index(max(ranks))
    name = next(iter(files.values())).name
    return (name if len(windows) == 1 else f"{name}, window {worst}"), windows[worst]
