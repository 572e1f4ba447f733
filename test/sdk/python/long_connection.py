import os

import lark_oapi as lark

from handle import dispatcher

lark.ws.Client(
    os.environ["APP_ID"],
    os.environ["APP_SECRET"],
    event_handler=dispatcher("", ""),
    domain=os.environ["DOMAIN"],
).start()
