"""What several workers share is made once, and a network that torch kept for them is the same again."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import torch

from tests.trained_line import once

WORKERS = 4


def test_of_those_who_ask_at_once_one_makes_it_and_the_others_find_it(tmp_path: Path) -> None:
    together, folder = Barrier(WORKERS), tmp_path / "shared"

    def make(folder: Path) -> None:
        with (folder / "written").open("a") as file:
            file.write("made\n")

    def ask(_: int) -> str:
        together.wait()
        once(folder, make)
        return (folder / "written").read_text()

    with ThreadPoolExecutor(WORKERS) as pool:
        assert list(pool.map(ask, range(WORKERS))) == ["made\n"] * WORKERS


def test_what_failed_is_made_by_the_next(tmp_path: Path) -> None:
    def fail(_: Path) -> None:
        raise ValueError("no disk")

    with pytest.raises(ValueError, match="no disk"):
        once(tmp_path, fail)
    once(tmp_path, lambda folder: (folder / "written").touch())
    assert (tmp_path / "written").exists()


def test_a_network_that_torch_kept_is_the_same_again(exported: tuple[torch.nn.Module, bytes], tmp_path: Path) -> None:
    network, _ = exported
    torch.save(network, tmp_path / "network.pt")
    again = torch.load(tmp_path / "network.pt", weights_only=False)
    assert type(again) is type(network)
    assert again.output_names() == network.output_names()
    before, after = network.state_dict(), again.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
