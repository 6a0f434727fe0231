"""Stages 2 to 4 of one step: from the batches of a step to the gradient of one weighted total."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.batch_statistics import still_statistics
from models.discrepancy import Pair, eligible, pair_losses
from models.exchange import Exchange
from models.gramian import cosines, gramian, shares
from models.history import Tally
from models.injection import Batch, Share
from models.network import MultimodalNetwork
from models.profile import BackwardStages, profiling, stage
from models.reliability import reliability
from models.terms import Term
from models.weighting.base import Measured, Weighting


@dataclass(slots=True, kw_only=True)
class Portion:
    """One batch of a step, as it goes into the network."""

    batch: Batch
    """Augmented; this process's share of the items."""
    mask: Tensor
    """Which streams count, shape (items, streams), bool."""
    share: Share | None
    """Which items of the batch of all processes these are; None where one process has all."""
    asked: bool
    """Whether any item of the batch of all processes has a pair or a term."""
    noise: Tensor
    """The generator's state before the network drew its own noise."""


@dataclass(slots=True, kw_only=True)
class Sums:
    """A batch's forward pass."""

    features: list[Tensor]
    """By stream, shape (items, FEATURES)."""
    pairs: dict[str, Tensor]
    """Sum of each pair's normalized losses, each item by its weight."""
    terms: dict[str, Tensor]
    """Sum of each further term."""


