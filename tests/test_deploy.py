"""What is shipped for hosts, run with the real programs on loopback: no address is written, by nginx or by Caddy."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import STUDY, Server, free_port

from survey_app.drill.canaries import ADDRESSES, AGENT, PEER, QUERY, Crowd
from survey_app.drill.place import Place
from survey_app.haystack import traces

DEPLOY = Path(__file__).parent.parent / "survey_app" / "deploy"
POLICY = "content-security-policy"
NGINX = """
daemon off; master_process off; pid nginx.pid; {main}
events {{}}
http {{
    {http}
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
    upstream offhours {{ server 127.0.0.1:{upstream}; }}
    server {{ listen 127.0.0.1:{port}; server_name survey; {server} }}
}}
"""
SHIPPED = {"main": "error_log /dev/null crit;", "http": "", "server": f"include {DEPLOY / 'nginx-location.conf'};"}
STOCK = {
    "main": "error_log error.log;",
    "http": "access_log access.log;",
    "server": "location / { proxy_pass http://offhours; proxy_set_header X-Real-IP $remote_addr; }",
}
"""As nginx comes: the control."""


@contextmanager
def running(port: int, *command: str, folder: Path) -> Iterator[None]:
    """A proxy, until it is ended."""
    env = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=said, stderr=said)
    try:
        ends = time.monotonic() + 15
        while time.monotonic() < ends and process.poll() is None:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        assert process.poll() is None, (folder / "said").read_text()
        yield
    finally:
        process.terminate()
        process.wait(10)


def nginx(folder: Path, port: int, upstream: int, parts: dict[str, str]):
    """nginx with these parts of a configuration."""
    if shutil.which("nginx") is None:
        pytest.skip("SKIPPED LOUDLY: there is no nginx here")
    (folder / "nginx.conf").write_text(NGINX.format(port=port, upstream=upstream, **parts))
    return running(
        port,
        "nginx",
        "-p",
        str(folder),
        "-c",
        "nginx.conf",
        "-e",
        "error.log" if parts is STOCK else "/dev/null",
        folder=folder,
    )


def caddy(folder: Path, port: int, upstream: int, *, logs: bool = False):
    """Caddy with the shipped file, on another port; with its usual logs as the control."""
    if shutil.which("caddy") is None:
        pytest.skip("SKIPPED LOUDLY: there is no Caddy here")
    text = (DEPLOY / "Caddyfile").read_text()
    text = text.replace("survey.example.org {", f"http://127.0.0.1:{port} {{" + ("\n\tlog" if logs else ""))
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}").replace(
        "{\n\tlog default", "{\n\tadmin off\n\tlog default", 1
    )
    if logs:
        text = re.sub(r"\tlog default \{\n\t\toutput discard\n\t\}\n", "", text)
    (folder / "Caddyfile").write_text(text)
    return running(port, "caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile", folder=folder)


def asked(port: int, path: str = f"/en/?{QUERY}", size: int = 0) -> tuple[int, dict[str, str], str]:
    """One telling request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(PEER, 0))
    headers = {"User-Agent": AGENT, "X-Forwarded-For": ADDRESSES[1]}
    if size:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        connection.request("POST" if size else "GET", path, b"a" * size or None, headers)
        reply = connection.getresponse()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read().decode()
    finally:
        connection.close()


def journeys(tmp_path: Path, proxy, **more) -> tuple[Crowd, list[str]]:
    """A crowd goes through a proxy, then the survey behind it dies; what is found of anybody afterwards."""
    place, folder, port = Place(tmp_path / "there"), tmp_path / "proxy", free_port()
    folder.mkdir()
    address = f"http://127.0.0.1:{port}"
    server = Server(STUDY["every_kind"], place.data, "--origin", address)
    with proxy(folder, port, server.port, **more):
        try:
            crowd = Crowd(place, address, address)
            crowd.come()
            for size in (150 * 1024, 200 * 1024):
                assert asked(port, "/en/agree", size)[0] == 413
        finally:
            server.kill()
        dead, headers, words = asked(port)
        assert dead in (502, 503)
        crowd.statuses["dead"] = dead
        crowd.answers.append(("/dead", dead, list(headers.items())))
        crowd.statuses["words of our own"] = int("is resting" in words)
        time.sleep(0.5)
    (tmp_path / "log").write_text(server.log)
    needles = {what: ways for what, ways in crowd.needles().items() if what != "answer"}
    return crowd, [str(each) for each in traces(needles, [place.machine, folder, tmp_path / "log"])]


