"""Prove on this very machine that gradients, optimisers, weightings and the export compute what they should."""

import click

from qc_station.cli.output import finish, json_option


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Compute what is known otherwise and print each error with its bound; exits with 1 when one is over it."""
    import time
    from dataclasses import asdict

    from qc_station.errors import ConfigError

    started = time.monotonic()
    try:
        import torch  # noqa: F401 - a check that cannot be imported fails; a box without torch has none to fail

        from qc_station.selfcheck.running import measured
    except ImportError as error:
        raise ConfigError(f"selfcheck needs the package {error.name!r}: pip install 'qc-station[train]'") from error
    rows, lines = [], []
    for group, one in measured():
        rows.append({"group": group, **asdict(one), "passed": one.passed})
        found = one.detail or f"error {one.error:.1e}, allowed {one.bound:.0e}"
        lines.append(f"{'ok  ' if one.passed else 'FAIL'}  {f'{group}: {one.name}':72}  {found}")
    failed, seconds = sum(not row["passed"] for row in rows), time.monotonic() - started
    said = f"{failed} of {len(rows)} checks failed" if failed else f"all {len(rows)} checks passed"
    text = "\n".join([*lines, f"{said} in {seconds:.0f} s"])
    finish({"passed": not failed, "seconds": seconds, "checks": rows}, as_json, text=text, passed=not failed)
