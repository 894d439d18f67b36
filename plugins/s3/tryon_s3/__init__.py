"""Gives local images an address in a bucket of yours, for vendors that take addresses only."""

from tryon_s3.extension import S3

__all__ = ["S3"]
