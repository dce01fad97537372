"""What a planner plays in: a model of the game, exact or learned. No planner calls the rules itself.

A model carries a position from action to action as a `State`. So the root of a search is the state that it is asked
about, and the network reads a foreseen position as it reads a real one.
"""

from __future__ import annotations

from jaxtyping import Array, Float, Int

from stages.game.tensor_game import State, follow, step
from stages.network.agent import AgentNetwork


def advance(network: AgentNetwork, state: State, action: Int[Array, "3 s"]) -> tuple[State, Float[Array, ""]]:
    """The next state and the reward: by the rules or, where the network has learned dynamics, by these.

    A learned model foresees the cells of the residual. What they mean is known: zero ends the game, a move costs 1.
    """
    if network.dynamics is None:
        return step(state, action, network.rules)
    return follow(state, action, network.dynamics.predict(state.residual, action), network.rules)
