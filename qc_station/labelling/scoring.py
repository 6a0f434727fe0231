"""Fresh scores of stored items, for stores whose items came in without, or from an older bundle."""

from deploy.errors import InputError
from deploy.runtime import Runtime
from qc_station.evaluation import MAIN, kept_scores
from qc_station.store import Store


def unlabelled_scores(store: Store, runtime: Runtime) -> dict[str, dict[str, object]]:
    """Scores, as a live decision keeps them, of every unlabelled item outside the test split that the bundle can take."""
    found = {}
    for entry in store.entries(splits=("train", "val", None)):
        if MAIN in entry.labels:
            continue
        windows = {name: data for name, data in store.load(entry).windows.items() if name in runtime.streams}
        try:
            found[entry.name] = kept_scores(runtime, runtime.scores(windows))
        except InputError:
            # A window that this bundle does not take leaves the item unscored, which is a reason of its own to look.
            continue
    return found
