"""What will not do what it looks like: the rules of `baton check`, over CPython's own syntax tree."""
import ast
import sys

from .. import walls
from . import code, names

HAND_OFF = "hand_off_conversation"
PARAMETERS = ("context", "reason", "phone_destination")
BEGINS = {"create_task", "ensure_future"}
WAITS = {"gather", "sleep", "wait", "wait_for", "to_thread"}
PARTS = ("args", "conversation", "customer", "business", "browser_session", "messages")
MOST = 500
HABITS = {
    "null": "None", "true": "True", "false": "False", "undefined": "None", "console": "print", "fetch": "requests.get",
    "require": "import", "raw_input": "context", "unicode": "str", "xrange": "range", "basestring": "str", "long": "int",
}


class Checker:
    def __init__(self, work):
        module = work["modules"][work["entry"]]
        self.file, self.source = module["file"], module["source"]
        self.lines = self.source.splitlines()
        self.known = {HAND_OFF, *work.get("known", ())}
        self.modules = set(work["modules"])
        self.found = []
        self.phones = []
        self.is_action = work.get("isAction", True)

    def report(self, rule, node, message, **more):
        line = getattr(node, "lineno", None)
        column = None if line is None else self._column(line, node.col_offset)
        self.found.append({"code": rule, "message": message, "line": line, "column": column, **more})

    def _column(self, line, offset):
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return len(text.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "ignore")) + 1

    def run(self):
        try:
            self.tree = ast.parse(self.source, self.file)
            compile(self.source, self.file, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            problem = code.problem_of(self.file, self.source, error)
            return {"findings": [{"code": "SYNTAX_ERROR", **{k: problem[k] for k in ("line", "column", "message")}}], "phones": []}
        self._parents()
        if self.is_action:
            self._entry()
        self._names()
        self._imports()
        self._awaits()
        if HAND_OFF not in {n.name for n in ast.walk(self.tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}:
            for call in self._calls(HAND_OFF):
                self._hand_off(call)
        return {"findings": self.found, "phones": self.phones}

    def _parents(self):
        self.parent = {}
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                self.parent[child] = node

    def _calls(self, name):
        return [n for n in ast.walk(self.tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == name]

    def _entry(self):
        if code.entry_of(self.tree) is not None or any(isinstance(n, ast.ImportFrom) and any(a.name == "*" for a in n.names) for n in self.tree.body):
            target = next((n for n in self.tree.body if isinstance(n, ast.ClassDef) and n.name == code.ENTRY), None)
            value = next((n.value for n in self.tree.body if isinstance(n, ast.Assign) and any(isinstance(t, ast.Name) and t.id == code.ENTRY for t in n.targets)), None)
            if isinstance(value, (ast.Constant, ast.Dict, ast.List, ast.Set, ast.Tuple)) and target is None:
                self.report("ENTRY_NOT_A_FUNCTION", value, "execute_action is not a function: write def execute_action(context): …")
            for node in self.tree.body:
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == code.ENTRY:
                    self._signature(node)
            return
        functions = [n for n in self.tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
        near = next((n for n in functions if _is_nearly_entry(n.name)), None)
        hint = f"did you mean execute_action where it says {near.name}?" if near else "write def execute_action(context): …"
        self.report("ENTRY_MISSING", near, f"Nothing here can be called as an action: {hint}")

    def _signature(self, node):
        a = node.args
        required = len(a.posonlyargs) + len(a.args) - len(a.defaults)
        if (not a.posonlyargs and not a.args and a.vararg is None) or required > 1 or any(d is None for d in a.kw_defaults):
            self.report("ENTRY_NOT_A_FUNCTION", node, "execute_action is called with one argument, the context: write def execute_action(context): …")

    def _names(self):
        told = set()
        for name, node in names.undefined(self.source, self.file, self.tree, self.known):
            if name in told:
                continue
            told.add(name)
            instead = HABITS.get(name)
            hint = f" In Python it is {instead}." if instead else self._near(name)
            self.report("UNKNOWN_NAME", node, f"The name {name} is not defined anywhere.{hint}")

    def _near(self, name):
        import difflib

        names_here = {n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        names_here |= {n.name for n in ast.walk(self.tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))} | self.known
        near = difflib.get_close_matches(name, sorted(names_here | names.ALWAYS), 1, 0.75)
        if near:
            return f" Did you mean {near[0]}?"
        return f" import {name} is missing." if name in {*sys.stdlib_module_names, "requests"} else ""

    def _imports(self):
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self._import(node, alias.name)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                self._import(node, node.module)

    def _import(self, node, name):
        first = name.partition(".")[0]
        guarded = isinstance(self.parent.get(node), ast.Try)
        if guarded or name in self.modules or first in self.modules or first in ("requests", "baton"):
            return
        reason = walls.BLOCKED.get(first)
        if reason is not None:
            self.report("IMPORT_REFUSED", node, f"{name} cannot be imported: {reason}.")
        elif first not in sys.stdlib_module_names:
            self.report("IMPORT_NOT_FOUND", node, f"{name} cannot be imported: there is no such module here, and no file of that name beside the action; {walls.PACKAGES}.")

    def _awaits(self):
        made = {n.name for n in ast.walk(self.tree) if isinstance(n, ast.AsyncFunctionDef)} - {code.ENTRY}
        for name in made:
            for call in self._calls(name):
                outer = self.parent.get(call)
                if isinstance(outer, ast.Expr):
                    self.report("AWAIT_MISSING", call, f"{name}() is async: called like this none of it is done. Write await {name}(…).")
                elif isinstance(outer, (ast.Attribute, ast.Subscript, ast.BinOp, ast.Compare, ast.BoolOp, ast.FormattedValue)) or isinstance(outer, (ast.If, ast.While)) and outer.test is call:
                    self.report("AWAIT_MISSING", call, f"{name}() is async, so this is a coroutine and not its value. Write await {name}(…).")

        for node in ast.walk(self.tree):
            call = node.value if isinstance(node, ast.Expr) else None
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id == "asyncio":
                self._dropped(call, call.func.attr)

    def _dropped(self, call, name):
        if name in BEGINS:
            self.report("WORK_LEFT_OPEN", call, f"Nothing waits for this task, so it is dropped when the action returns: keep what asyncio.{name}(…) gives, and await it.")
        elif name in WAITS:
            self.report("AWAIT_MISSING", call, f"asyncio.{name}() is async: called like this none of it is done. Write await asyncio.{name}(…).")

    def _hand_off(self, call):
        for keyword in call.keywords:
            if keyword.arg is not None and keyword.arg not in PARAMETERS:
                self.report("KEYWORD_ARGUMENT", keyword, f"hand_off_conversation has no argument {keyword.arg}, and ignores it: {_argument_hint(keyword.arg)}")
        stars = any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords)
        if len(call.args) > 3 and not stars:
            self.report("KEYWORD_ARGUMENT", call.args[3], "hand_off_conversation takes context, reason and phone_destination, and ignores the rest.")
        given = {name: node for name, node in zip(PARAMETERS, [a for a in call.args if not isinstance(a, ast.Starred)])} if not stars else {}
        given |= {k.arg: k.value for k in call.keywords if k.arg in PARAMETERS}
        if not stars or "context" in given:
            self._context(call, given.get("context"))
        self._reason(given.get("reason"))
        phone = given.get("phone_destination")
        for text, node in self._texts(phone):
            if text != "":
                self.phones.append({"text": text[:64], "line": node.lineno, "column": self._column(node.lineno, node.col_offset)})
        if phone is not None and not (isinstance(phone, ast.Constant) and phone.value in (None, "")):
            self._after(call)

    def _context(self, call, node):
        what = "nothing" if node is None else _wrong_context(node)
        if what is not None:
            self.report("CONTEXT_NOT_PASSED", node or call, f"hand_off_conversation gets {what} where the context belongs, so nobody would be called: pass the context that execute_action received.")

    def _reason(self, node):
        length = 0 if node is None else self._least(node)
        if length > MOST:
            self.report("REASON_TOO_LONG", node, f"The reason has {length} characters; the human gets the first {MOST}.")

    def _least(self, node, depth=0):
        """How long a text is at least."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return len(node.value)
        if isinstance(node, ast.JoinedStr):
            return sum(self._least(value, depth) for value in node.values if isinstance(value, ast.Constant))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._least(node.left, depth) + self._least(node.right, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and isinstance(node.right, ast.Constant) and type(node.right.value) is int:
            return self._least(node.left, depth) * max(0, node.right.value)
        if isinstance(node, ast.IfExp):
            return min(self._least(node.body, depth), self._least(node.orelse, depth))
        found = self._constant(node, depth)
        return 0 if found is None else self._least(found, depth + 1)

    def _constant(self, node, depth=0):
        """The value of a name that is assigned once."""
        if not isinstance(node, ast.Name) or depth > 5:
            return None
        values = [n.value for n in ast.walk(self.tree) if isinstance(n, ast.Assign) and any(isinstance(t, ast.Name) and t.id == node.id for t in n.targets)]
        stores = [n for n in ast.walk(self.tree) if isinstance(n, ast.Name) and n.id == node.id and isinstance(n.ctx, ast.Store)]
        return values[0] if len(values) == 1 and len(stores) == 1 else None

    def _texts(self, node, depth=0):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return [(node.value, node)]
        if isinstance(node, ast.IfExp):
            return self._texts(node.body, depth) + self._texts(node.orelse, depth)
        found = None if node is None else self._constant(node, depth)
        return [] if found is None else [(text, node) for text, _ in self._texts(found, depth + 1)]

    def _after(self, call):
        inner, outer = call, self.parent.get(call)
        if isinstance(outer, ast.Assign) and isinstance(outer.targets[0], ast.Name):
            answer = outer.targets[0].id
        else:
            answer = None
        while outer is not None:
            if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Return, ast.Raise, ast.Try, ast.For, ast.While)) and not _holds(outer, inner):
                return
            if isinstance(outer, (ast.If, ast.While)) and outer.test is inner:
                return
            body = next((b for b in (getattr(outer, "body", None), getattr(outer, "orelse", None)) if isinstance(b, list) and inner in b), None)
            if body is not None:
                for statement in body[body.index(inner) + 1 :]:
                    if answer is not None and any(isinstance(n, ast.Name) and n.id == answer for n in ast.walk(statement)):
                        return
                    work = _work_in(statement)
                    if work is not None:
                        again = isinstance(work, ast.Call) and isinstance(work.func, ast.Name) and work.func.id == HAND_OFF
                        what = (
                            "A second hand-off changes nothing once the phone transfer was asked for"
                            if again
                            else "This is done after the phone transfer was asked for, and may be cut short while the customer is already connected"
                        )
                        return self.report("CODE_AFTER_TRANSFER", work, f"{what}: do it before, or not at all.")
                    if isinstance(statement, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
                        return
            if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.For, ast.While, ast.Try)):
                return
            inner, outer = outer, self.parent.get(outer)


def _is_nearly_entry(name):
    import difflib

    habits = ("executeaction", "executeactions", "execute", "main", "handler", "action", "run")
    return name.replace("_", "").lower() in habits or bool(difflib.get_close_matches(name, [code.ENTRY], 1, 0.85))


def _holds(outer, inner):
    return any(inner in part for part in (getattr(outer, "body", None),) if isinstance(part, list))


def _work_in(statement):
    """A hand-off, a request or an await among what a statement does."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return None
    for node in ast.walk(statement):
        if isinstance(node, ast.Await):
            return node
        if isinstance(node, ast.Call):
            func = node.func
            if isinstance(func, ast.Name) and func.id in (HAND_OFF, "urlopen"):
                return node
            if isinstance(func, ast.Attribute) and (isinstance(func.value, ast.Name) and func.value.id in ("requests", "session") or func.attr == "urlopen"):
                return node
    return None


def _wrong_context(node):
    if isinstance(node, ast.Constant):
        return "nothing" if node.value is None else "a plain value"
    if isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.ListComp)):
        return "a list"
    if isinstance(node, (ast.JoinedStr, ast.Compare)):
        return "a plain value"
    if isinstance(node, ast.Lambda):
        return "a function"
    if isinstance(node, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        return None if None in keys or "conversation" in keys else "a dict without conversation"
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id.lower() in ("context", "ctx"):
        if isinstance(node.slice, ast.Constant) and node.slice.value in PARTS:
            return f"a part of the context ({node.slice.value})"
    return None


def _argument_hint(name):
    folded = name.lower()
    if any(part in folded for part in ("phone", "number", "destination", "dest", "to")):
        return "did you mean phone_destination?"
    if any(part in folded for part in ("reason", "message", "note", "why")):
        return "did you mean reason?"
    return "its arguments are context, reason and phone_destination."


def check(work):
    return Checker(work).run()
