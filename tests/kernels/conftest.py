import pytest


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory):
    """What is compiled stays out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
