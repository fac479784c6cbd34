"""The gateway's peer: the same two routes in FastAPI, the second for callers with a known key."""

import hashlib
import os

from fastapi import FastAPI, Header, HTTPException

app = FastAPI()
permissions = ["workflows:read", "workflows:write", "workflows:publish", "runs:read", "runs:start", "runs:control"]
workspace = {"id": "wsp_06h0bgde6dpdvemrb27hhggufc", "role": "admin", "permissions": permissions}
caller = {"subject": "key_06h0bgde6dpdvemrb27hhggufc", "kind": "api_key", "workspaces": [workspace]}
callers = {hashlib.sha256(os.environ["KEY"].encode()).digest(): caller}


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.get("/v1/me")
async def me(authorization: str = Header()):
    found = callers.get(hashlib.sha256(authorization.removeprefix("Bearer ").encode()).digest())
    if found is None:
        raise HTTPException(401)
    return found
