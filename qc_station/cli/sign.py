"""Sign a bundle, so that stations that require a signature run it."""

from pathlib import Path

import click

from qc_station.cli.output import finish, json_option


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Private key; see `keys`.")
@click.option(
    "--counter",
    type=click.IntRange(min=1),
    help="Stations refuse one lower than they ran; without it one more than the highest of the bundles beside it.",
)
@json_option
def command(bundle: Path, key: Path, counter: int | None, as_json: bool) -> None:
    """Write signature.json beside the manifest of BUNDLE; its self-test has to be met here."""
    from deploy.runtime import Runtime
    from deploy.signature import sign

    made = sign(Runtime(bundle).bundle, key, counter)
    result = {"bundle": bundle, "digest": made.digest, "counter": made.counter, "key": made.key}
    finish(result, as_json, text=f"bundle {made.digest[:12]} signed by key {made.key}, counter {made.counter}")
