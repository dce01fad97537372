import jax
import pytest


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory):
    """What is compiled stays out of the user's cache; XLA optimises as it does for users."""
    reduced = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("JAX_DISABLE_MOST_OPTIMIZATIONS")
        yield
    jax.config.update("jax_disable_most_optimizations", reduced)