class CumulativeLoss:
    """One total from all input-output pairs of all batches of a step, as if they were one batch."""

    def __init__(
        self,
        network: MultimodalNetwork,
        pairs: Sequence[Pair],
        weighting: Weighting,
        terms: Sequence[Term] = (),
        exchange: Exchange | None = None,
    ) -> None:
        self.network, self.pairs, self.weighting, self.terms = network, tuple(pairs), weighting, tuple(terms)
        self.exchange = exchange or Exchange()
        self._outputs = frozenset(p.output for p in self.pairs)
        self.latest: dict[str, float] = {}
        self.counts: dict[str, float] = {}
        self.portions: list[Portion] = []
        self.cosines: dict[str, float] = {}
        self.shares: dict[str, float] = {}

    def gradient(self, batches: Sequence[Batch], masks: Sequence[Tensor], look: bool = False) -> dict[str, Tally]:
        """Leave the gradient of the total in the parameters.

        The items of each pair are counted over all batches before the first gradient, so that every item weighs the
        same however the batches are cut. In training the one exception is an encoder that normalizes by its batch: each
        of them has its own mean and variance.

        Args:
            batches: The step's batches, augmented, whole on every process.
            masks: The presence mask of each.
            look: Take the Gramian for the report even if the weighting does not ask for it.

        Returns:
            By pair and by name of a further term; empty where no item has a label.
        """
        self.counts = counts = self._counts(batches, masks)
        # Of the step before: those of this one are whole only after its last batch. At first nothing has skill.
        losses = {o: self.latest.get(o, 1.0) for o in counts if o in self._outputs}
        portions = [self._portion(b, m) for b, m in zip(batches, masks, strict=True)]
        kept = self._forward(portions[0]) if len(portions) == 1 else None
        products = None
        if losses and (look or self.weighting.needs_gradients):
            with stage("integration"):
                products = self._gramian(portions, kept, counts, list(losses))
        asked = products if self.weighting.needs_gradients else None
        with stage("integration"):
            weights = self.weighting.weights(Measured(losses=losses, gramian=asked)) if losses else {}
        if products is not None:
            self.cosines, self.shares = cosines(list(losses), products), shares(weights, products)
        factors = {o: w / counts[o] for o, w in weights.items()}
        factors |= {t.name: t.weight / counts[t.name] for t in self.terms if t.name in counts}
        found: dict[str, float] = dict.fromkeys(factors, 0.0)
        for portion in portions:
            sums = kept or self._forward(portion)
            values = sums.pairs | sums.terms
            if portion.asked:
                self._backward([factors[o] * v for o, v in values.items()], sums.features)
            for output, value in values.items():
                found[output] += float(value.detach())
        self.exchange.gradients(self.network)
        self.exchange.same_noise()
        shown = weights | {t.name: t.weight for t in self.terms}
        tallies = self._tallies(found, counts, shown)
        self.latest |= {o: t.mean for o, t in tallies.items() if o in losses and _finite(t.total)}
        self.portions = portions
        return tallies

    def again(self) -> dict[str, float]:
        """Normalized losses of the same items with the same noise, of the network as it is now."""
        after = torch.get_rng_state()
        sums: dict[str, float] = {o: 0.0 for o in self.counts if o in self._outputs}
        with torch.no_grad(), still_statistics(self.network):
            torch.set_rng_state(self.portions[0].noise)
            for portion in self.portions:
                for output, value in self._forward(portion).pairs.items():
                    sums[output] += float(value)
        torch.set_rng_state(after)
        whole = self.exchange.numbers(list(sums.values()))
        return {o: value / self.counts[o] for o, value in zip(sums, whole, strict=True)}

    def _counts(self, batches: Sequence[Batch], masks: Sequence[Tensor]) -> dict[str, float]:
        """Items of each pair and term over all batches and processes, each by its weight; none that no item has."""
        counts: dict[str, float] = {}
        for batch, mask in zip(batches, masks, strict=True):
            for pair in self.pairs:
                here = eligible(pair, batch.targets, mask)
                own = reliability(pair, batch, mask, self.network.streams)
                many = float(here.sum() if own is None else own[here].sum(dtype=torch.float64))
                counts[pair.output] = counts.get(pair.output, 0.0) + many
            for term in self.terms:
                counts[term.name] = counts.get(term.name, 0.0) + term.count(batch, mask)
        return {name: many for name, many in counts.items() if many > 0}

    def _portion(self, batch: Batch, mask: Tensor) -> Portion:
        mine = self.exchange.share(batch)
        share = batch.share(mine) if self.exchange.several else None
        asked = any(eligible(p, batch.targets, mask).any() for p in self.pairs if p.output in self.counts)
        asked = asked or any(t.count(batch, mask) for t in self.terms)
        if share is not None:
            batch, mask = batch.part(mine), mask[mine]
        return Portion(batch=batch, mask=mask, share=share, asked=asked, noise=torch.get_rng_state())

    def _forward(self, portion: Portion, blind: bool = False) -> Sums:
        """Stages 2 and 3: the sum of the normalized losses of each pair that the batch has.

        Args:
            portion: The batch.
            blind: Without a graph through the encoders: for gradients at the features alone.
        """
        batch, mask, network = portion.batch, portion.mask, self.network
        portion.noise, network.share = torch.get_rng_state(), portion.share
        with torch.set_grad_enabled(torch.is_grad_enabled() and not blind):
            features = network.encode(batch)
        if torch.is_grad_enabled():
            # Also of a stream that no item has, for gradients at the features.
            features = [f if f.requires_grad else f.requires_grad_() for f in features]
        with stage("advancement shared"):
            answers = network.answer(network.advance(features, mask))
        with stage("discrepancy"):
            sums = self._discrepancies(batch, mask, answers)
            further = {
                t.name: t.total(network, batch, mask, features, answers) for t in self.terms if t.count(batch, mask)
            }
        return Sums(features=features, pairs=sums, terms=further)

    def _discrepancies(self, batch: Batch, mask: Tensor, answers: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Sum of the normalized losses of each pair, each item by its weight."""
        sums = {}
        for pair in self.pairs:
            here = eligible(pair, batch.targets, mask)
            # Items of no weight are no items: a pair that has no others has no count to be divided by.
            if pair.output in self.counts and here.any():
                values = pair_losses(pair, answers[pair.output][here], batch.targets[pair.task.name][here])
                own = reliability(pair, batch, mask, self.network.streams)
                sums[pair.output] = values.sum() if own is None else (values * own[here]).sum()
        return sums

    def _backward(self, values: Sequence[Tensor], features: Sequence[Tensor]) -> None:
        """Gradient of every parameter by the sum; while somebody profiles, with the time of each path."""
        roots = [torch.stack(list(values)).sum()] if values else []
        if self.exchange.several:
            # Also with nothing to learn here: a layer that normalizes over all processes waits for each of them.
            roots += [f for f in features if f.requires_grad]
        slopes = [torch.ones_like(r) if r.dim() == 0 else torch.zeros_like(r) for r in roots]
        if not profiling():
            torch.autograd.backward(roots, slopes)
            return
        paths = BackwardStages()
        hooks = [
            f.register_hook(lambda _, name=n: paths.reached(name))  # type: ignore[no-untyped-call]
            for n, f in zip(self.network.streams, features, strict=True)
            if f.requires_grad
        ]
        paths.begin()
        torch.autograd.backward(roots, slopes)
        paths.end()
        for hook in hooks:
            hook.remove()

    def means(self, batch: Batch) -> dict[str, Tensor]:
        """Mean normalized loss of each pair on some items, every one of their streams present, with its graph."""
        mask = batch.presence(self.network.streams)
        counts, before = self._counts([batch], [mask]), self.counts
        self.counts, self.network.share = counts, None
        try:
            answers = self.network.answer(self.network.advance(self.network.encode(batch), mask))
            sums = self._discrepancies(batch, mask, answers)
        finally:
            self.counts = before
        return {output: value / counts[output] for output, value in sums.items()}

    def _gramian(
        self, portions: Sequence[Portion], kept: Sums | None, counts: Mapping[str, float], names: Sequence[str]
    ) -> Tensor:
        """Of the losses divided by their counts, over all batches and processes; noise is drawn again afterwards."""
        total = torch.zeros(len(names), len(names), dtype=torch.float64)
        before = torch.get_rng_state()
        for portion in portions:
            if kept is None:
                with still_statistics(self.network):
                    sums = self._forward(portion, blind=True)
            else:
                sums = kept
            rows = [n for n in names if n in sums.pairs]
            if rows:
                places = torch.tensor([names.index(n) for n in rows])
                part = gramian([sums.pairs[n] / counts[n] for n in rows], sums.features)
                total[places[:, None], places[None, :]] += part
        if kept is None:
            torch.set_rng_state(before)
        self.exchange.add([total])
        return total

    def _tallies(
        self, found: Mapping[str, float], counts: Mapping[str, float], weights: Mapping[str, float]
    ) -> dict[str, Tally]:
        whole = self.exchange.numbers(list(found.values()))
        return {
            o: Tally(total=value, items=counts[o], weight=weights[o], steps=1)
            for o, value in zip(found, whole, strict=True)
        }


def _finite(value: float) -> bool:
    return value - value == 0.0
