"""Jobs with whatever ids, times and data vendors give them."""

from datetime import datetime, timedelta, timezone

from hypothesis import strategies as st

from tryon_core.models import Artifact, Job, JobResult, UrlSource

_MOST_CHARS = 60
_FAR = datetime(2100, 1, 1)  # noqa: DTZ001  (Hypothesis adds the zone)


def jobs(provider: str) -> st.SearchStrategy[Job]:
    """Jobs of a provider, some with their result.

    Args:
        provider: id of the provider.
    """
    text = st.text(st.characters(codec="utf-8"), max_size=_MOST_CHARS)
    results = st.builds(
        JobResult,
        images=st.lists(_artifacts(), min_size=1, max_size=3),
        usage=st.dictionaries(text, text, max_size=2),
    )
    return st.builds(
        Job,
        provider=st.just(provider),
        id=text.filter(bool),
        submitted_at=_times(),
        expires_at=st.none() | _times(),
        fingerprint=st.none() | text,
        request_id=st.none() | text,
        data=st.dictionaries(text, text, max_size=3),
        result=st.none() | results,
    )


def _artifacts() -> st.SearchStrategy[Artifact]:
    addresses = st.text(st.characters(codec="utf-8"), max_size=_MOST_CHARS)
    sources = addresses.map(lambda text: UrlSource(f"https://results.example/{text}"))
    return st.builds(Artifact, source=sources, expires_at=st.none() | _times())


def _times() -> st.SearchStrategy[datetime]:
    zones = st.sampled_from((timezone.utc, timezone(timedelta(hours=8))))
    return st.datetimes(datetime(2000, 1, 1), _FAR, timezones=zones)  # noqa: DTZ001
