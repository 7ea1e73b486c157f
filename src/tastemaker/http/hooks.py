"""Signed requests: webhooks of systems that cannot send a key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

from fastapi import Request

from tastemaker.core import BadSetting
from tastemaker.http.context import Call, Context, caller
from tastemaker.http.keys import Caller, given
from tastemaker.http.problems import Problem
from tastemaker.serving.service import TENANT

SECRET = "TASTEMAKER_WEBHOOK_SECRET"
SHORTEST = 24
TOLERANCE = 300  # seconds that a signature counts before and after its time
MOST = 16  # signatures of one request that are compared
PREFIX = "whsec_"
KEYED = caller("write")


def secret_of(said: str) -> bytes:
    """The bytes that are meant; empty where nothing is said.

    Raises:
        BadSetting: it is too short, or no Base64 where it says so.
    """
    try:
        meant = base64.b64decode(said.removeprefix(PREFIX), validate=True) if said.startswith(PREFIX) else said.encode()
    except ValueError as error:
        raise BadSetting(f"{SECRET} begins with {PREFIX}; expected Base64 behind it.") from error
    if said and len(meant) < SHORTEST:
        raise BadSetting(f"{SECRET} has {len(meant)} bytes; expected {SHORTEST} at least: $(openssl rand -hex 32)")
    return meant


def signature(secret: bytes, name: str, at: str, body: bytes) -> str:
    """As of Standard Webhooks: ``v1,`` and HMAC-SHA256 over ``name.at.body`` in Base64."""
    signed = hmac.new(secret, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


async def check(secret: bytes, request: Request, now: float) -> str:
    """The id of a signed request, whose body is read last.

    Raises:
        Problem: 401 where it is not signed with the secret, or not within `TOLERANCE` of now.
    """
    name, at, said = (request.headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not secret:
        raise Problem(401, f"The service has no secret for signatures. Start it with {SECRET}, or send a key.")
    if not (name and len(name) <= 128 and at.isascii() and at.isdigit() and len(at) < 16):
        raise Problem(401, "A signed request names webhook-id (128 characters at most) and webhook-timestamp.")
    if abs(now - int(at)) > TOLERANCE:
        raise Problem(401, f"The webhook-timestamp is not within {TOLERANCE} seconds of now: sign it anew.")
    meant = signature(secret, name, at, await request.body()).encode()
    if not any([hmac.compare_digest(meant, one.encode()) for one in said.split(" ")[:MOST]]):
        raise Problem(401, "The webhook-signature is not that of this body, id and timestamp.")
    return name


async def writer(request: Request) -> Call:
    """Who calls: by a key with the scope write, or by a signature, which makes the call repeatable; or by both.

    Where there is no secret a key suffices. What makes a signed call repeatable is the id that was signed.
    """
    context: Context = request.app.state.context
    if "webhook-signature" not in request.headers or (given(request) and not context.hook_secret):
        return await KEYED(request)
    if given(request):
        call = await KEYED(request)
    else:
        call = Call(request, Caller(TENANT, ("write",), "webhook"))
        context.rates.take(call.caller.digest)
    call.repeats = await check(context.hook_secret, request, time.time())
    return call
