"""Do what a case says, and look at what comes of it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import attrs

from tryon_core.client import Client
from tryon_core.clock import Clock
from tryon_core.errors import TryOnError
from tryon_core.models import GarmentRegion, Job, JobUpdate, TryOnRequest
from tryon_testing.cassettes.case import Case, Picture
from tryon_testing.cassettes.finishing import changed, swapped

Pictures: TypeAlias = Callable[[str], Any]
"""Gives the picture of a name such as `person` or `top`: bytes, or an address."""


def perform(
    case: Case,
    client: Client,
    pictures: Pictures,
    clock: Clock,
    swaps: Mapping[str, str] | None = None,
) -> None:
    """Do what a case says.

    Args:
        case: what to do.
        client: of its provider.
        pictures: where the pictures come from.
        clock: the client's.
        swaps: what to read in place of a text in what comes of it.

    Raises:
        AssertionError: something else came of it than expected.
    """
    performance = _Performance(case=case, client=client, pictures=pictures, clock=clock)
    raised: TryOnError | None = None
    try:
        found = getattr(performance, case.action)()
    except TryOnError as error:
        raised, found = error, _of_error(error)
    found = changed(found, lambda text: swapped(text, swaps or {}))
    if {name: found.get(name) for name in case.expect} != dict(case.expect):
        raise AssertionError(
            f"{case.name}: expected {dict(case.expect)}, but found {found}"
        ) from raised


@attrs.frozen(kw_only=True)
class _Performance:
    """The actions of cases, by name; each returns what came of it."""

    case: Case
    client: Client
    pictures: Pictures
    clock: Clock

    def try_on(self) -> dict[str, Any]:
        result = self.client.try_on(self._request())
        formats = [image.format for image in result.images]
        return {"images": len(formats), "formats": formats, "usage": dict(result.usage)}

    def submit(self) -> dict[str, Any]:
        job = self.client.submit(self._request())
        return {"job_id": job.id, "request_id": job.request_id}

    def poll(self) -> dict[str, Any]:
        return _of_update(self.client.poll(self._job()))

    def cancel(self) -> dict[str, Any]:
        return _of_update(self.client.cancel(self._job()))

    def parse(self) -> dict[str, Any]:
        person = self.pictures("person")
        regions = self.client.parse_garment(person, tuple(self.case.categories))
        return {"regions": [_of_region(region) for region in regions]}

    def balance(self) -> dict[str, Any]:
        balance = self.client.read_balance()
        return {"amount": str(balance.amount), "unit": balance.unit}

    def _job(self) -> Job:
        if self.case.job_id:
            provider = self.client.info.id
            return Job(provider=provider, id=self.case.job_id, submitted_at=self.clock.now())
        job = self.client.submit(self._request())
        self.clock.sleep(self.case.wait_s)
        return job

    def _request(self) -> TryOnRequest:
        options = {name: self._filled(value) for name, value in self.case.options.items()}
        garments = {category: self.pictures(category) for category in self.case.categories}
        person = self.case.person or self.pictures("person")
        return self.client.request(person, options=options, **garments)

    def _filled(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [self._filled(inner) for inner in value]
        return self.pictures(value.name) if isinstance(value, Picture) else value


def _of_update(update: JobUpdate) -> dict[str, Any]:
    images = update.result.images if update.result else ()
    return {
        "state": update.state.name,
        "vendor_status": update.vendor_status,
        "failure": update.failure and update.failure.code,
        "billed": update.failure and update.failure.billed,
        "request_id": update.request_id,
        "urls": [getattr(image.source, "url", None) for image in images],
    }


def _of_region(region: GarmentRegion | None) -> Any:
    return region and [region.category, *region.bbox]


def _of_error(error: TryOnError) -> dict[str, Any]:
    names = ("vendor_code", "http_status", "fault", "retry", "billed", "request_id")
    return {"error": type(error).__name__, **{name: getattr(error, name) for name in names}}
