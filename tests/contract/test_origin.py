import pytest

from stages.contract.origin import Origin
from stages.errors import SchemeError


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("search:z2:window", Origin("search", "z2", "window")),
        ("refinement:sparse", Origin("refinement", "sparse")),
        ("recombination", Origin("recombination")),
        ("imported:a:b.json", Origin("imported", "a:b.json")),
    ],
)
def test_an_origin_is_its_text(text, origin):
    assert Origin.parse(text) == origin
    assert str(origin) == text
    assert origin.is_imported == text.startswith("imported")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "found",
        "search",
        "search:z2",
        "search::game",
        "search:z2:foo",
        "search:z2:game:x",
        "refinement:",
        "recombination:x",
        "imported:",
    ],
)
def test_another_text_is_refused(text):
    with pytest.raises(SchemeError, match="origin: expected search:AGENT:game"):
        Origin.parse(text)
