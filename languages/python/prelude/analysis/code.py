"""Compiling: the code of every module, or where each that does not compile is wrong."""
import ast
import base64
import marshal

ENTRY = "execute_action"


def problem_of(file, source, error):
    """Where and what; columns count characters from 1."""
    if isinstance(error, SyntaxError):
        return {"file": file, "line": error.lineno, "column": error.offset or 1, "message": error.msg or "invalid syntax"}
    if isinstance(error, (RecursionError, MemoryError)):
        return {"file": file, "line": None, "column": None, "message": "it is nested too deeply"}
    return {"file": file, "line": None, "column": None, "message": str(error) or type(error).__name__}


def compile_all(work):
    problems, codes, entry = [], {}, None
    for name, module in work["modules"].items():
        file, source = module["file"], module["source"]
        try:
            made = compile(source, file, "exec", dont_inherit=True)
            codes[name] = base64.b64encode(marshal.dumps(made)).decode("ascii")
            if name == work["entry"]:
                entry = entry_of(ast.parse(source, file))
        except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
            problems.append(problem_of(file, source, error))
    return {"problems": problems, "codes": codes, "entry": entry}


def entry_of(tree):
    """Line and column of the definition of the entry point, where the file shows one."""
    for node in reversed(tree.body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == ENTRY:
            return [node.lineno, node.col_offset + 1]
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == ENTRY for t in node.targets):
            return [node.lineno, node.col_offset + 1]
        if isinstance(node, ast.ImportFrom) and any((alias.asname or alias.name) == ENTRY for alias in node.names):
            return [node.lineno, node.col_offset + 1]
    return None