@pytest.mark.slow
@pytest.mark.parametrize("proxy", ["nginx", "caddy"])
def test_no_address_is_written_by_the_shipped_proxy(tmp_path, proxy):
    """Whole journeys, nonsense, too much, a dead survey behind it: nothing of anybody is left; pages keep their headers."""
    crowd, found = journeys(tmp_path, {"nginx": lambda *way: nginx(*way, SHIPPED), "caddy": caddy}[proxy])
    assert found == []
    assert len(crowd.arrived) == 24
    assert crowd.statuses["dead"] == 503
    assert crowd.statuses["words of our own"]
    for path, status, headers in crowd.answers:
        held = dict(headers)
        assert "default-src 'none'" in held.get(POLICY, ""), (path, status)
        assert not re.search(r"\d|[Cc]addy", held.get("server", "")), "no program and version is named"


@pytest.mark.slow
@pytest.mark.parametrize("proxy", ["nginx", "caddy"])
def test_control_a_usual_proxy_writes_who_came(tmp_path, proxy):
    """The same with the logs that they come with: addresses and agents are there."""
    usual = {"nginx": lambda *way: nginx(*way, STOCK), "caddy": lambda *way: caddy(*way, logs=True)}[proxy]
    place, folder, port = Place(tmp_path / "there"), tmp_path / "proxy", free_port()
    folder.mkdir()
    server = Server(STUDY["every_kind"], place.data)
    with usual(folder, port, server.port):
        asked(port)
        server.kill()
        asked(port)
        time.sleep(0.5)
    needles = Crowd(place, "", None).needles()
    found = {each.what for each in traces(needles, [folder])}
    assert {f"address {PEER}", "agent"} <= found


def test_the_whole_nginx_file_is_one_that_nginx_takes(tmp_path):
    """With a certificate of our own and ports of our own it starts, over TLS, and says HSTS."""
    if shutil.which("nginx") is None or shutil.which("openssl") is None:
        pytest.skip("SKIPPED LOUDLY: there is no nginx or no openssl here")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make, "-days", "2", "-subj", "/CN=survey.example.org"], check=True, capture_output=True)
    port, plain = free_port(), free_port()
    server = Server(STUDY["tea"], tmp_path / "data", "--origin", f"https://127.0.0.1:{port}")
    text = (DEPLOY / "nginx.conf").read_text()
    for old, new in {
        "127.0.0.1:8000": f"127.0.0.1:{server.port}",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "/etc/ssl/survey.example.org/fullchain.pem": str(certificate),
        "/etc/ssl/survey.example.org/privkey.pem": str(key),
        "/srv/offhours/survey_app/deploy": str(DEPLOY),
    }.items():
        assert old in text
        text = text.replace(old, new)
    text = re.sub(r"^ *(listen \[::\].*|http2 on;.*)$", "", text, flags=re.MULTILINE)
    temporary = " ".join(f"{name}_temp_path {name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; master_process off; pid nginx.pid; error_log /dev/null crit; events {{}} http {{ {temporary} {text} }}"
    )
    try:
        with running(port, "nginx", "-p", str(tmp_path), "-c", "nginx.conf", "-e", "/dev/null", folder=tmp_path):
            trusting = ssl.create_default_context(cafile=str(certificate))
            trusting.check_hostname = False
            connection = http.client.HTTPSConnection("127.0.0.1", port, context=trusting, timeout=10)
            connection.request("GET", "/en/")
            reply = connection.getresponse()
            assert (reply.status, reply.headers["Strict-Transport-Security"]) == (200, "max-age=31536000")
            assert reply.headers["Server"] == "nginx"
            connection.close()
            status, headers, _ = asked(plain)
            assert status == 301
            assert QUERY not in headers["location"]
    finally:
        server.stop()
