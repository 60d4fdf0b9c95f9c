"""A small local server that speaks as much of the hub's protocol as fetching needs."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

REVISION = "a" * 40


class FakeHub:
    """State of the server: data sets by name, and how it misbehaves.

    Attributes:
        files: repo -> path -> content.
        lfs: paths that are kept in large file storage, and so have a SHA-256.
        cut: path -> numbers of bytes after which a connection breaks, one for each request.
        refuse: path or repo -> HTTP status to answer with.
        gated: models whose files need the token ``accepted``.
        lie: paths whose content is not what the listing says.
        ranges: whether ranges are honoured.
        log: (host, path, range, authorization) of each request for content.
    """

    def __init__(self) -> None:
        self.files: dict[str, dict[str, bytes]] = {}
        self.lfs: set[str] = set()
        self.cut: dict[str, list[int]] = {}
        self.refuse: dict[str, int] = {}
        self.gated: set[str] = set()
        self.lie: set[str] = set()
        self.ranges = True
        self.log: list[tuple[str, str, str | None, str | None]] = []
        self.port = 0

    def listing(self, repo: str) -> dict[str, Any]:
        siblings = []
        for path, content in self.files[repo].items():
            blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            item: dict[str, Any] = {"rfilename": path, "size": len(content), "blobId": blob}
            if path in self.lfs:
                digest = hashlib.sha256(content).hexdigest()
                item["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 130}
            siblings.append(item)
        gated = "manual" if repo in self.gated else False
        return {"_id": "1", "id": repo, "sha": REVISION, "private": False, "gated": gated,
                "downloads": 0, "likes": 0, "tags": [], "siblings": siblings}  # fmt: skip


def _handler(hub: FakeHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            parts = unquote(urlsplit(self.path).path).strip("/").split("/")
            if parts[:2] in (["api", "datasets"], ["api", "models"]):
                owned = 4 if "/".join(parts[2:4]) in {*hub.files, *hub.refuse} else 3
                self.answer_listing("/".join(parts[2:owned]), parts[owned:])
            elif parts[0] == "api":  # what the client asks for its own purposes
                self.refuse(404, "")
            elif parts[0] == "datasets":  # like the hub, send the client to a storage host
                where = f"http://127.0.0.1:{hub.port}/storage/{'/'.join(parts[1:3] + parts[5:])}"
                self.note(parts)
                self.send_response(302)
                self.send_header("Location", where)
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif "resolve" in parts:  # a model's file, from where the client asked
                at = parts.index("resolve")
                self.note(parts)
                self.answer_model_file("/".join(parts[:at]), "/".join(parts[at + 2 :]))
            else:
                self.note(parts)
                self.answer_content("/".join(parts[1:3]), "/".join(parts[3:]))

        def do_HEAD(self) -> None:
            self.do_GET()

        def answer_model_file(self, repo: str, path: str) -> None:
            if repo in hub.gated and not self.headers["Authorization"]:
                self.refuse(401, "GatedRepo")
            elif repo in hub.gated and self.headers["Authorization"] != "Bearer accepted":
                self.refuse(403, "GatedRepo")
            else:
                self.answer_content(repo, path)

        def note(self, parts: list[str]) -> None:
            hub.log.append((self.headers["Host"].split(":")[0], "/".join(parts),
                            self.headers["Range"], self.headers["Authorization"]))  # fmt: skip

        def answer_listing(self, repo: str, rest: list[str]) -> None:
            if repo in hub.refuse or repo not in hub.files:
                self.refuse(hub.refuse.get(repo, 404), "RepoNotFound")
            elif rest[:1] == ["revision"] and rest[1] not in ("main", REVISION):
                self.refuse(404, "RevisionNotFound")
            else:
                self.send(200, json.dumps(hub.listing(repo)).encode(), {})

        def answer_content(self, repo: str, path: str) -> None:
            if path in hub.refuse:
                self.refuse(hub.refuse[path], "")
                return
            content = hub.files[repo][path]
            if path in hub.lie:
                content = content[::-1]
            start, status, headers = 0, 200, {}
            if self.headers["Range"] and hub.ranges:
                start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
                status = 206
                headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            cuts = hub.cut.get(path)
            self.send(status, content[start:], headers, cuts.pop(0) if cuts else None)

        def send(
            self, status: int, body: bytes, headers: dict[str, str], cut: int | None = None
        ) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "HEAD":
                return
            self.wfile.write(body if cut is None else body[:cut])
            if cut is not None:
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()

        def refuse(self, status: int, code: str) -> None:
            self.send(status, b"{}", {"X-Error-Code": code, "Content-Type": "application/json"})

    return Handler


@contextmanager
def serve(hub: FakeHub) -> Iterator[str]:
    """Run the server; yield its address under the name ``localhost``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    hub.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{hub.port}"
    finally:
        server.shutdown()
        server.server_close()
