"""NumPy arrays inside a pickle, without unpickling: opcodes are read over an allow-list and nothing is ever called.

An .npy file of dtype object is a pickle. A pickle is a program; an unpickler runs it. Here `pickletools.genops` lists
its opcodes, and a stack that holds only integers, bytes, text, tuples, lists and the records below follows them. Names
of functions stay names: the four that NumPy's arrays need are known, every other is refused, as is every other opcode.
"""

from __future__ import annotations

import pickletools
import re
import warnings
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from stages.errors import SchemeError
from stages.exchange.formats.candidate import short

_MARK = object()
_NOTHING = object()  # what an array or dtype holds before its state is set


@dataclass(frozen=True)
class _Function:
    name: str


@dataclass(eq=False)
class DType:
    """dtype code such as i8 or O8 and its byte order: <, > or |."""

    code: str
    order: str = "|"


@dataclass(eq=False)
class Array:
    """An array as its pickle has it.

    Attributes:
      shape: of non-negative integers.
      dtype: its code is that of a number, or O8.
      is_fortran: whether the content is in column order.
      content: raw bytes, or for dtype object a flat list.
    """

    shape: tuple[Any, ...] = ()
    dtype: DType | None = None
    is_fortran: bool = False
    content: object = _NOTHING


_FUNCTIONS = {
    ("numpy", "ndarray"): _Function("ndarray"),
    ("numpy", "dtype"): _Function("dtype"),
    ("_codecs", "encode"): _Function("encode"),
} | {
    (module, name): _Function(name)
    for module in ("numpy.core.multiarray", "numpy._core.multiarray")
    for name in ("_reconstruct", "scalar")
}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_VALUES = {
    *("BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_DTYPE = re.compile(r"[iu][1248]|b1|f[248]|O8?", re.ASCII)


def decode(data: bytes) -> object:
    """The value that a pickle of NumPy arrays stands for: an `Array`, or what may lie in one.

    Raises:
      SchemeError: truncated, or with an opcode, a name or a state that such a pickle does not need.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # genops warns of strange escapes in a name
            return _follow(data)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, Warning) as error:
        raise SchemeError(f"not a pickle of NumPy arrays ({short(str(error))})") from None


def _follow(data: bytes) -> object:
    stack: list[Any] = []
    memo: dict[int, object] = {}
    argument: Any
    for opcode, argument, place in pickletools.genops(data):
        name = opcode.name
        if name in ("PROTO", "FRAME"):
            pass
        elif name in _VALUES:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name == "BINFLOAT":
            stack.append(Fraction(argument))  # exact; NaN and infinity raise
        elif name == "EMPTY_LIST":
            stack.append([])
        elif name == "MARK":
            stack.append(_MARK)
        elif name in _TUPLES:
            stack[-_TUPLES[name] :] = [tuple(_top(stack, _TUPLES[name]))]
        elif name == "TUPLE":
            items = _since_mark(stack)
            stack.append(tuple(items))
        elif name == "APPEND":
            item = stack.pop()
            _list(stack).append(item)
        elif name == "APPENDS":
            items = _since_mark(stack)
            _list(stack).extend(items)
        elif name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif name == "MEMOIZE":
            memo[len(memo)] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name == "GLOBAL":
            stack.append(_function(*argument.split(" ", 1)))
        elif name == "STACK_GLOBAL":
            stack[-2:] = [_function(*_top(stack, 2))]
        elif name == "REDUCE":
            function, arguments = _top(stack, 2)
            stack[-2:] = [_constructed(function, arguments)]
        elif name == "BUILD":
            state = stack.pop()
            _set_state(stack[-1], state)
        elif name == "STOP":
            if place != len(data) - 1:
                raise SchemeError("not a pickle of NumPy arrays (bytes behind its end)")
            if len(stack) != 1 or stack[0] is _MARK or isinstance(stack[0], _Function):
                raise SchemeError("not a pickle of NumPy arrays (it ends with another number of values than one)")
            return stack[0]
        else:
            raise SchemeError(f"not a pickle of NumPy arrays: opcode {name} is not allowed")
    raise SchemeError("not a pickle of NumPy arrays (no end)")


def _top(stack: list[Any], count: int) -> list[Any]:
    if len(stack) < count or any(item is _MARK for item in stack[-count:]):
        raise ValueError("values are missing")
    return stack[-count:]


def _since_mark(stack: list[Any]) -> list[Any]:
    items = []
    while (item := stack.pop()) is not _MARK:  # without one the stack runs empty, an IndexError
        items.append(item)
    return items[::-1]


def _list(stack: list[Any]) -> list[Any]:
    if not isinstance(stack[-1], list):
        raise ValueError("what is appended to is no list")
    return stack[-1]


def _function(module: object, name: object) -> _Function:
    if not isinstance(module, str) or not isinstance(name, str):
        raise ValueError("a name is no text")
    if (module, name) not in _FUNCTIONS:
        raise SchemeError(f"not a pickle of NumPy arrays: {short(f'{module}.{name}')} is not allowed")
    return _FUNCTIONS[module, name]


def _constructed(function: object, arguments: object) -> object:
    """What a call would give, for the calls that NumPy's pickles make and no other; `ndarray` is only named."""
    match function, arguments:
        case _Function("encode"), (str() as text, "latin1"):
            return text.encode("latin-1")
        case _Function("dtype"), (str() as code, False, True) if _DTYPE.fullmatch(code):
            return DType(code)
        case _Function("_reconstruct"), (_Function("ndarray"), (0,), bytes()):
            return Array()
        case _Function("scalar"), (DType() as dtype, bytes() as raw):
            return Array((), dtype, False, raw)
    raise SchemeError("not a pickle of NumPy arrays: a call that they do not need")


def _set_state(target: object, state: object) -> None:
    match target, state:
        case DType(), (3, ("<" | ">" | "|") as order, None, None, None, -1, -1, int()):
            target.order = order
        case Array(content=content), (1, tuple() as shape, DType() as dtype, bool() as is_fortran, bytes() | list()):
            is_shape = len(shape) <= 3 and all(type(length) is int and length >= 0 for length in shape)
            if content is not _NOTHING or not is_shape:
                raise SchemeError("not a pickle of NumPy arrays: a state that they do not need")
            target.shape, target.dtype, target.is_fortran, target.content = shape, dtype, is_fortran, state[4]
        case _:
            raise SchemeError("not a pickle of NumPy arrays: a state that they do not need")
