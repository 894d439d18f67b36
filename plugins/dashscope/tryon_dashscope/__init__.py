"""OutfitAnyone on Alibaba Cloud Model Studio (DashScope), as a provider of tryon."""

from tryon_dashscope.declaration import Options
from tryon_dashscope.provider import provider

__all__ = ["Options", "provider"]
