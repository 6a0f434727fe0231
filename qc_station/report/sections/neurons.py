"""Which neurons belong to which streams."""

from qc_station.report.charts.layers import layer_chart, members_of
from qc_station.report.markup import join
from qc_station.report.section import Section, table
from qc_station.report.training import Training


def section(training: Training) -> Section:
    """The picture of all layers and their table."""
    header, *rows = neuron_table(training)
    return Section(
        anchor="neurons",
        title="Neuron sets",
        words="A neuron listens to another only if all the other's streams are its own: nothing foreign reaches a dedicated "
        "neuron, every stream reaches the shared ones. Stripes are the streams of a set.",
        body=join(layer_chart(training.record.neurons, training.streams), table(header, rows)),
    )


def neuron_table(training: Training) -> list[list[str]]:
    """A header, then a row for each set: its streams, its kind, and its neurons in every hidden layer."""
    layers = training.record.neurons
    rows = [["set", "kind", *(f"hidden layer {n}" for n in range(1, len(layers) + 1))]]
    names = dict.fromkeys(name for layer in layers for name in layer)
    return rows + [[n, kind(n, training.streams), *(str(layer.get(n, 0)) for layer in layers)] for n in names]


def kind(name: str, streams: tuple[str, ...]) -> str:
    """Dedicated to one stream, overlapping some, or shared by all."""
    members = members_of(name, streams)
    if len(members) == 1:
        return "dedicated"
    return "shared" if members == frozenset(streams) else "overlapping"
