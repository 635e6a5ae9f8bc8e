"""What is known of an action without running it: whether it compiles, what looks wrong, what its args are."""
from . import checks, code, schema

TASKS = {"compile": code.compile_all, "check": checks.check, "schema": schema.args_schema}


def analyse(work):
    return TASKS[work["task"]](work)
