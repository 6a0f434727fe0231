"""An environment that holds what `pip install .` brings and nothing else, made from the installed packages without a network."""

import subprocess
import tomllib
import venv
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def base_distributions() -> set[str]:
    """The base requirements of the project and all that they require themselves, without extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: set[str] = set()
    waiting = list(project["dependencies"])
    while waiting:
        requirement = Requirement(waiting.pop())
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if wanted and requirement.name.lower() not in found:
            found.add(requirement.name.lower())
            waiting += distribution(requirement.name).requires or []
    return found


def make_base_environment(folder: Path) -> Path:
    """Make the environment and return its Python.

    Each package is linked, so that nothing is downloaded or copied; the project itself is found by a path file.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip())
    for name in base_distributions():
        installed = distribution(name)
        for top in {file.parts[0] for file in installed.files or [] if file.parts[0] not in ("..", "__pycache__")}:
            (packages / top).symlink_to(Path(str(installed.locate_file(top))))
    (packages / "project.pth").write_text(f"{ROOT}\n")
    return python
