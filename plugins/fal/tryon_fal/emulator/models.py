"""The models' inputs, as the vendor's JavaScript client has them in its types."""

from collections.abc import Mapping

_STEERING = "sync_mode:flag num_inference_steps:int guidance_scale:number seed:int"
_LOOKS = f"{_STEERING} enable_safety_checker:flag output_format:png|jpeg"
_SIZE = "image_size:square_hd|square|portrait_4_3|portrait_16_9|landscape_4_3|landscape_16_9"
_HUMAN = "human_image_url*:text garment_image_url*:text"
_FASHN = """model_image*:text garment_image*:text category:auto|tops|bottoms|one-pieces seed:int
    mode:performance|balanced|quality garment_photo_type:auto|model|flat-lay num_samples:1|2|3|4
    moderation_level:none|permissive|conservative segmentation_free:flag output_format:png|jpeg
    sync_mode:flag"""
_APPS = "person_image_url*:text clothing_image_url*:text preserve_pose:flag sync_mode:flag"
_FLUX = "image_urls*:list prompt*:text lora_scale:number num_images:int acceleration:text"
_CAT = "cloth_type*:upper|lower|overall|inner|outer"
MODELS: Mapping[str, str] = {
    "fal-ai/fashn/tryon/v1.6": _FASHN,
    "fal-ai/fashn/tryon/v1.5": _FASHN,
    "fal-ai/kling/v1-5/kolors-virtual-try-on": f"{_HUMAN} sync_mode:flag",
    "fal-ai/leffa/virtual-tryon": f"{_HUMAN} garment_type*:upper_body|lower_body|dresses {_LOOKS}",
    "fal-ai/cat-vton": f"{_HUMAN} {_CAT} {_SIZE} {_STEERING}",
    "fal-ai/image-apps-v2/virtual-try-on": f"{_APPS} aspect_ratio:object",
    "fal-ai/flux-2-lora-gallery/virtual-tryon": f"{_FLUX} {_LOOKS} {_SIZE}",
}
"""Fields as `read_fields` takes them; those of person and garment come first, or a list of both."""
KINDS: Mapping[str, Mapping[str, str]] = {
    "category": {"tops": "top", "bottoms": "bottom", "one-pieces": "dress"},
    "garment_type": {"upper_body": "top", "lower_body": "bottom", "dresses": "dress"},
    "cloth_type": {"upper": "top", "lower": "bottom", "overall": "dress"},
}
"""What a garment is, by the fields that say so."""
RETIRED = ("fal-ai/fashn/tryon", "easel-ai/fashion-tryon")
