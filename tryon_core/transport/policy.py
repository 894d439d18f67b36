"""The limits of the transport: time-outs, sizes, retries, and where downloads may go."""

import attrs
from attrs import validators

_KIB = 1024
_MIB = 1024 * _KIB


@attrs.frozen(kw_only=True)
class TransportPolicy:
    """Limits that hold for every request.

    Attributes:
        connect_timeout_s: seconds for reaching one address of the service, TLS handshake included.
        read_timeout_s: seconds without a single byte before the answer counts as lost.
        call_timeout_s: seconds for one whole call of a service, from connecting to the last byte of
            the answer, retries and pauses included. A server that sends one byte at a time cannot
            hold a caller longer. The time for a body, and for a vendor that is known to work long
            before it answers, is added.
        least_upload_bytes_per_s: a body adds one second for each so many bytes: 25 MB add 763 s at
            the usual 32 KiB/s.
        download_timeout_s: seconds for fetching files from addresses, redirects, retries and
            pauses included: all that one request names, or all that one job made.
        retries: how often a request that is safe to repeat is repeated; 0 for never. Paid requests
            are never repeated here.
        backoff_s: the first pause is a random time up to this many seconds; each further one may
            be twice as long. 0 for no pauses.
        max_backoff_s: no pause is longer. A `Retry-After` that asks for more ends the retries: the
            answer is returned as it is.
        max_answer_bytes: larger answers of a service are refused (decoded size), unless the call
            says that it expects more. To a request that is paid for, they may have
            `max_download_bytes` in any case: an answer that is refused is money lost.
        max_download_bytes: larger files are refused.
        pool_size: idle connections that are kept for each host.
        allow_private_addresses: whether `download` may go to loopback, private and other addresses
            that the public internet does not know.
        max_redirects: how many redirects `download` follows; 0 for none. Calls of a service never
            follow any.
    """

    connect_timeout_s: float = attrs.field(default=10.0, validator=validators.gt(0))
    read_timeout_s: float = attrs.field(default=60.0, validator=validators.gt(0))
    call_timeout_s: float = attrs.field(default=180.0, validator=validators.gt(0))
    least_upload_bytes_per_s: float = attrs.field(default=32.0 * _KIB, validator=validators.gt(0))
    download_timeout_s: float = attrs.field(default=300.0, validator=validators.gt(0))
    retries: int = attrs.field(default=4, validator=validators.ge(0))
    backoff_s: float = attrs.field(default=0.5, validator=validators.ge(0))
    max_backoff_s: float = attrs.field(default=20.0, validator=validators.ge(0))
    max_answer_bytes: int = attrs.field(default=8 * _MIB, validator=validators.gt(0))
    max_download_bytes: int = attrs.field(default=64 * _MIB, validator=validators.gt(0))
    pool_size: int = attrs.field(default=10, validator=validators.gt(0))
    allow_private_addresses: bool = False
    max_redirects: int = attrs.field(default=5, validator=validators.ge(0))

    def call_limit_s(self, *, body_bytes: int = 0, read_timeout_s: float | None = None) -> float:
        """Return the seconds that one whole call of a service may take.

        Args:
            body_bytes: length of the request's body.
            read_timeout_s: seconds without a byte that are normal for this call, None for the
                usual ones.
        """
        more_s = max(0.0, (read_timeout_s or 0.0) - self.read_timeout_s)
        return self.call_timeout_s + body_bytes / self.least_upload_bytes_per_s + more_s
