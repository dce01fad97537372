from tests.backends.conftest import own_cache  # noqa: F401
