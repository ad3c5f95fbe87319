"""Expression errors: why an expression cannot be parsed, or has no value for a row."""


class ExpressionError(Exception):
    """Why an expression cannot be parsed or evaluated: one sentence."""


class LostRowError(ExpressionError):
    """Why a row cannot be ingested: a value does not fit the schema, or the local Platform cannot say what it would be."""


class ArgumentError(Exception):
    """What is wrong with an argument of a function: a clause, to which the name of the function is added."""
