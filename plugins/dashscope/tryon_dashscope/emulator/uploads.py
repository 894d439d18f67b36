"""The two calls of an upload: the policy, and the form to the store."""

from xml.sax.saxutils import escape

from flask import Flask, Response, request

from tryon_dashscope.emulator import texts
from tryon_dashscope.emulator.answers import Refused, accepted
from tryon_dashscope.emulator.service import (
    PARSING_MODELS,
    POLICIES_PER_S,
    TRY_ON_MODELS,
    Service,
)
from tryon_dashscope.emulator.store import Grant, StoreRefused
from tryon_testing.emulation import read_parts

STORE = "/_store"


def register(app: Flask, path: str, service: Service) -> None:
    """Add both calls."""

    def policy() -> Response:
        account = service.account()
        model = request.args.get("model", "")
        if request.args.get("action") != "getPolicy":
            raise Refused("InvalidParameter")
        if model not in (*TRY_ON_MODELS, *PARSING_MODELS):
            raise Refused("InvalidParameter", texts.NO_SUCH_MODEL)
        service.take(f"policy {model}", account, POLICIES_PER_S)
        number = service.ctx.new_id()
        granted = service.store.grant(
            Grant(account=account, model=model), host=f"{service.ctx.address}{STORE}", number=number
        )
        return accepted({"data": granted}, number)

    def upload() -> Response:
        number = service.ctx.new_id()
        try:
            return Response(status=_stored(service))
        except StoreRefused as error:
            return _told(error, number)

    app.add_url_rule(f"{path}/uploads", "policy", policy)
    app.add_url_rule(STORE, "upload", upload, methods=["POST"])


def _stored(service: Service) -> int:
    # The store has no business with the key of the service.
    if "Authorization" in request.headers:
        raise StoreRefused(400, "InvalidArgument", "Authorization was sent besides the form.")
    try:
        parts = read_parts(request.get_data(), request.headers.get("Content-Type", ""))
    except ValueError:
        raise StoreRefused(
            400, "MalformedPOSTRequest", "The body of your POST request is not well-formed."
        ) from None
    return service.store.put(parts)


def _told(error: StoreRefused, number: str) -> Response:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        f"<RequestId>{number}</RequestId></Error>"
    )
    return Response(text, error.status, mimetype="application/xml")
