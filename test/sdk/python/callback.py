import os

from flask import Flask
from lark_oapi.adapter.flask import parse_req, parse_resp

from handle import dispatcher

app = Flask(__name__)
events = dispatcher(os.environ["ENCRYPT_KEY"], os.environ["VERIFICATION_TOKEN"])


@app.post("/webhook/event")
def callback():
    return parse_resp(events.do(parse_req()))


app.run(port=int(os.environ["PORT"]))
