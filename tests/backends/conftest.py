import jax
import pytest


@pytest.fixture(autouse=True, scope="module")
def as_for_users():
    """XLA optimises as it does for users, in other processes to the last."""
    reduced = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", False)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("JAX_DISABLE_MOST_OPTIMIZATIONS")
        patch.delenv("XLA_FLAGS")
        yield
    jax.config.update("jax_disable_most_optimizations", reduced)
