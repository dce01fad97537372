"""Which window to play: by what the model of chance foretells, or by a tree over windows and outcomes on mctx."""

from __future__ import annotations

import os
from functools import partial

# mctx imports the tests of its libraries, which look for a folder of theirs; on a full disk they find none.
os.environ.setdefault("TEST_TMPDIR", os.curdir)

import jax
import jax.numpy as jnp
import mctx
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from stages.network.chance import LOWER, ChanceNetwork, Windows
from stages.params.planners import StochasticMuzero, WindowChoice

_GAMES = 4  # of one scheme that the tree looks ahead
_NEVER = -1e9

State = tuple[Windows, Bool[Array, "schemes some"], Int[Array, " schemes"]]  # what is there, and games that are left


def choose_windows(
    network: ChanceNetwork,
    windows: Windows,
    is_there: np.ndarray,
    base_rate: float,
    choice: WindowChoice,
    rng: np.random.Generator,
) -> np.ndarray:
    """One window of each scheme, drawn: [schemes] places; of a scheme without windows any place.

    Args:
      windows: [schemes, some].
      is_there: [schemes, some], which of them are there.
      base_rate: of `LOWER` among all games so far. It is added to what the model foretells: one that has seen no
        shorter rewrite says nothing of where they are, and would never be taught (measured).
    """
    if isinstance(choice, StochasticMuzero):
        key = jax.random.key(rng.integers(2**32))
        weights = _tree(network, windows, is_there, base_rate, key, choice.simulations)
    else:
        weights = _chances(network, windows) + base_rate
    with np.errstate(divide="ignore"):
        logits = np.where(is_there, np.log(weights), -np.inf)
    return np.argmax(logits + rng.gumbel(size=is_there.shape), axis=1)


@jax.jit
def _chances(network: ChanceNetwork, windows: Windows) -> Float[Array, "*windows"]:
    """Of a shorter rewrite."""
    return jnp.exp(network(windows)[..., LOWER])


@partial(jax.jit, static_argnames=("simulations",))
def _tree(
    network: ChanceNetwork,
    windows: Windows,
    is_there: Bool[Array | np.ndarray, "schemes some"],
    base_rate: Float[Array, ""],
    key: PRNGKeyArray,
    simulations: int,
) -> Float[Array, "schemes some"]:
    """Shares of the visits of Stochastic MuZero's search (Antonoglou et al. 2022, section 4.2), one tree per scheme.

    The model is exact but for chance: the window's tensor has one play more, and after `LOWER` a rewrite that is one
    term shorter. The reward is 1 for `LOWER`, and a scheme has `_GAMES` games.
    """
    state = windows, is_there, jnp.full(len(is_there), _GAMES)
    logits, value = _decide(network, state, base_rate)
    output = mctx.stochastic_muzero_policy(
        (network, base_rate),
        key,
        mctx.RootFnOutput(prior_logits=logits, value=value, embedding=state),
        _to_afterstate,
        _to_state,
        simulations,
        invalid_actions=~state[1],
        dirichlet_fraction=0.0,
    )
    return output.action_weights


def _decide(
    network: ChanceNetwork, state: State, base_rate: Float[Array, ""]
) -> tuple[Float[Array, "schemes some"], Float[Array, " schemes"]]:
    """Logits of the windows, and the value: the chances of as many different windows as there are games, summed."""
    windows, is_there, left = state
    chances = jnp.where(is_there, _chances(network, windows), 0.0)
    highest = -jnp.sort(-chances, axis=1)[:, :_GAMES]
    value = jnp.sum(jnp.where(jnp.arange(highest.shape[1]) < left[:, None], highest, 0.0), axis=1)
    return jnp.where(is_there, jnp.log(chances + base_rate), _NEVER), value


def _to_afterstate(params, key: PRNGKeyArray, action: Int[Array, " schemes"], state: State):
    (network, base_rate), rows = params, jnp.arange(len(action))
    chance_logits = network(jax.tree.map(lambda field: field[rows, action], state[0]))
    _, value = _decide(network, state, base_rate)
    output = mctx.DecisionRecurrentFnOutput(chance_logits=chance_logits, afterstate_value=value)
    return output, (state, action)


def _to_state(params, key: PRNGKeyArray, outcome: Int[Array, " schemes"], afterstate):
    (network, base_rate), ((windows, is_there, left), action) = params, afterstate
    rows, lower = jnp.arange(len(action)), (outcome == LOWER).astype(windows.known.dtype)
    known, plays = windows.known.at[rows, action].add(-lower), windows.plays.at[rows, action].add(1)
    state = windows._replace(known=known, plays=plays), is_there, left - 1
    logits, value = _decide(network, state, base_rate)
    reward, discount = lower.astype(value.dtype), jnp.where(state[2] > 0, 1.0, 0.0)
    return mctx.ChanceRecurrentFnOutput(action_logits=logits, value=value, reward=reward, discount=discount), state
