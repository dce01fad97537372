"""What a planner plays in: a model of the game. No planner calls the rules itself.

A model carries a position from action to action as a `State`. So the root of a search is the state that it is asked
about, and the network reads a foreseen position as it reads a real one.
"""

from __future__ import annotations

from jaxtyping import Array, Float, Int

from stages.game.tensor_game import State, step
from stages.network.agent import AgentNetwork


def advance(network: AgentNetwork, state: State, action: Int[Array, "3 s"]) -> tuple[State, Float[Array, ""]]:
    """The next state and the reward, as `step` has them."""
    return step(state, action, network.rules)
