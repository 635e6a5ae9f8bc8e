"""Which names a module uses and nothing defines, by CPython's own symbol tables."""
import ast
import builtins
import symtable

ALWAYS = {*dir(builtins), "__file__", "__name__", "__doc__", "__spec__", "__package__", "__path__", "__loader__", "__builtins__", "__dict__", "__class__", "__annotations__", "__debug__"}


def _defined_globals(table):
    """Names that some scope assigns at the module's level, by `global` as well."""
    names = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()}
    waiting = list(table.get_children())
    while waiting:
        child = waiting.pop()
        waiting.extend(child.get_children())
        for symbol in child.get_symbols():
            if symbol.is_declared_global() and (symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()):
                names.add(symbol.get_name())
    return names


def _global_uses(table):
    """Names that are looked up in the module or the builtins."""
    used = set()
    waiting = [table]
    while waiting:
        scope = waiting.pop()
        waiting.extend(scope.get_children())
        top = scope is table
        for symbol in scope.get_symbols():
            if symbol.is_referenced() and (top or symbol.is_global()):
                used.add(symbol.get_name())
    return used


def undefined(source, file, tree, known):
    """(name, node) of every use of a name that is nowhere defined; none where a star import may define anything."""
    if any(isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names) for node in ast.walk(tree)):
        return []
    table = symtable.symtable(source, file, "exec")
    missing = _global_uses(table) - _defined_globals(table) - ALWAYS - set(known)
    if not missing:
        return []
    return [(node.id, node) for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in missing]


