"""Evaluation: expressions compiled to closures, which give the value of a row.

A documented function that is not implemented here compiles as well; it fails each row, by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.data_prep import paths
from aep_pulumi.emulator.data_prep.arithmetic import BINARY, UNARY, is_set, truth
from aep_pulumi.emulator.data_prep.expression_error import ArgumentError, ExpressionError, LostRowError
from aep_pulumi.emulator.data_prep.expressions import Array, Call, Constant, Field, Lambda, Object, Operator, Part, Tree
from aep_pulumi.emulator.data_prep.functions import analytics, hashes, hierarchies, texts, times, urls, user_agents, values
from aep_pulumi.emulator.data_prep.functions.arguments import Function, array, text
from aep_pulumi.emulator.data_prep.functions.status import NOT_IMPLEMENTED

Json = dict[str, Any]
Value = Callable[[Json], object]
Now = Callable[[], float]
"""The current time, in seconds since the epoch."""

FUNCTIONS: Mapping[str, Function] = {
    **texts.FUNCTIONS,
    **hashes.FUNCTIONS,
    **urls.FUNCTIONS,
    **times.FUNCTIONS,
    **hierarchies.FUNCTIONS,
    **values.FUNCTIONS,
    **user_agents.FUNCTIONS,
    **analytics.FUNCTIONS,
}


def compiled(tree: Tree, now: Now = clock.now) -> Value:
    """A function that gives the value of a tree for a row; a missing field is null.

    The function raises ExpressionError if the tree cannot be evaluated.

    Raises:
        RecursionError: the tree is too deep.
    """
    return _Compiler(now).value(tree)


class _Compiler:
    def __init__(self, now: Now) -> None:
        self.now = now

    def value(self, tree: Tree) -> Value:
        match tree:
            case Constant(constant):
                return lambda _: constant
            case Field(steps):
                return paths.reader(steps)
            case Operator(sign, operands):
                return _operator(sign, self.values(operands))
            case Call(name, arguments):
                return self._call(name, arguments)
            case Lambda():
                return _failing("A lambda expression is only an argument of filterArray and transformArray.")
        return self._literal_or_part(tree)

    def values(self, trees: Sequence[Tree]) -> list[Value]:
        return [self.value(each) for each in trees]

    def _literal_or_part(self, tree: Array | Object | Part) -> Value:
        match tree:
            case Array(items):
                found = self.values(items)
                return lambda row: [each(row) for each in found]
            case Object(members):
                keys, values = self.values(members[::2]), self.values(members[1::2])
                pairs = list(zip(keys, values, strict=True))
                return _checked("An object", lambda row: {text(key(row)): value(row) for key, value in pairs})
        of = self.value(tree.whole)
        if isinstance(tree.index, paths.Step):
            steps = (tree.index,)
            return lambda row: paths.read(of(row), steps)
        at = self.value(tree.index)
        return lambda row: paths.item(of(row), at(row))

    def _call(self, name: str, arguments: tuple[Tree, ...]) -> Value:
        if name in SPECIAL:
            found = SPECIAL[name](self, arguments)
            return found or _failing(f"{name}: the number or the kind of the arguments is not as documented.")
        if name in NOT_IMPLEMENTED:
            return _failing(f"The local Platform does not implement {name}: {NOT_IMPLEMENTED[name]}.")
        return _called(name, FUNCTIONS[name], self.values(arguments))


# --- functions that are compiled in another way than on the values of their arguments -----------------------------------


def _now(compiler: _Compiler, arguments: tuple[Tree, ...]) -> Value | None:
    now = compiler.now
    return None if arguments else lambda _: datetime.fromtimestamp(int(now()), UTC)


def _timestamp(compiler: _Compiler, arguments: tuple[Tree, ...]) -> Value | None:
    now = compiler.now
    return None if arguments else lambda _: int(now() * 1000)


def _iif(compiler: _Compiler, arguments: tuple[Tree, ...]) -> Value | None:
    if len(arguments) != 3:  # noqa: PLR2004 - the condition and two values
        return None
    holds, chosen, other = compiler.values(arguments)

    def found(row: Json) -> object:
        result = holds(row)
        if result is True:
            return chosen(row)
        if result is False:
            return other(row)
        raise ExpressionError("iif: the first argument is neither true nor false.")

    return found


def _contains_key(compiler: _Compiler, arguments: tuple[Tree, ...]) -> Value | None:
    match arguments:
        case (Field(steps),):
            return lambda row: paths.exists(row, steps)
        case (path,):
            of = compiler.value(path)
            return _checked("contains_key", lambda row: paths.exists(row, paths.parsed(text(of(row)))))
    return None


def _over_items(name: str, *, keeps: bool) -> Special:
    """`filterArray`, which keeps the items for which the lambda is true, or `transformArray`, which returns what it gives."""

    def compiled_over(compiler: _Compiler, arguments: tuple[Tree, ...]) -> Value | None:
        match arguments:
            case (items, Lambda(parameter, body)):
                return _checked(name, over(compiler.value(items), parameter, compiler.value(body)))
        return None

    def over(of: Value, parameter: str, body: Value) -> Value:
        def found(row: Json) -> object:
            whole = of(row)
            if whole is None:
                return None
            items, scope = array(whole), dict(row)
            results = [body(scope) for scope[parameter] in items]
            return [each for each, result in zip(items, results, strict=True) if truth(result)] if keeps else results

        return found

    return compiled_over


def _object_to_map(compiler: _Compiler, arguments: tuple[Tree, ...]) -> Value | None:
    name, function = "object_to_map", FUNCTIONS["object_to_map"]
    values = compiler.values(arguments)
    match arguments:
        case (_, Field((str(key),))):
            # The third syntax names a field of an array's items without quotes; of a single key, it is that key's value.
            first, second = values

            def found(row: Json) -> object:
                whole = first(row)
                return function.call(whole, key if isinstance(whole, list) else second(row))

            return _checked(name, found)
    return _called(name, function, values)


Special = Callable[[_Compiler, tuple[Tree, ...]], Value | None]
"""Compiles a call; None if its arguments are not as documented."""

SPECIAL: Mapping[str, Special] = {
    "now": _now,
    "timestamp": _timestamp,
    "iif": _iif,
    "contains_key": _contains_key,
    "is_set": _contains_key,
    "filterArray": _over_items("filterArray", keeps=True),
    "transformArray": _over_items("transformArray", keeps=False),
    "object_to_map": _object_to_map,
}


# --- operators ----------------------------------------------------------------------------------------------------------


def _operator(sign: str, operands: list[Value]) -> Value:
    where = f"The operator {sign.removeprefix('unary ')}"
    if sign.startswith("unary "):
        return _applied(where, UNARY[sign.removeprefix("unary ")], operands)
    return _applied(where, BINARY[sign], operands) if sign in BINARY else _checked(where, _CHOICES[sign](*operands))


def _and(left: Value, right: Value) -> Value:
    return lambda row: truth(left(row)) and truth(right(row))


def _or(left: Value, right: Value) -> Value:
    return lambda row: truth(left(row)) or truth(right(row))


def _unless_null(value: Value, other: Value) -> Value:
    return lambda row: other(row) if (found := value(row)) is None else found


def _if_set(value: Value, other: Value) -> Value:
    return lambda row: found if is_set(found := value(row)) else other(row)


def _ternary(condition: Value, chosen: Value, other: Value) -> Value:
    return lambda row: chosen(row) if is_set(condition(row)) else other(row)


# The operators that do not evaluate all of their operands.
_CHOICES: Mapping[str, Callable[..., Value]] = {"&&": _and, "||": _or, "??": _unless_null, "?:": _if_set, "?": _ternary}


# --- closures -------------------------------------------------------------------------------------------------------


def _failing(message: str) -> Value:
    def fail(_: Json) -> object:
        raise LostRowError(message)

    return fail


def _error(where: str, error: Exception) -> ExpressionError:
    return ExpressionError(f"{where}: a number is too large." if isinstance(error, OverflowError) else f"{where}: {error}.")


def _checked(where: str, value: Value) -> Value:
    def checked(row: Json) -> object:
        try:
            return value(row)
        except (ArgumentError, OverflowError) as error:
            raise _error(where, error) from None

    return checked


def _applied(where: str, call: Callable[..., object], operands: list[Value]) -> Value:
    """An operator or a function on its values. Two operands have a closure of their own, as most operators do."""
    if len(operands) != 2:  # noqa: PLR2004
        return _checked(where, lambda row: call(*[each(row) for each in operands]))
    first, second = operands

    def applied(row: Json) -> object:
        try:
            return call(first(row), second(row))
        except (ArgumentError, OverflowError) as error:
            raise _error(where, error) from None

    return applied


def _required(function: Function) -> str:
    if function.least == function.most:
        return {0: "no arguments", 1: "1 argument"}.get(function.least, f"{function.least} arguments")
    return f"{function.least} {'or more' if function.most is None else f'to {function.most}'} arguments"


def _called(name: str, function: Function, arguments: list[Value]) -> Value:
    if not function.least <= len(arguments) <= (len(arguments) if function.most is None else function.most):
        return _failing(f"{name} requires {_required(function)}.")
    if function.takes_null or not arguments:
        return _applied(name, function.call, arguments)
    call, first, rest = function.call, arguments[0], arguments[1:]

    def called(row: Json) -> object:
        subject = first(row)
        if subject is None:
            return None
        try:
            if not rest:
                return call(subject)
            return call(subject, *[each(row) for each in rest])
        except (ArgumentError, OverflowError) as error:
            raise _error(name, error) from None

    return called
