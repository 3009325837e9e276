"""The rules of the architecture that no import contract can see."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tenantry.core.permissions import NEEDS, Action, ActorKind
from tests.structure.source import ROOT, TENANTRY, functions, modules, name, tree, verbs

LONGEST_FUNCTION, LONGEST_FILE = 70, 500
FORBIDDEN_NAMES = {"utils", "helpers", "common", "services", "manager", "util", "helper"}
COMPANY_FREE = {"open_company", "save_plan", "save_addon", "publish_price", "run_billing", "bill_companies"}
BATCHES = {"bill_companies", "issue_invoices"}


def test_each_verb_file_has_one_public_function_named_as_the_file() -> None:
    wrong = []
    for path in verbs():
        public = [n.name for n in tree(path).body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]
        allowed = {path.stem, *MORE_ABOUT.get(path.stem, set())}
        if path.stem not in public or set(public) - allowed:
            wrong.append((name(path), public))
    assert wrong == []


MORE_ABOUT = {"issue_invoices": {"next_period", "tax_rates_of"}}
"""Readings of a verb that a page or a command needs too."""


def test_a_verb_takes_its_actor_first_and_everything_by_keyword() -> None:
    wrong = []
    for path in verbs():
        verb = next(n for n in tree(path).body if isinstance(n, ast.FunctionDef) and n.name == path.stem)
        names = [argument.arg for argument in verb.args.kwonlyargs]
        if verb.args.args or verb.args.posonlyargs or names[:1] != ["actor"]:
            wrong.append((name(path), names))
    assert wrong == []


def test_no_verb_takes_a_company_but_those_for_batches() -> None:
    takes = {
        path.stem
        for path in verbs()
        for function in functions(path)
        if function.name == path.stem
        for argument in function.args.kwonlyargs
        if "company" in argument.arg
    }
    assert takes == BATCHES


def test_each_verb_stands_in_the_permission_table_and_asks_it_first() -> None:
    assert {action.value for action in Action} == {path.stem for path in verbs()}
    assert set(NEEDS) == set(Action)
    wrong = []
    for path in verbs():
        verb = next(n for n in tree(path).body if isinstance(n, ast.FunctionDef) and n.name == path.stem)
        body = [statement for statement in verb.body if not isinstance(statement, ast.Expr)]
        if not re.search(rf"\brequire\(actor, Action\.{path.stem.upper()}[,)]", ast.unparse(body[0])):
            wrong.append(name(path))
    assert wrong == []


def test_a_member_needs_a_grant_for_whatever_members_may_do() -> None:
    open_to_all = [action for action, need in NEEDS.items() if ActorKind.MEMBER in need.kinds and not need.subject]
    assert open_to_all == []


def test_functions_and_files_stay_short() -> None:
    long_functions = [
        (name(path), function.name, size)
        for path in modules()
        for function in functions(path)
        if (size := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    ]
    long_files = [
        (name(path), size) for path in modules() if (size := len(path.read_text().splitlines())) > LONGEST_FILE
    ]
    assert (long_functions, long_files) == ([], [])


def test_no_file_hides_behind_a_name_that_says_nothing() -> None:
    assert [
        name(path) for path in modules() if path.stem in FORBIDDEN_NAMES or path.parent.name in FORBIDDEN_NAMES
    ] == []


MONEY_FILES = {"money.py"}


def _calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Name):
                yield node.lineno, function.id
            elif isinstance(function, ast.Attribute):
                yield node.lineno, function.attr


def test_only_money_rounds() -> None:
    banned = {"round", "quantize", "float"}
    found = [
        (name(path), line, call)
        for path in modules("core", "records", "actions", "portal", "backoffice", "api", "jobs", "sdk")
        if path.name not in MONEY_FILES
        for line, call in _calls(path)
        if call in banned
    ]
    assert found == []


def test_the_core_divides_nothing_but_in_money() -> None:
    found = [
        (name(path), node.lineno)
        for path in modules("core")
        if path.name not in MONEY_FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
    ]
    assert found == []


DOORS = {
    "typst": {"outside/pdf"},
    "fontpkg": {"outside/pdf", "project/assets.py"},
    "httpx": {"outside"},
    "stripe": {"outside/gateway/stripe.py"},
    "ninja": {"api"},
    "allauth": {"project"},
}


def test_a_library_has_one_door() -> None:
    wrong = []
    for path in modules():
        place = str(path.relative_to(TENANTRY))
        for node in ast.walk(tree(path)):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for module in names:
                doors = DOORS.get(module.split(".")[0])
                if doors and not any(place.startswith(door) for door in doors):
                    wrong.append((name(path), module))
    assert wrong == []


def test_there_are_no_signals_and_no_logic_in_save() -> None:
    wrong = []
    for path in modules():
        text = path.read_text()
        if "django.dispatch" in text or "db.models.signals" in text:
            wrong.append(name(path))
        wrong += [(name(path), f.name) for f in functions(path) if f.name == "save" and "records" in path.parts]
    assert wrong == []


def test_the_queue_is_given_names_that_are_tasks() -> None:
    used = set()
    for path in modules("actions", "records", "core"):
        used |= set(re.findall(r'enqueue\(\s*"([a-z_.]+)"', path.read_text()))
        used |= set(re.findall(r'EnqueueJob\("([a-z_.]+)"', path.read_text()))
    tasks = set()
    for path in modules("jobs"):
        tasks |= set(re.findall(r'name="([a-z_.]+)"', path.read_text()))
    assert used
    assert used <= tasks


def test_the_repository_holds_no_asset_of_others() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    foreign = [path for path in listed if re.search(r"\.(woff2?|ttf|otf|min\.js|min\.css|map|jar|whl)$", path)]
    assert foreign == []


TRANSLATES = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}


def test_words_are_marked_for_translation_where_they_are_written() -> None:
    """A catalog is collected from literals: of a name that is translated nobody could ever collect the words."""
    wrong = [
        (name(path), node.lineno)
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRANSLATES
        if not (node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str))
    ]
    assert wrong == []
