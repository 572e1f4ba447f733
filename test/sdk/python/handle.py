import json
import os
import time

import lark_oapi as lark

first = os.environ.get("FIRST")


def handle(data: lark.CustomizedEvent) -> None:
    """Prints what a consumer works with. FIRST says what becomes of the first event: fail raises, hang never ends."""
    global first
    event = {name: data.event[name] for name in ("instance_code", "operate", "from")}
    print(json.dumps({"uuid": data.uuid, "token": data.token, **event}), flush=True)
    fate, first = first, None
    while fate == "hang":
        time.sleep(60)
    if fate == "fail":
        raise RuntimeError("the first event fails")


def dispatcher(encrypt_key: str, verification_token: str) -> lark.EventDispatcherHandler:
    return (
        lark.EventDispatcherHandler.builder(encrypt_key, verification_token)
        .register_p1_customized_event("approval_cc", handle)
        .build()
    )
