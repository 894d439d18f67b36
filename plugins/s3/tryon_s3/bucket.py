"""One bucket: put, sign and remove; every fault of it as an error of tryon.

boto3 is imported when a bucket is used first: it takes longer than all the rest.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import attrs

from tryon_core.errors import (
    AccessDenied,
    AuthenticationFailed,
    ConfigurationError,
    MissingCredential,
    NotSent,
    SettingsError,
    TryOnError,
    VendorUnavailable,
)

_CONNECTIONS = 50
_KEYS = (
    "Keys come from where boto3 finds them: AWS_ACCESS_KEY_ID, ~/.aws, or the role of a machine."
)
_CODES: Mapping[str, tuple[type[TryOnError], str]] = MappingProxyType(
    {
        **dict.fromkeys(
            ["NoSuchBucket", "InvalidBucketName"],
            (SettingsError, "Make the bucket, or correct the setting 'bucket'."),
        ),
        **dict.fromkeys(
            [
                "PermanentRedirect",
                "301",
                "AuthorizationHeaderMalformed",
                "IllegalLocationConstraint",
            ],
            (SettingsError, "Set 'region' to the region of the bucket."),
        ),
        **dict.fromkeys(
            ["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"],
            (AuthenticationFailed, f"Check the keys of the bucket. {_KEYS}"),
        ),
        **dict.fromkeys(
            ["AccessDenied", "403", "AllAccessDisabled"],
            (
                AccessDenied,
                "Allow these keys s3:PutObject, s3:GetObject and s3:DeleteObject there.",
            ),
        ),
        "RequestTimeTooSkewed": (ConfigurationError, "Set the clock of this machine right."),
        **dict.fromkeys(
            ["SlowDown", "503", "ServiceUnavailable", "InternalError", "500"],
            (VendorUnavailable, "Try again later."),
        ),
    }
)
"""What the codes of S3 mean. Source: Amazon S3 API Reference, Error responses."""


@attrs.define(kw_only=True, eq=False)
class Bucket:
    """A bucket, shared by threads; nothing is opened before it is used.

    Attributes:
        name: of the bucket.
        region: of the bucket; None for what boto3 finds.
        endpoint_url: address of the service; None for Amazon's.
        addressing_style: `auto`, `path` or `virtual`.
        profile: of the AWS configuration; None for what boto3 finds.
    """

    name: str
    region: str | None
    endpoint_url: str | None
    addressing_style: str
    profile: str | None
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)
    _client: Any = attrs.field(default=None, init=False)

    def put(self, key: str, data: bytes, *, media_type: str) -> None:
        """Write an object that only its owner can read.

        Raises:
            TryOnError: why it could not be written.
        """
        with self._explained(f"cannot write into the bucket {self.name!r}"):
            # No ACL: an object is private without one, and newer buckets refuse any.
            self._opened().put_object(Bucket=self.name, Key=key, Body=data, ContentType=media_type)

    def address(self, key: str, *, lifetime_s: float) -> str:
        """Return an address at which everybody who has it can read an object.

        Raises:
            TryOnError: it cannot be signed.
        """
        with self._explained(f"cannot sign an address of the bucket {self.name!r}"):
            return str(
                self._opened().generate_presigned_url(
                    "get_object",
                    Params={"Bucket": self.name, "Key": key},
                    ExpiresIn=int(lifetime_s),
                )
            )

    def remove(self, key: str) -> None:
        """Delete an object; one that is not there is no fault.

        Raises:
            TryOnError: why it could not be deleted.
        """
        with self._explained(f"cannot empty the bucket {self.name!r}"):
            self._opened().delete_object(Bucket=self.name, Key=key)

    def _opened(self) -> Any:
        import boto3  # noqa: PLC0415  (see above)
        from botocore.config import Config  # noqa: PLC0415

        with self._lock:  # making a client is not safe in threads, using it is
            if self._client is None:
                session = boto3.session.Session(profile_name=self.profile, region_name=self.region)
                self._client = session.client(
                    "s3",
                    endpoint_url=self.endpoint_url,
                    config=Config(
                        signature_version="s3v4",
                        s3={"addressing_style": self.addressing_style},
                        retries={"mode": "standard", "total_max_attempts": 3},
                        connect_timeout=10,
                        read_timeout=60,
                        max_pool_connections=_CONNECTIONS,
                        # Other makers' stores do not know these checksums.
                        request_checksum_calculation="when_required",
                        response_checksum_validation="when_required",
                    ),
                )
            return self._client

    @contextmanager
    def _explained(self, fault: str) -> Iterator[None]:
        from botocore import exceptions  # noqa: PLC0415  (see above)

        try:
            yield
        except exceptions.ClientError as error:
            said = error.response.get("Error", {})
            raise refusal(fault, said.get("Code", ""), said.get("Message", "")) from error
        except (
            exceptions.NoCredentialsError,
            exceptions.PartialCredentialsError,
            exceptions.CredentialRetrievalError,
        ) as error:
            raise MissingCredential(f"{fault}: {_words(error)}.", remedy=_KEYS) from error
        except exceptions.ProfileNotFound as error:
            raise SettingsError(
                f"{fault}: {_words(error)}.", remedy="Correct 'profile'."
            ) from error
        except (exceptions.ConnectionError, exceptions.HTTPClientError) as error:
            raise NotSent(
                f"{fault}: {_words(error)}.", remedy="Check the connection and 'endpoint_url'."
            ) from error
        except (exceptions.BotoCoreError, ValueError) as error:
            raise SettingsError(
                f"{fault}: {_words(error)}.", remedy="Check the settings of the extension s3."
            ) from error


def refusal(fault: str, code: str, message: str) -> TryOnError:
    """Return the error for a code of S3; nothing of it was sent to the vendor.

    Args:
        fault: what could not be done.
        code: the code of the answer.
        message: the words of the answer.
    """
    kind, remedy = _CODES.get(code, (ConfigurationError, "Look at the settings of the bucket."))
    said = message.rstrip(".") or "no reason given"
    return kind(f"{fault}: {said} ({code or 'no code'}).", vendor_code=code, remedy=remedy)


def _words(error: Exception) -> str:
    return str(error).rstrip(".")
