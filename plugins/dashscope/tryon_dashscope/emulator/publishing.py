"""Addresses of results, which tell when they expire as signed ones of the vendor's store do."""

from datetime import datetime, timedelta

from tryon_dashscope.emulator.service import Service

LIFETIME = timedelta(hours=24)


def publish(data: bytes, kind: str, service: Service, *, made_at: datetime) -> str:
    """Return the address of an image.

    Args:
        data: the file.
        kind: its format, such as `JPEG`.
        service: gives it away.
        made_at: from when its life counts.
    """
    dies_at = made_at + LIFETIME
    left_s = max(0.0, (dies_at - service.ctx.clock.now()).total_seconds())
    suffix = {"JPEG": "jpg", "PNG": "png"}[kind]
    url = service.ctx.publish(
        data, f"image/{kind.lower()}", name=f"result.{suffix}", lifetime_s=left_s
    )
    return f"{url}?Expires={int(dies_at.timestamp())}&OSSAccessKeyId=LTAIemulated&Signature=none"
