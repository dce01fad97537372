"""Where a scheme comes from: a stage of this project, or a file that others made."""

from __future__ import annotations

from dataclasses import dataclass

from stages.errors import SchemeError

IMPORTED = "imported"


@dataclass(frozen=True)
class Origin:
    """search:AGENT:game, search:AGENT:window, refinement:WALK, recombination, or imported:FILE.

    Attributes:
      stage: what made the scheme.
      name: of the agent, of the walk or of the file.
      kind: of search: the kind of game that found it.
    """

    stage: str
    name: str = ""
    kind: str = ""

    @property
    def is_imported(self) -> bool:
        return self.stage == IMPORTED

    def __str__(self) -> str:
        return ":".join(filter(None, (self.stage, self.name, self.kind)))

    @classmethod
    def parse(cls, text: str) -> Origin:
        """Reads what `str` gives.

        Raises:
          SchemeError: none of the forms.
        """
        stage, *rest = text.split(":", 1) if text.startswith(f"{IMPORTED}:") else text.split(":")
        match stage, rest:
            case ("search", [_, "game" | "window"]) | ("refinement" | "imported", [_]) | ("recombination", []):
                if all(rest):
                    return cls(stage, *rest)
        raise SchemeError(
            "origin: expected search:AGENT:game, search:AGENT:window, refinement:WALK, recombination or "
            f"imported:FILE, got {text!r}"
        )
