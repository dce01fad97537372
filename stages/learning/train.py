"""The train step: demonstrations and own games in one batch (AlphaTensor, Methods, «Training»)."""

from __future__ import annotations

from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from stages.errors import TrainingError
from stages.game.signed_permutations import draw_signed_permutation
from stages.learning.devices import gather, spread
from stages.learning.losses import position_losses, unrolled_loss
from stages.learning.positions import Position, Terms, draw_position, draw_residuals, permute_position
from stages.network.agent import AgentNetwork
from stages.params.agents import Optimiser


class TrainState(NamedTuple):
    """All that a train step changes."""

    network: AgentNetwork
    optimiser: optax.OptState


class Batch(NamedTuple):
    """What one step learns from; with a leading axis, what a run of steps learns from.

    Each row of a batch is one position: of `terms`, or of `positions` where there are any and `is_own` says so. So the
    mix can change from step to step while the shapes stay.

    Attributes:
      terms: demonstrations and best games, as factorisations; positions are drawn in the step.
      positions: of own games, or None.
      is_own: which rows are of `positions`, or None.
    """

    terms: Terms
    positions: Position | None = None
    is_own: Bool[Array, "*steps batch"] | None = None


class Losses(NamedTuple):
    """Means over a batch: the loss that was differentiated and its parts; that of an exact model is 0."""

    total: Float[Array, "*steps"]
    policy: Float[Array, "*steps"]
    value: Float[Array, "*steps"]
    model: Float[Array, "*steps"] | float = 0.0


@cache  # one object per settings: jit takes it as a static argument and compiles once for it
def make_optimiser(settings: Optimiser, decay_steps: int | None) -> optax.GradientTransformation:
    """Adam with decoupled weight decay behind a clip of the gradient's global norm.

    The rate falls to zero along a cosine over `decay_steps`, or stays constant where that is None.
    """
    rate = settings.learning_rate
    schedule = optax.constant_schedule(rate) if decay_steps is None else optax.cosine_decay_schedule(rate, decay_steps)
    return optax.chain(
        optax.clip_by_global_norm(settings.clip),
        optax.adamw(schedule, weight_decay=settings.weight_decay),
    )


def _positions(network: AgentNetwork, batch: Batch, key: PRNGKeyArray, is_permuted: bool) -> Position:
    """The rows of one batch as positions."""
    draw_key, permutation_key = jax.random.split(key) if is_permuted else (key, None)
    count = batch.terms.rank.shape[0]
    draw = partial(draw_position, rules=network.rules, history=network.history)
    positions = jax.vmap(draw)(batch.terms, jax.random.split(draw_key, count))
    if batch.positions is not None:
        choose = jax.vmap(lambda is_own, own, drawn: jnp.where(is_own, own.astype(drawn.dtype), drawn))
        positions = jax.tree.map(partial(choose, batch.is_own), batch.positions, positions)
    if is_permuted:
        permutations = jax.vmap(partial(draw_signed_permutation, rules=network.rules))(
            jax.random.split(permutation_key, count)
        )
        positions = jax.vmap(permute_position)(permutations, positions)
    return positions


def _loss(network: AgentNetwork, batch: Batch, key: PRNGKeyArray, is_permuted: bool) -> tuple[Float[Array, ""], Losses]:
    positions = _positions(network, batch, key, is_permuted)
    policy, value = jax.vmap(partial(position_losses, network))(positions)
    policy, value = jnp.sum(policy) / jnp.maximum(jnp.sum(positions.is_solution), 1), jnp.mean(value)
    model = 0.0
    if network.dynamics is not None:
        keys = jax.random.split(jax.random.fold_in(key, 0), len(batch.terms.rank))
        games = jax.vmap(partial(draw_residuals, moves=network.dynamics.unroll))(batch.terms, keys)
        model = jnp.mean(jax.vmap(partial(unrolled_loss, network.dynamics))(*games))
    losses = Losses(policy + value + model, policy, value, model)
    return losses.total, losses


@partial(jax.jit, static_argnames=("optimiser", "is_permuted"))
def train_steps(
    state: TrainState,
    batches: Batch,
    key: PRNGKeyArray,
    optimiser: optax.GradientTransformation,
    is_permuted: bool = False,
) -> tuple[TrainState, Losses]:
    """One step per entry of the leading axis of `batches`, each position through a random permutation if `is_permuted`.

    The key is consumed.
    """

    def body(state: TrainState, given: tuple[Batch, PRNGKeyArray]) -> tuple[TrainState, Losses]:
        batch, key = given
        gradient, losses = jax.grad(_loss, has_aux=True)(state.network, batch, key, is_permuted)
        updates, opt_state = optimiser.update(gradient, state.optimiser, state.network)
        return TrainState(optax.apply_updates(state.network, updates), opt_state), losses

    steps = batches.terms.rank.shape[0]
    batches = spread(batches, axis=1)
    return gather(jax.lax.scan(body, state, (batches, jax.random.split(key, steps))))


def mean_losses(losses: Losses, where: str) -> dict[str, float]:
    """Means over a run of steps, by name.

    Raises:
      TrainingError: a loss is not finite; `where` says in which step.
    """
    means = {name: float(jnp.mean(value)) for name, value in losses._asdict().items()}
    if not all(jnp.isfinite(value) for value in means.values()):
        raise TrainingError(f"{where}: expected finite losses, got {means}; a lower learning_rate may help")
    return means
