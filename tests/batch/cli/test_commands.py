import shlex
from pathlib import Path

import attrs
import click
import pytest
from hypothesis import given, strategies as st

from tryon_batch.cli.commands import BatchCall, batch, resume_command
from tryon_batch.items import BatchPolicy
from tryon_core.errors import InputError

_NAMES = st.text("abc/. 'ü$", min_size=1, max_size=9)
_PATHS = st.none() | _NAMES.map(Path)
_VALUES = st.dictionaries(_NAMES, _NAMES | st.lists(_NAMES, min_size=2, max_size=3), max_size=3)


@given(
    st.builds(
        BatchCall,
        out=_PATHS,
        manifest=_PATHS,
        persons=_PATHS,
        garments=_PATHS,
        category=st.sampled_from(["top", "bottom", "dress", None]),
        provider=st.none() | _NAMES,
        options=_VALUES,
        fit=st.booleans(),
        concurrency=st.none() | st.integers(1, 99),
        max_cost=st.lists(_NAMES, max_size=2).map(tuple),
        config=_PATHS,
        again=st.booleans(),
        retry_unknown=st.booleans(),
    )
)
def test_what_is_noted_is_what_goes_on_except_what_holds_once(call):
    back = BatchCall.from_json(call.to_json(), {"out": call.out})
    paths = {
        name: value and value.absolute()
        for name in ("manifest", "persons", "garments", "config")
        for value in [getattr(call, name)]
    }
    assert back == attrs.evolve(call, **paths, retry_unknown=False)


@given(_NAMES)
def test_the_resume_command_names_the_folder_whatever_its_name(name):
    words = shlex.split(resume_command(Path(name), "--retry-unknown"))
    assert words[:4] == ["tryon", "batch", "--resume", "--out"]
    assert (Path(words[4]), words[5:]) == (Path(name), ["--retry-unknown"])


def test_a_command_that_goes_on_opens_private_networks_again():
    call = BatchCall(out=Path("run"), manifest=Path("rows.csv"), allows_private=True)
    for command in (call.resume_command(), call.follow_command("--retry-failed")):
        assert shlex.split(command)[-1] == "--allow-private-addresses"
    assert "private" not in call.to_json()


def test_a_password_is_not_noted_and_must_be_given_again():
    storage = "redis://:hush@cache.internal:6379"
    noted = BatchCall(quota_storage=storage).to_json()
    assert "hush" not in noted
    with pytest.raises(InputError, match="Give --quota-storage again"):
        BatchCall.from_json(noted, {})
    assert BatchCall.from_json(noted, {"quota_storage": storage}).quota_storage == storage
    plain = BatchCall(quota_storage="redis://cache.internal:6379")
    assert BatchCall.from_json(plain.to_json(), {}) == plain


def test_the_defaults_of_the_command_are_those_of_the_library():
    defaults = {
        option.name: option.default for option in batch.params if isinstance(option, click.Option)
    }
    for name in ("stop_after", "quota_storage"):
        fields = [getattr(attrs.fields(kind), name) for kind in (BatchCall, BatchPolicy)]
        assert {field.default for field in fields} == {defaults[name]}
