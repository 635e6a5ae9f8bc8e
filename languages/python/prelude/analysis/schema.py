"""The JSON Schema of an action's args, read from what the author wrote: annotations, TypedDicts, dataclasses, defaults, docstrings.

Nothing of the action is run: annotations are read as syntax.
"""
import ast
import inspect
import re

from . import code

PLAIN = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "None": "null", "dict": "object", "Dict": "object", "Mapping": "object", "list": "array", "List": "array", "Sequence": "array", "tuple": "array", "Tuple": "array", "set": "array", "Any": None, "object": None}
FORMATS = {"datetime": "date-time", "date": "date", "time": "time", "UUID": "uuid"}


def _name(node):
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return None


def _constant(node):
    try:
        return True, ast.literal_eval(node)
    except Exception:
        return False, None


class Reader:
    def __init__(self, tree):
        self.classes = {n.name: n for n in tree.body if isinstance(n, ast.ClassDef)}
        self.aliases = {}
        for node in tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self.aliases[node.targets[0].id] = node.value
            elif isinstance(node, ast.TypeAlias):
                self.aliases[node.name.id] = node.value
        self.functions = {n.name: n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}
        self.open = []
        self.problems = []

    def of(self, node):
        """The schema of an annotation."""
        if node is None:
            return {}
        if isinstance(node, ast.Constant):
            if node.value is None:
                return {"type": "null"}
            if isinstance(node.value, str):
                try:
                    return self.of(ast.parse(node.value, mode="eval").body)
                except SyntaxError:
                    return {}
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._union(self._flat(node))
        if isinstance(node, ast.Subscript):
            return self._generic(_name(node.value), node.slice)
        return self._named(_name(node), node)

    def _flat(self, node):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return [*self._flat(node.left), *self._flat(node.right)]
        return [node]

    def _union(self, nodes):
        members = [self.of(node) for node in nodes]
        if {} in members:
            return {}
        types = [member["type"] for member in members if set(member) == {"type"} and isinstance(member["type"], str)]
        if len(types) == len(members):
            return {"type": types if len(types) > 1 else types[0]}
        return {"anyOf": members}

    def _generic(self, name, inner):
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if name == "Optional":
            return self._union([parts[0], ast.Constant(None)])
        if name == "Union":
            return self._union(parts)
        if name == "Literal":
            values = [value for known, value in map(_constant, parts) if known]
            return {"enum": values}
        if name in ("Required", "NotRequired", "ReadOnly", "Final", "ClassVar"):
            return self.of(parts[0])
        if name == "Annotated":
            return self._annotated(parts)
        if name in ("list", "List", "Sequence", "Iterable", "set", "Set", "frozenset"):
            schema = {"type": "array", "items": self.of(parts[0])}
            return {**schema, "uniqueItems": True} if name.lower().endswith("set") else schema
        if name in ("tuple", "Tuple"):
            if len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is Ellipsis:
                return {"type": "array", "items": self.of(parts[0])}
            return {"type": "array", "prefixItems": [self.of(part) for part in parts], "minItems": len(parts), "maxItems": len(parts)}
        if name in ("dict", "Dict", "Mapping", "MutableMapping"):
            return {"type": "object", "additionalProperties": self.of(parts[1])} if len(parts) == 2 else {"type": "object"}
        return {}

    def _annotated(self, parts):
        schema = self.of(parts[0])
        for part in parts[1:]:
            known, value = _constant(part)
            if known and isinstance(value, str):
                schema = {**schema, "description": value}
        return schema

    def _named(self, name, node):
        if name in FORMATS:
            return {"type": "string", "format": FORMATS[name]}
        if name in PLAIN:
            return {} if PLAIN[name] is None else {"type": PLAIN[name]}
        if name in self.classes and name not in self.open:
            self.open.append(name)
            try:
                return self._class(self.classes[name])
            finally:
                self.open.pop()
        if name in self.aliases and name not in self.open:
            self.open.append(name)
            try:
                return self.of(self.aliases[name])
            finally:
                self.open.pop()
        if name is not None and name not in self.open:
            self.problems.append({"line": node.lineno, "column": node.col_offset + 1, "message": f"the type {name} cannot be read as JSON; any value is taken for it"})
        return {}

    def _class(self, node):
        bases = {_name(base) for base in node.bases} | {_name(base.value) for base in node.bases if isinstance(base, ast.Subscript)}
        if bases & {"Enum", "StrEnum", "IntEnum"}:
            values = [value for statement in node.body if isinstance(statement, ast.Assign) for known, value in [_constant(statement.value)] if known]
            return {"enum": values}
        total = not any(k.arg == "total" and isinstance(k.value, ast.Constant) and k.value.value is False for k in node.keywords)
        typed_dict = "TypedDict" in bases
        schema = {"type": "object", "properties": {}, "required": []}
        for base in node.bases:
            name = _name(base)
            if name in self.classes and name not in self.open:
                inherited = self._class(self.classes[name])
                schema["properties"].update(inherited.get("properties", {}))
                schema["required"] += inherited.get("required", [])
        described = descriptions(ast.get_docstring(node) or "")
        for index, statement in enumerate(node.body):
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            self._member(schema, statement, node.body[index + 1 : index + 2], described, total, typed_dict)
        first = (ast.get_docstring(node) or "").split("\n\n")[0].strip()
        if first and not described:
            schema["description"] = inspect.cleandoc(first)
        if not schema["required"]:
            del schema["required"]
        return schema

    def _member(self, schema, statement, following, described, total, typed_dict):
        name = statement.target.id
        wrapper = _name(statement.annotation.value) if isinstance(statement.annotation, ast.Subscript) else None
        if wrapper == "ClassVar":
            return
        member = self.of(statement.annotation)
        text = described.get(name)
        if following and isinstance(following[0], ast.Expr) and isinstance(following[0].value, ast.Constant) and isinstance(following[0].value.value, str):
            text = inspect.cleandoc(following[0].value.value)
        if text:
            member = {**member, "description": text}
        required = total if typed_dict else statement.value is None
        if wrapper == "Required":
            required = True
        elif wrapper == "NotRequired":
            required = False
        if statement.value is not None:
            known, value = _constant(statement.value)
            if known and isinstance(value, (str, int, float, bool, list, dict, type(None))):
                member = {**member, "default": value}
        schema["properties"][name] = member
        if required:
            schema["required"].append(name)


