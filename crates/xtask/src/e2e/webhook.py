"""A receiver of webhooks: SECRET FOLDER. Writes its port to FOLDER/port, a line a request to FOLDER/log.

The first request of all is answered 503, the first of the second id not at all; everything else is taken.
Signatures are verified here as the Standard Webhooks specification says, with nothing of ours.
"""

import base64
import hashlib
import hmac
import http.server
import json
import os
import sys
import threading

secret, folder = base64.b64decode(sys.argv[1].removeprefix("whsec_")), sys.argv[2]
lock, seen = threading.Lock(), []


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        ident, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        mac = hmac.new(secret, f"{ident}.{at}.".encode() + body, hashlib.sha256).digest()
        good = self.headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
        good = good and self.headers["idempotency-key"] == ident
        with lock:
            fresh = ident not in seen
            if fresh:
                seen.append(ident)
            code = 503 if len(seen) == 1 and fresh else 0 if len(seen) == 2 and fresh else 200
            line = {"id": ident, "code": code, "good": good, "attempt": self.headers["x-lazaret-attempt"]}
            line["body"] = json.loads(body)
            with open(os.path.join(folder, "log"), "a", encoding="utf-8") as log:
                log.write(json.dumps(line) + "\n")
        if code == 0:
            threading.Event().wait(60)
            return
        self.send_response(code)
        if code == 503:
            self.send_header("Retry-After", "1")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
with open(os.path.join(folder, "port.new"), "w", encoding="utf-8") as file:
    file.write(str(server.server_port))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.serve_forever()
