"""Expression error: why an expression cannot be parsed or evaluated."""


class ExpressionError(Exception):
    """Why an expression cannot be parsed or evaluated: one sentence."""
