"""How the validation loss answers to the weights of the training losses: what `self_tuning` asks of the trainer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call


@dataclass(frozen=True, slots=True, kw_only=True)
class OneStep:
    """The validation loss after one plain step theta' = theta - sum_p rate_p sum_i w_i g_i,p, as a function of w.

    Its slope is exact and needs no second derivative, since the step is linear in w (Maclaurin et al. 2015,
    arXiv:1502.03492, for a single step):

        d L_val(theta') / d w_i = - sum_p rate_p <g_val,p(theta'), g_i,p(theta)>.

    The products with all g_i at once are the derivative by w of <v, sum_i w_i g_i>, v_p = rate_p g_val,p(theta'): one
    further pass back through the gradient that made the step (Pearlmutter 1994). So however many losses there are, a
    slope costs a pass forward, one back and one back through both on the training batch, and a pass forward and one
    back on the validation batch.

    Everything is looked at in evaluation mode: no dropout, batch statistics as they were learnt and left as they are, so
    that two calls give the same bits; modes are put back afterwards. The step is plain descent, without the optimiser's
    moments and without clipping. An instance is an `Outlook`.
    """

    network: nn.Module
    """What is trained; `losses` and `validation` call it as they please."""
    paths: Mapping[str, Sequence[nn.Parameter]]
    """Its parameters by path; a parameter of no path stays where it is."""
    rates: Mapping[str, float]
    """Learning rate of each path."""
    losses: Callable[[], Mapping[str, Tensor]]
    """Normalized loss of each task on a training batch, scalars with their graph; only the tasks that the batch has."""
    validation: Callable[[], Tensor]
    """The loss by priority on a batch of the validation fold, a scalar with its graph."""

    def hypergradient(self, weights: dict[str, float]) -> dict[str, float]:
        """Slope of the validation loss after one plain step by each weight.

        Args:
            weights: Of that step, by task.

        Returns:
            By task, for those that the batch has; negative where more weight would help.
        """
        with _evaluated(self.network), torch.enable_grad():
            losses = {n: loss for n, loss in self.losses().items() if n in weights}
            if not losses:
                return {}
            values = torch.stack(list(losses.values()))
            given = values.new_tensor([weights[n] for n in losses]).requires_grad_()
            moving = self._moving()
            parameters = [parameter for parameter, _ in moving.values()]
            step = torch.autograd.grad(
                (given * values).sum(), parameters, create_graph=True, allow_unused=True, materialize_grads=True
            )
            slopes = self._slopes({n: p - rate * s for (n, (p, rate)), s in zip(moving.items(), step, strict=True)})
            rates = [rate for _, rate in moving.values()]
            product = torch.stack([r * (v * s).sum() for r, v, s in zip(rates, slopes, step, strict=True)]).sum()
            (found,) = torch.autograd.grad(product, given)
        return dict(zip(losses, (-found).tolist(), strict=True))

    def validation_loss(self) -> float:
        """The loss by priority of the network as it is on the batch of the validation fold."""
        with _evaluated(self.network), torch.no_grad():
            return self.validation().item()

    def _moving(self) -> dict[str, tuple[nn.Parameter, float]]:
        """Parameters that have a path and need a gradient, with their rates, by name."""
        rates = {id(p): self.rates[path] for path, parameters in self.paths.items() for p in parameters}
        named = self.network.named_parameters()
        return {n: (p, rates[id(p)]) for n, p in named if p.requires_grad and id(p) in rates}

    def _slopes(self, there: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """Gradient of the validation loss where the step leads, in the order of `there`."""
        leaves = {n: value.detach().requires_grad_() for n, value in there.items()}
        loss = functional_call(_Asked(self.network), {f"network.{n}": v for n, v in leaves.items()}, (self.validation,))
        if not loss.requires_grad:
            # A fold without a single label answers to nothing.
            return tuple(torch.zeros_like(leaf) for leaf in leaves.values())
        return torch.autograd.grad(loss, list(leaves.values()), allow_unused=True, materialize_grads=True)


class _Asked(nn.Module):
    """A network whose parameters are exchanged while a question is answered, whatever method the question calls."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, question: Callable[[], Tensor]) -> Tensor:
        return question()


@contextmanager
def _evaluated(network: nn.Module) -> Iterator[None]:
    """Evaluation mode, and every module back in its own mode afterwards."""
    before = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in before:
            module.training = training
