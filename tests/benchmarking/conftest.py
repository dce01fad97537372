from tests.backends.conftest import compiled, own_cache  # noqa: F401
