"""One try-on by one client, in a process of its own; prints what came of it as JSON.

    python call.py CLIENT SETTINGS PERSON_URL TOP_URL

`CLIENT` is a peer, or `tryon:ID`. Each is used as its own documentation shows: the one call that
submits, waits and gives the result. Nothing is caught for it but the error that ends the call.
"""

import json
import os
import sys
import warnings

warnings.simplefilter("ignore")


def fashn(settings, person, top):
    from fashn import Fashn

    client = Fashn(api_key=settings["api_key"], base_url=settings["base_url"])
    done = client.predictions.subscribe(
        model_name="tryon-v1.6", inputs={"model_image": person, "garment_image": top}
    )
    return done.output and done.output[0]


def fal_client(settings, person, top):
    import fal_client as fal

    base = settings["base_url"]
    fal.client.QUEUE_URL_FORMAT = fal.client.RUN_URL_FORMAT = f"{base}/"
    client = fal.SyncClient(key=settings["api_key"])
    done = client.subscribe(
        "fal-ai/fashn/tryon/v1.6", {"model_image": person, "garment_image": top}
    )
    return done["images"][0]["url"]


def replicate(settings, person, top):
    import replicate as library

    client = library.Client(api_token=settings["api_key"], base_url=settings["base_url"])
    done = client.run("prunaai/p-image-try-on", {"person_image": person, "garment_images": [top]})
    return str(done[0] if isinstance(done, list) else done)


def dashscope(settings, person, top):
    import dashscope as library

    library.base_http_api_url, library.api_key = settings["base_url"], settings["api_key"]
    done = library.ImageSynthesis.call(
        model="aitryon-plus",
        prompt=" ",
        task="image2image",
        extra_input={"person_image_url": person, "top_garment_url": top},
    )
    if done.status_code != 200:
        raise RuntimeError(str(done))
    return done.output.image_url


def opentryon(settings, person, top):
    from tryon.api.vton.outfitanyone import OutfitAnyonePlusAdapter

    adapter = OutfitAnyonePlusAdapter(
        api_key=settings["api_key"], base_url=settings["base_url"], poll_interval=0.5
    )
    return adapter.generate_and_decode(person=person, garment=top)[0].size


def tryon(provider, settings, person, top):
    from tryon_core import Client, TransportPolicy

    own = TransportPolicy(allow_private_addresses=True)
    with Client(provider, transport=own, **settings) as client:
        return client.try_on(person, top=top).images[0].sha256


def known_to(error, seen=0):
    """Return all that an error says: its text, and what it holds."""
    text = f"{error!r} {error}"
    for value in vars(error).values() if hasattr(error, "__dict__") else ():
        text += f" {value!r}"
    cause = error.__cause__ or error.__context__
    return text + (known_to(cause, seen + 1) if cause is not None and seen < 5 else "")


def main():
    name, settings, person, top = sys.argv[1:]
    settings = json.loads(settings)
    peer, _, provider = name.partition(":")
    try:
        if provider:
            image = tryon(provider, settings, person, top)
        else:
            image = globals()[peer.replace("-", "_")](settings, person, top)
    except Exception as error:  # noqa: BLE001  (whatever it is, it is the result)
        said = {"image": None, "error": type(error).__name__, "says": known_to(error)}
    else:
        said = {"image": str(image) if image else None, "error": None, "says": ""}
    print(json.dumps(said), flush=True)  # noqa: T201  (its output)
    os._exit(0)  # threads that a client left behind do not matter here


if __name__ == "__main__":
    main()
