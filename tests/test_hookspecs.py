import inspect

import pytest

from tryon_core.hookspecs import (
    OPTIONAL_HOOKS,
    REQUIRED_HOOKS,
    OptionalHooks,
    Provider,
    RequiredHooks,
    hookimpl,
)

SPECS = {
    name: member
    for spec in (RequiredHooks, OptionalHooks)
    for name, member in vars(spec).items()
    if hasattr(member, "tryon_spec")
}
every_hook = pytest.mark.parametrize("name", SPECS)


def test_the_lists_of_names_are_those_of_the_specifications():
    assert tuple(SPECS) == (*REQUIRED_HOOKS, *OPTIONAL_HOOKS)
    assert all(name in vars(RequiredHooks) for name in REQUIRED_HOOKS)


@every_hook
def test_a_hook_takes_its_subject_and_the_context(name):
    parameters = list(inspect.signature(SPECS[name]).parameters.values())[1:]
    # The subject of a question about the account is the account, which the context has.
    assert len(parameters) == (1 if name == "read_balance" else 2)
    assert parameters[-1].name == "ctx"
    assert all(parameter.default is parameter.empty for parameter in parameters)
    assert all(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in parameters)


@every_hook
def test_only_problems_are_collected_from_all(name):
    is_collected = name in {"validate_inputs", "check_result"}
    assert SPECS[name].tryon_spec["firstresult"] != is_collected


@every_hook
def test_a_hook_is_documented_with_its_answer(name):
    text = inspect.getdoc(SPECS[name])
    assert "Returns:" in text
    assert "Raises:" in text or name in {"validate_inputs", "check_result"}
    assert inspect.signature(SPECS[name]).return_annotation is not inspect.Signature.empty


def test_a_provider_is_the_required_hooks_and_a_declaration():
    assert RequiredHooks in Provider.__mro__
    assert "info" in vars(Provider)


def test_the_mark_leaves_a_method_what_it_was():
    def poll(self, job, ctx):
        return (self, job, ctx)

    marked = hookimpl(poll)
    assert marked is poll
    assert marked(1, 2, 3) == (1, 2, 3)