def descriptions(docstring):
    """What a docstring says of each argument, in the styles of Google, Sphinx and NumPy."""
    found = {}
    for name, text in re.findall(r"^\s*:param\s+(?:[\w\[\], |.]+\s+)?(\w+):\s*(.+)$", docstring, re.M):
        found[name] = text.strip()
    section = re.search(r"^\s*(?:Args|Arguments|Parameters|Attributes):?\s*\n(?:\s*-{3,}\s*\n)?((?:[ \t]*\S.*\n?|\n)+)", docstring, re.M)
    if section:
        for name, text in re.findall(r"^\s*(\w+)\s*(?:\([^)]*\))?\s*:\s*(.+)$", section[1], re.M):
            found.setdefault(name, text.strip())
    return found


def _of_context(reader, annotation):
    """The schema of `args` where the context itself has a type."""
    schema = reader.of(annotation)
    return schema.get("properties", {}).get("args")


def _from_uses(function):
    """`context["args"]["orderId"]` says that there is an orderId; of what type nobody knows."""
    args_names, properties, required = set(), {}, []
    context = function.args.args[0].arg if function.args.args else "context"

    def is_args(node):
        if isinstance(node, ast.Name):
            return node.id in args_names
        if isinstance(node, ast.Subscript):
            return isinstance(node.value, ast.Name) and node.value.id == context and isinstance(node.slice, ast.Constant) and node.slice.value == "args"
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and isinstance(node.func.value, ast.Name) and node.func.value.id == context and bool(node.args) and isinstance(node.args[0], ast.Constant) and node.args[0].value == "args"

    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and is_args(node.value) and isinstance(node.targets[0], ast.Name):
            args_names.add(node.targets[0].id)
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and is_args(node.value) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str) and isinstance(node.ctx, ast.Load):
            properties.setdefault(node.slice.value, {})
            if node.slice.value not in required:
                required.append(node.slice.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and is_args(node.func.value) and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
            member = properties.setdefault(node.args[0].value, {})
            if len(node.args) > 1:
                known, value = _constant(node.args[1])
                if known and isinstance(value, (str, int, float, bool, list, dict)):
                    member["default"] = value
    return properties, required


UNDECLARED = "The action does not say what its args are: declare a TypedDict or dataclass called Args, or a type for the context."


def _described(node):
    text = ast.get_docstring(node)
    return None if text is None else re.split(r"\n\s*\n|\n\s*(?:Args|Arguments|Parameters|:param)", text)[0].strip() or None


def args_schema(work):
    module = work["modules"][work["entry"]]
    answer = {"schema": None, "description": None, "problems": []}
    try:
        tree = ast.parse(module["source"], module["file"])
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        problem = code.problem_of(module["file"], module["source"], error)
        return {**answer, "problems": [{key: problem[key] for key in ("message", "line", "column")}]}
    reader = Reader(tree)
    function = reader.functions.get(code.ENTRY)
    if function is None:
        return {**answer, "problems": [{"line": None, "column": None, "message": "There is no execute_action whose args could be read."}]}
    answer["description"] = _described(function) or _described(tree)
    described = descriptions(ast.get_docstring(function) or "")
    schema = _declared(reader, function)
    used, required = _from_uses(function)
    if schema is None and used:
        schema = {"type": "object", "properties": used, **({"required": required} if required else {})}
    answer["problems"] = reader.problems
    if schema is None:
        answer["problems"] = [*reader.problems, {"line": function.lineno, "column": function.col_offset + 1, "message": UNDECLARED}]
        return answer
    for name, text in described.items():
        if name in schema.get("properties", {}):
            schema["properties"][name].setdefault("description", text)
    return {**answer, "schema": schema}


def _declared(reader, function):
    """By the type of the context, of a variable that takes args, or of a class named Args."""
    first = (function.args.posonlyargs + function.args.args)[:1]
    if first and first[0].annotation is not None:
        found = _of_context(reader, first[0].annotation)
        if found:
            return found
    for node in ast.walk(function):
        if isinstance(node, ast.AnnAssign) and node.value is not None and ast.unparse(node.value) in ("context['args']", "context.get('args')", "context.get('args', {})"):
            found = reader.of(node.annotation)
            if found:
                return found
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in reader.classes:
            if any(k.arg is None and ast.unparse(k.value) in ("context['args']", "context.get('args', {})") for k in node.keywords):
                return reader.of(node.func)
    for name in ("Args", "Arguments", "ActionArgs"):
        if name in reader.classes:
            return reader.of(ast.Name(name))
    return None
