"""Write a bundle's ONNX file, its labels, an example script and a README for use elsewhere."""

from pathlib import Path

import click

from qc_station.cli.output import finish, json_option


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--to", "target", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write."
)
@json_option
def command(bundle: Path, target: Path, as_json: bool) -> None:
    """Take the model of BUNDLE to another program; the bundle is verified first."""
    from deploy.elsewhere.folder import write_folder
    from deploy.runtime import Runtime

    written = write_folder(Runtime(bundle).bundle, target)
    result = {"bundle": str(bundle), "files": [str(f) for f in written]}
    finish(result, as_json, text="\n".join(str(f) for f in written))
