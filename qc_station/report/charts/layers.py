"""Neuron sets layer by layer: who belongs to which streams, and along which routes signals go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from qc_station.report.charts.canvas import SERIES, hint, label, shortened, svg
from qc_station.report.markup import Markup, element

COLUMN, WIDE, TOP, LEFT = 236.0, 150.0, 34.0, 8.0
"""Pixels: from layer to layer, of a block, above the first block, left of the first layer."""
TALL, GAP, LEAST = 300.0, 8.0, 20.0
"""Of the tallest layer without its gaps, between blocks, of the smallest block."""
MOST_CHARACTERS = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One set of neurons at its place."""

    members: frozenset[str]
    """Streams to which it belongs."""
    name: str
    """As `describe()` calls it."""
    neurons: int
    """How many; 0 for what is injected."""
    x: float
    """Left edge."""
    y: float
    """Upper edge."""
    height: float
    """In proportion to the neurons, but never too low for its name."""


def members_of(name: str, streams: Sequence[str]) -> frozenset[str]:
    """The streams of a set by its name in `describe()`."""
    return frozenset(streams) if name == "all" else frozenset(name.split("+"))


def layer_chart(neurons: Sequence[Mapping[str, int]], streams: Sequence[str]) -> Markup:
    """A picture of all layers, injection at the left.

    Args:
        neurons: Of each hidden layer by set, as `describe()` gives them.
        streams: In the network's order.
    """
    columns = [_column(0, dict.fromkeys(streams, 0), streams)]
    columns += [_column(number, layer, streams) for number, layer in enumerate(neurons, start=1)]
    names = ["injected", *(f"hidden layer {n}: {sum(layer.values())}" for n, layer in enumerate(neurons, start=1))]
    parts: list[object] = [label(LEFT + COLUMN * n, 18.0, words, class_="strong") for n, words in enumerate(names)]
    parts += [
        _route(a, b) for before, after in pairwise(columns) for a in before for b in after if a.members <= b.members
    ]
    parts += [_block(block, streams) for column in columns for block in column]
    height = max(block.y + block.height for column in columns for block in column) + 10
    name = f"Neuron sets of {len(neurons)} hidden layers over {len(streams)} streams, and the routes between them"
    return svg(LEFT + COLUMN * len(neurons) + WIDE + 40, height, name, *parts)


def _column(number: int, layer: Mapping[str, int], streams: Sequence[str]) -> list[Block]:
    total, y, blocks = sum(layer.values()), TOP, []
    for name, count in layer.items():
        height = max(LEAST, TALL * count / total) if total else TALL / len(layer)
        blocks.append(
            Block(
                members=members_of(name, streams),
                name=name,
                neurons=count,
                x=LEFT + COLUMN * number,
                y=y,
                height=height,
            )
        )
        y += height + GAP
    return blocks


def _route(source: Block, target: Block) -> Markup:
    x1, y1, x2, y2 = source.x + WIDE, source.y + source.height / 2, target.x, target.y + target.height / 2
    middle = (x1 + x2) / 2
    path = f"M{x1:.0f} {y1:.0f}C{middle:.0f} {y1:.0f} {middle:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
    return element("path", hint(f"{source.name} reaches {target.name}"), d=path, class_="route")


def _block(block: Block, streams: Sequence[str]) -> Markup:
    """A box with one stripe for each of its streams, in their colours; the first colour is that of all together."""
    own = [number for number, stream in enumerate(streams) if stream in block.members]
    kind = "dedicated" if len(own) == 1 else "shared by all" if len(own) == len(streams) else "overlapping"
    said = f"{block.name}: {block.neurons} neurons, {kind}" if block.neurons else f"{block.name}: features and presence"
    parts: list[object] = [hint(said)]
    parts.append(element("rect", x=block.x, y=block.y, width=WIDE, height=block.height, class_="box"))
    stripe = 10.0 / max(1, len(own))
    for place, number in enumerate(own):
        x = block.x + stripe * place
        parts.append(
            element("rect", x=x, y=block.y, width=stripe, height=block.height, class_=f"fill s{(number + 1) % SERIES}")
        )
    words = shortened(block.name, MOST_CHARACTERS)
    count = f" {block.neurons}" if block.neurons else ""
    parts.append(label(block.x + 15, block.y + block.height / 2 + 4, words + count, class_="small"))
    return element("g", *parts)
