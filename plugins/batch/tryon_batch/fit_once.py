"""Try once for each picture of a manifest whether it can be made to fit."""

from collections.abc import Mapping
from pathlib import Path

from tryon_core.delivery import fit_images
from tryon_core.errors import UnusableImage
from tryon_core.images import ImageProbe, fit, probe
from tryon_core.models import (
    Capabilities,
    ImageRules,
    ImageSource,
    PathSource,
    Problem,
    TryOnRequest,
    UrlSource,
)
from tryon_core.models.problem import problem_of
from tryon_core.validation import rules_for


class FitOnce:
    """Makes pictures fit for validation, which looks at headers only.

    Ten thousand rows may share a hundred photos, whose derivatives are too much to keep. So a file
    stays in the request, and what is remembered of it is the header that its derivative has.

    Args:
        probes: what is remembered of files, as `remember_probes` gives it.
    """

    def __init__(self, probes: dict[Path, ImageProbe]) -> None:
        self._probes = probes
        self._headers: dict[tuple[PathSource, ImageRules], ImageProbe | UnusableImage] = {}

    def fit(
        self, request: TryOnRequest, capabilities: Capabilities
    ) -> tuple[TryOnRequest, tuple[Problem, ...]]:
        """Return the request to validate, and the problems of pictures that cannot be made to fit.

        What it returns is not fit to be sent.
        """
        rules = {field: rules_for(field, capabilities) for field in request.images}
        files = {
            field: source
            for field, source in request.images.items()
            if isinstance(source, PathSource)
        }
        if _has_two_roles(files, rules) or _has_bytes(request):
            for source in files.values():
                self._probes.pop(source.path, None)
            return fit_images(request, capabilities, _ignore)
        problems = []
        for field, source in files.items():
            header = self._header(source, rules[field], field)
            if isinstance(header, UnusableImage):
                problems.append(problem_of(header, field))
            else:
                self._probes[source.path] = header
        return request, tuple(problems)

    def _header(
        self, source: PathSource, rules: ImageRules, field: str
    ) -> ImageProbe | UnusableImage:
        key = (source, rules)
        if key not in self._headers:
            # What is remembered may be of a derivative for another role.
            self._probes.pop(source.path, None)
            try:
                self._headers[key] = probe(fit(source, rules, field=field).source, field=field)
            except UnusableImage as error:
                # Its traceback holds the pixels.
                self._headers[key] = error.with_traceback(None)
        return self._headers[key]


def _has_two_roles(files: Mapping[str, PathSource], rules: Mapping[str, ImageRules]) -> bool:
    """Whether one file stands in two places whose limits differ."""
    roles = {(source, rules[field]) for field, source in files.items()}
    return len(roles) > len({source for source, _ in roles})


def _has_bytes(request: TryOnRequest) -> bool:
    sources: list[ImageSource] = list(request.images.values())
    return not all(isinstance(source, (PathSource, UrlSource)) for source in sources)


def _ignore(sentence: str) -> None:
    """What is changed will be told when it is sent."""
