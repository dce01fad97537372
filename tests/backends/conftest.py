from pathlib import Path

import jax
import pytest


@pytest.fixture(scope="session")
def compiled(shared) -> Path:
    """Where all tests keep what is compiled: each text once, and none in the user's cache."""
    return shared / "cache"


@pytest.fixture(autouse=True, scope="module")
def own_cache(compiled):
    """XLA optimises as it does for users."""
    reduced = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(compiled))
        patch.delenv("JAX_DISABLE_MOST_OPTIMIZATIONS")
        yield
    jax.config.update("jax_disable_most_optimizations", reduced)
