"""Make a pair of keys: the private one signs bundles, the public one lets a station know them."""

from pathlib import Path

import click

from qc_station.cli.output import finish, json_option


@click.command()
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write."
)
@json_option
def command(folder: Path, as_json: bool) -> None:
    """Write signing.key, which nobody else may have, and signing.pub, which `[bundles] require_signed` names.

    Keys that are there already stay.
    """
    from deploy.keys import fingerprint, make_keys, public_key

    private, public = make_keys(folder)
    result = {"private": private, "public": public, "fingerprint": fingerprint(public_key(public))}
    text = f"private key {private}: keep it off the line\npublic key {public}: {result['fingerprint']}"
    finish(result, as_json, text=text)
