"""What a runner of many try-ons needs beyond the names of `tryon_core`: names only.

`tryon_batch` is built on these names, and so can a runner for Airflow, Dask or a queue of your own.
They keep their meaning within a minor version. `docs/reference/engine.md` describes them.
"""

from tryon_core.clock import SystemClock, full_jitter_s
from tryon_core.codec import make_options, option_specs
from tryon_core.extensions.named import NamedExtension
from tryon_core.fetching import GONE, fetch_result
from tryon_core.image_formats import DELIVERED_FORMATS, SUFFIXES
from tryon_core.images import ImageProbe, check_request_images, fit, probe, remember_probes
from tryon_core.installed import install_command
from tryon_core.keeping import keep_worn
from tryon_core.lost_answers import (
    can_look_up,
    jobs_of_others,
    look_up,
    next_look_s,
    not_accepted,
    sent_then,
    unresolved,
)
from tryon_core.models import (
    CATEGORIES,
    MASK,
    SOURCES,
    Finding,
    Keepable,
    PaidParsing,
    as_library_model,
    canonical,
    looks_like_token,
    problem_of,
)
from tryon_core.outfits import (
    on_first_image,
    outfit_steps,
    prepare_outfit,
    undeliverable_first,
)
from tryon_core.pacing import SubmissionWindow, window_of
from tryon_core.parsing import Parsing, fetch_region, parse
from tryon_core.polling import JobTimes
from tryon_core.preparing import (
    Prepared,
    find_problems,
    fit_images,
    needed_parsing,
    prepare_submission,
    problems_of_photo,
    require_all_settings,
)
from tryon_core.prices import amount_text, parse_amount
from tryon_core.registry import REGISTRY
from tryon_core.remembered import FOLDER_ENV, JobStore, data_folder
from tryon_core.results import Verdict, verdict_of
from tryon_core.saving import (
    UNCHECKED,
    check_replaceable,
    check_target,
    image_name,
    make_folder,
    output_error,
    remove,
    remove_parts,
    suffix_for,
    takes_letters,
    write_atomically,
)
from tryon_core.session import RUN_LOGGER, Session, open_session
from tryon_core.settings import BASE_URL, ProviderSettings, require_settings
from tryon_core.submitting import new_attempt, submit_prepared
from tryon_core.text import guard_cell, json_text, one_line
from tryon_core.validation import rules_for
from tryon_core.waiting import LONG_PAUSE_S, JobWatch, age_s, poll_job

__all__ = [
    "BASE_URL",
    "CATEGORIES",
    "DELIVERED_FORMATS",
    "FOLDER_ENV",
    "GONE",
    "LONG_PAUSE_S",
    "MASK",
    "REGISTRY",
    "RUN_LOGGER",
    "SOURCES",
    "SUFFIXES",
    "UNCHECKED",
    "Finding",
    "ImageProbe",
    "JobStore",
    "JobTimes",
    "JobWatch",
    "Keepable",
    "NamedExtension",
    "PaidParsing",
    "Parsing",
    "Prepared",
    "ProviderSettings",
    "Session",
    "SubmissionWindow",
    "SystemClock",
    "Verdict",
    "age_s",
    "amount_text",
    "as_library_model",
    "can_look_up",
    "canonical",
    "check_replaceable",
    "check_request_images",
    "check_target",
    "data_folder",
    "fetch_region",
    "fetch_result",
    "find_problems",
    "fit",
    "fit_images",
    "full_jitter_s",
    "guard_cell",
    "image_name",
    "install_command",
    "jobs_of_others",
    "json_text",
    "keep_worn",
    "look_up",
    "looks_like_token",
    "make_folder",
    "make_options",
    "needed_parsing",
    "new_attempt",
    "next_look_s",
    "not_accepted",
    "on_first_image",
    "one_line",
    "open_session",
    "option_specs",
    "outfit_steps",
    "output_error",
    "parse",
    "parse_amount",
    "poll_job",
    "prepare_outfit",
    "prepare_submission",
    "probe",
    "problem_of",
    "problems_of_photo",
    "remember_probes",
    "remove",
    "remove_parts",
    "require_all_settings",
    "require_settings",
    "rules_for",
    "sent_then",
    "submit_prepared",
    "suffix_for",
    "takes_letters",
    "undeliverable_first",
    "unresolved",
    "verdict_of",
    "window_of",
    "write_atomically",
]
