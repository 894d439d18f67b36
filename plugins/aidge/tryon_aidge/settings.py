"""The settings of AIDGE, and the choices among them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tryon_core import CallContext, Problem, SettingSpec
from tryon_core.errors import SettingsError

GLOBAL_URL = "https://api.aidc-ai.com"
CHINA_URL = "https://cn-api.aidc-ai.com"

SPECS = (
    SettingSpec(
        name="app_key",
        env=("AIDGE_APP_KEY",),
        secret=True,
        required=True,
        help="The access key name, on the key page of AIDGE's console.",
    ),
    SettingSpec(
        name="app_secret",
        env=("AIDGE_APP_SECRET",),
        secret=True,
        required=True,
        help="The access key secret that belongs to app_key.",
    ),
    SettingSpec(
        name="base_url",
        env=("AIDGE_BASE_URL",),
        default=GLOBAL_URL,
        help=f"What stands before /rest: {GLOBAL_URL} for keys of the global site, {CHINA_URL} "
        "for keys of the Chinese one.",
    ),
    SettingSpec(
        name="trial",
        default="false",
        help="true to use the free calls of the trial, where the account has any.",
    ),
    SettingSpec(
        name="signing",
        default="v2",
        help="v2, or iop to sign all parameters as the vendor's IOP clients do.",
    ),
    SettingSpec(
        name="submit_field",
        default="paramJson",
        help="paramJson as the documents say, or requestParams as the vendor's samples do.",
    ),
    SettingSpec(
        name="submit_shape",
        default="list",
        help="list as the documents say, or object for the one task without a list around it.",
    ),
    SettingSpec(
        name="query_field",
        default="task_id",
        help="task_id, or taskId as the Chinese documents say.",
    ),
)

CHOICES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "trial": ("false", "true"),
        "signing": ("v2", "iop"),
        "submit_field": ("paramJson", "requestParams"),
        "submit_shape": ("list", "object"),
        "query_field": ("task_id", "taskId"),
    }
)


def choice(ctx: CallContext, name: str) -> str:
    """Return a setting that has two possible values.

    Raises:
        SettingsError: it has another.
    """
    value = ctx.settings.text(name)
    if value not in CHOICES[name]:
        raise SettingsError(
            f"aidge: the setting {name!r} is {value!r}.", remedy=f"Give {_either(name)}."
        )
    return value


def wrong_choices(ctx: CallContext) -> Sequence[Problem]:
    """Return a problem for each setting that has none of its possible values."""
    values = ((name, ctx.settings.get(name)) for name in CHOICES)
    return [
        Problem(f"settings.{name}", f"it is {value!r}. Give {_either(name)}.", code="wrong_setting")
        for name, value in values
        if value not in CHOICES[name]
    ]


def _either(name: str) -> str:
    return " or ".join(CHOICES[name])
