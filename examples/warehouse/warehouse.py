#!/usr/bin/env python3
"""Counts what is to be packed, by SKU: a reader of orders.confirmed that needs nothing but Python.

docs/other-languages.md says how it works. Settings, as `strangler nats-config` writes them for a reader: NATS_URL
(with the user and its password), NATS_TLS_CA, NAMESPACE; besides EVENT_STREAM (EVENTS) and WAREHOUSE_DB (warehouse.db).
"""

import json
import os
import secrets
import socket
import sqlite3
import ssl
import sys
import time
from urllib.parse import unquote, urlsplit

SCHEMA = """
create table if not exists claim (event text primary key);
create table if not exists to_pack (sku text primary key, quantity integer not null);
"""


ASK_FOR = 5  # s: so long NATS waits for an event before it says that there is none
PATIENCE = 10  # s: nobody answers where the stream, or its consumer, is not there


class Nats:
    """As much of the client protocol of NATS as a reader of one consumer needs."""

    def __init__(self, url, ca=None, inbox="_INBOX"):
        parts = urlsplit(url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        self.inbox = f"{inbox}.{secrets.token_hex(8)}"
        self.socket = socket.create_connection((parts.hostname, parts.port or 4222), timeout=PATIENCE)
        self.lines = self.socket.makefile("rb")
        self._line()  # INFO
        if parts.scheme == "tls":
            tls = ssl.create_default_context(cafile=ca)
            self.socket = tls.wrap_socket(self.socket, server_hostname=parts.hostname)
            self.lines = self.socket.makefile("rb")
        how = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True}
        how |= {"lang": "python", "version": "1"}
        if user:
            how |= {"user": user, "pass": password}
        self._send(f"CONNECT {json.dumps(how)}\r\nSUB {self.inbox} 1\r\n")

    def publish(self, subject, payload, reply=""):
        body = payload.encode()
        self._send(f"PUB {subject} {reply} {len(body)}\r\n".encode() + body + b"\r\n")

    def message(self):
        """The next one: its headers as text, its body, and where it is to be acknowledged."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            line = self._line()
            verb, *words = line.split()
            if verb == "PING":
                self._send("PONG\r\n")
            elif verb == "-ERR":
                raise ConnectionError(line)
            elif verb in ("MSG", "HMSG"):
                sizes = [int(word) for word in words[-2 if verb == "HMSG" else -1 :]]
                reply = words[2] if len(words) > 2 + len(sizes) else None
                head = sizes[0] if verb == "HMSG" else 0
                block = self._exactly(sizes[-1] + 2)
                return block[:head].decode(), block[head:-2], reply
        raise ConnectionError("no answer: the stream or its consumer is not there")

    def _line(self):
        line = self.lines.readline()
        if not line:
            raise ConnectionError("NATS has closed the connection")
        return line.decode().rstrip("\r\n")

    def _exactly(self, count):
        block = self.lines.read(count)
        if len(block) < count:
            raise ConnectionError("NATS has closed the connection")
        return block

    def _send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)


def handle(db, event):
    """Packs an order once, however often its event comes: the claim and the effect are one transaction."""
    with db:
        claimed = db.execute("insert into claim (event) values (?) on conflict do nothing", (event["id"],))
        if claimed.rowcount == 0:
            return False
        for line in event["data"]["items"]:
            db.execute(
                "insert into to_pack (sku, quantity) values (?, ?)"
                " on conflict (sku) do update set quantity = quantity + excluded.quantity",
                (line["sku"], line["quantity"]),
            )
        return True


def read(nats, db, consumer):
    """Asks for one event after the other, for ever."""
    ask = json.dumps({"batch": 1, "expires": ASK_FOR * 1_000_000_000})  # ns
    while True:
        nats.publish(f"$JS.API.CONSUMER.MSG.NEXT.{consumer}", ask, nats.inbox)
        head, body, reply = nats.message()
        status = head.split("\r\n")[0].split()[1:2]
        if status in (["404"], ["408"]):
            continue  # there was none; it is asked for again
        if status:  # 503: JetStream, or the consumer, is not there; 409: it is going away, or too many ask
            raise ConnectionError(head.split("\r\n")[0])
        event = json.loads(body)
        new = handle(db, event)
        # Only now: whoever dies before gets it again, and the claim answers.
        nats.publish(reply, "+ACK")
        print(f"{'packed' if new else 'known already'}: {event['id']} {event['data']['orderId']}", flush=True)


def main():
    env = os.environ
    url = env["NATS_URL"]
    user = unquote(urlsplit(url).username or f"{env.get('NAMESPACE', 'shop')}.warehouse")
    consumer = f"{env.get('EVENT_STREAM', 'EVENTS')}.{user.split('.')[-1]}"
    db = sqlite3.connect(env.get("WAREHOUSE_DB", "warehouse.db"))
    db.executescript(SCHEMA)
    while True:
        try:
            read(Nats(url, env.get("NATS_TLS_CA"), f"_INBOX_{user}"), db, consumer)
        except OSError as error:
            print(f"again in a second: {error}", file=sys.stderr, flush=True)
            time.sleep(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
