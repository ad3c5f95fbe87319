"""Servers on the loopback interface that behave as a Platform, a proxy or a network may."""

import os
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def whole_request(connection: socket.socket) -> bytes:
    """Receive a whole request: its headers and its body may arrive separately."""
    received = connection.recv(65536)
    length = re.search(rb"content-length: (\d+)", received, re.IGNORECASE)
    while received and length and len(received.partition(b"\r\n\r\n")[2]) < int(length.group(1)):
        received += connection.recv(65536)
    return received


@contextmanager
def answering(content: bytes | None) -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads each request and answers with these bytes; with None it never answers."""
    received: list[bytes] = []
    done = threading.Event()

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                received.append(whole_request(connection))
                if content is None:
                    done.wait(5)
                else:
                    connection.sendall(content)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        serving = threading.Thread(target=serve, args=(listener,), daemon=True)
        serving.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", received
        finally:
            done.set()
            listener.shutdown(socket.SHUT_RDWR)
            serving.join(5)


def free_url() -> str:
    """An address on which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def slow_to_stand() -> Iterator[tuple[str, threading.Event]]:
    """A server that accepts no connection until the event is set, and then answers."""
    go, done = threading.Event(), threading.Event()

    def serve(listener: socket.socket) -> None:
        go.wait(20)
        while not done.is_set():
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(0.1)
                    if whole_request(connection):
                        connection.sendall(OK)

    with ExitStack() as connections:
        listener = connections.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        while True:  # until the accept queue is full
            waiting = connections.enter_context(socket.socket())
            waiting.settimeout(0.1)
            try:
                waiting.connect(listener.getsockname())
            except TimeoutError:
                break
        listener.settimeout(0.2)
        serving = threading.Thread(target=serve, args=(listener,), daemon=True)
        serving.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", go
        finally:
            done.set()
            go.set()
            serving.join(5)


def certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """A self-signed certificate for a host, and its key."""
    made, key = folder / f"{host}.pem", folder / f"{host}.key"
    args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    args += ["-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", "-keyout", str(key), "-out", str(made)]
    subprocess.run(["openssl", *args], check=True, capture_output=True, timeout=60)  # noqa: S607 - the system's openssl
    return made, key


@contextmanager
def _serving_one_by_one(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port whose connections are served one after the other."""
    done = threading.Event()

    def accept(listener: socket.socket) -> None:
        while not done.is_set():
            with suppress(OSError):  # no connection, or the peer has hung up
                connection, _ = listener.accept()
                connection.settimeout(5)
                with connection:
                    serve(connection)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.2)
        serving = threading.Thread(target=accept, args=(listener,), daemon=True)
        serving.start()
        try:
            yield listener.getsockname()[1]
        finally:
            done.set()
            serving.join(10)


def _showing(made: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    return context


@contextmanager
def answering_over_tls(made: Path, key: Path) -> Iterator[tuple[str, list[bytes]]]:
    """A TLS server with this certificate, and the requests that it received."""
    received: list[bytes] = []
    context = _showing(made, key)

    def serve(plain: socket.socket) -> None:
        with context.wrap_socket(plain, server_side=True) as connection:
            received.append(whole_request(connection))
            connection.sendall(OK)

    with _serving_one_by_one(serve) as port:
        yield f"https://localhost:{port}", received


@contextmanager
def breaking(made: Path, key: Path, *, tunnels: bool, garbage: bool) -> Iterator[tuple[int, list[bytes]]]:
    """A TLS server that reads each request and then drops the connection, and the requests that it received.

    Args:
        made: its certificate.
        key: the certificate's key.
        tunnels: whether it acts as a proxy first, for any host.
        garbage: whether it writes plain text into the connection before it drops it, as a faulty middlebox may.
    """
    received: list[bytes] = []
    context = _showing(made, key)

    def serve(plain: socket.socket) -> None:
        if tunnels and whole_request(plain):
            plain.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with context.wrap_socket(plain, server_side=True) as connection:
            received.append(whole_request(connection))
            if garbage:
                os.write(connection.fileno(), b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            connection.shutdown(socket.SHUT_RDWR)

    with _serving_one_by_one(serve) as port:
        yield port, received
