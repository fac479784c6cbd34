"""The gateway's peer: the same two routes in FastAPI. GET /v1/me verifies the key through a cache of a minute, counts the caller's
requests in memory, gives the request an id, and logs a line, as the gateway does. It measures and traces nothing, which the gateway does too."""

import hashlib
import json
import os
import time
import uuid

from fastapi import Depends, FastAPI, Header, HTTPException, Response

RATE = 100_000  # requests a second, twice as many at once: as the gateway is told for the benchmark
TTL = 60

app = FastAPI()
permissions = [
    "workflows.read", "workflows.write", "workflows.publish", "runs.read", "runs.start", "runs.control", "approvals.decide",
    "usage.read", "workspace.read", "workspace.manage", "members.manage", "keys.manage",
]
workspace = {"id": "wsp_06h0bgde6dpdvemrb27hhggufc", "role": "admin", "permissions": permissions}
caller = {"subject": "key_06h0bgde6dpdvemrb27hhggufc", "kind": "api_key", "workspaces": [workspace]}
database = {hashlib.sha256(os.environ["KEY"].encode()).digest(): caller}  # asked once a minute: it need not be a real one
cache, buckets = {}, {}
log = open(os.environ["LOG"], "a", buffering=1)


def known(authorization: str):
    digest, now = hashlib.sha256(authorization.removeprefix("Bearer ").encode()).digest(), time.monotonic()
    found, expires = cache.get(digest, (None, 0))
    if now >= expires:
        found = database.get(digest)
        if found is None:
            raise HTTPException(401)
        cache[digest] = found, now + TTL
    return found


def limited(subject: str, response: Response):
    now = time.monotonic()
    tokens, at = buckets.get(subject, (2 * RATE, now))
    tokens = min(2 * RATE, tokens + (now - at) * RATE)
    if tokens < 1:
        raise HTTPException(429, headers={"Retry-After": "1"})
    buckets[subject] = tokens - 1, now
    response.headers["RateLimit-Limit"] = str(2 * RATE)
    response.headers["RateLimit-Remaining"] = str(int(tokens - 1))


async def admitted(response: Response, authorization: str = Header()):
    began, request = time.perf_counter(), uuid.uuid4().hex
    found = known(authorization)
    limited(found["subject"], response)
    response.headers["X-Request-Id"] = request
    log.write(json.dumps({
        "time": time.time(), "level": "INFO", "msg": "request", "method": "GET", "route": "/v1/me", "status": 200,
        "duration_ms": (time.perf_counter() - began) * 1000, "subject": found["subject"], "request_id": request,
    }) + "\n")
    return found


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.get("/v1/me")
async def me(caller=Depends(admitted)):
    return caller
