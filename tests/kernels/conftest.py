from tests.backends.conftest import as_for_users  # noqa: F401
