"""What happens when a vendor misbehaves: the same faults, the vendors' own clients and tryon.

    python measure.py TRYON_BIN PEERS_PYTHON

`nox -s peers` runs it. Each client makes one call against our emulator of its vendor, on loopback;
the emulator counts what it was paid for. The answers are written to `measured.json`, from which
`table.py` makes the tables of the README and of the page about peers.
"""

import functools
import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent
CLIENTS = {
    "fashn": "fashn",
    "fal-client": "fal",
    "replicate": "replicate",
    "dashscope": "dashscope",
    "opentryon": "dashscope",
}
"""Each peer, and the vendor that it is tried with."""
FAULTS = {
    "none": (),
    "lost": ("submit:drop*1",),
    "busy": ("submit:429*1",),
    "page": ("poll:page=502*1",),
    "outage": ("poll:page=503*12",),
}
GIVE_UP_S = 200
JOB_S = 2


class Quiet(SimpleHTTPRequestHandler):
    """Serves the images and says nothing."""

    def log_message(self, *_):
        """Leave it out."""


class Bench:
    """The two environments and the images."""

    def __init__(self, tryon_bin, peers_python, folder):
        self.bin, self.peers_python, self.folder = Path(tryon_bin), peers_python, folder
        handler = functools.partial(Quiet, directory=str(folder))
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def address(self, name):
        return f"http://127.0.0.1:{self.server.server_port}/{name}"

    def call(self, client, vendor, faults, *, is_killed=False):
        """Make a call, or one that is killed while it waits and then another one."""
        options = [f"--fault={fault}" for fault in faults]
        command = [self.bin / "tryon", "emulate", vendor, "--port=0", "--json"]
        command += [f"--job-seconds={JOB_S}", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as emulator:
            try:
                announced = _announced(emulator.stdout)
                if is_killed:
                    self._killed(client, announced)
                said = self._once(client, announced, is_second=is_killed)
                with urllib.request.urlopen(announced["log"], timeout=10) as answer:  # noqa: S310
                    log = json.load(answer)
            finally:
                emulator.terminate()
        ids = [job["id"] for job in log["jobs"]]
        return {
            "paid": len(ids),
            "image": said["image"] is not None,
            "error": None if said["image"] else said["error"],
            "id": any(name in said["says"] for name in ids),
        }

    def _command(self, client, announced):
        is_ours = client.startswith("tryon:")
        python = self.bin / "python" if is_ours else self.peers_python
        images = [self.address("person.jpg"), self.address("top.png")]
        script = str(HERE / "call.py")
        return [str(python), script, client, json.dumps(announced["settings"]), *images]

    def _once(self, client, announced, *, is_second):
        if is_second and client.startswith("tryon:"):
            return self._resumed(client, announced)
        try:
            ended = subprocess.run(
                self._command(client, announced),
                capture_output=True,
                text=True,
                timeout=GIVE_UP_S,
                check=False,
                env=self._env,
            )
        except subprocess.TimeoutExpired:
            return {"image": None, "error": f"none in {GIVE_UP_S} s", "says": ""}
        lines = ended.stdout.strip().splitlines()
        if not lines:
            raise SystemExit(f"{client}: {ended.stderr}")
        return json.loads(lines[-1])

    def _killed(self, client, announced):
        """Kill a call while its job is in flight."""
        with subprocess.Popen(
            self._command(client, announced),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self._env,
        ) as process:
            for _ in range(600):
                time.sleep(0.05)
                with urllib.request.urlopen(announced["log"], timeout=10) as answer:  # noqa: S310
                    log = json.load(answer)
                if log["jobs"]:
                    # On a loaded machine the client may need a while to note the answer.
                    time.sleep(JOB_S / 2)
                    break
            process.kill()

    def _resumed(self, client, announced):
        """Go on as our command line says: with the last job of this user."""
        provider = client.partition(":")[2]
        settings = {
            f"TRYON_{provider}_{name}".upper(): value
            for name, value in announced["settings"].items()
        }
        target = Path(tempfile.mkdtemp(dir=self.folder)) / "out"
        command = [self.bin / "tryon", "resume", "--last", "--out", target]
        command += ["--allow-private-addresses"]
        ended = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=GIVE_UP_S,
            check=False,
            env={**self._env, **settings},
        )
        done = ended.returncode == 0
        return {"image": "saved" if done else None, "error": ended.stderr, "says": ended.stderr}

    @property
    def _env(self):
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "NO_PROXY": "127.0.0.1",
            "TRYON_DATA_DIR": str(self.folder / "data"),
        }


def _announced(lines):
    text = ""
    for line in lines:
        text += line
        if line == "}\n":
            return json.loads(text)
    raise SystemExit("the emulator did not start")


def main():
    tryon_bin, peers_python = sys.argv[1:3]
    wanted = sys.argv[3:] or list(CLIENTS)
    path = HERE / "measured.json"
    found = json.loads(path.read_text()) if sys.argv[3:] and path.is_file() else {}
    with tempfile.TemporaryDirectory() as folder:
        drawing = HERE.parent / "vendor_sdks" / "draw_pictures.py"
        subprocess.run([Path(tryon_bin) / "python", drawing, folder], check=True)
        bench = Bench(tryon_bin, peers_python, Path(folder))
        version = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
        for peer in wanted:
            vendor = CLIENTS[peer]
            entry = found[peer] = {"vendor": vendor, "peer": {}, "tryon": {}}
            asked = [peers_python, "-c", version, peer]
            entry["version"] = subprocess.run(
                asked, capture_output=True, text=True, check=True
            ).stdout.strip()
            for whose, client in (("peer", peer), ("tryon", f"tryon:{vendor}")):
                for name, faults in FAULTS.items():
                    entry[whose][name] = bench.call(client, vendor, faults)
                    print(peer, whose, name, entry[whose][name], flush=True)  # noqa: T201  (its output)
                entry[whose]["killed"] = bench.call(client, vendor, (), is_killed=True)
                print(peer, whose, "killed", entry[whose]["killed"], flush=True)  # noqa: T201  (its output)
    found = {name: found[name] for name in CLIENTS if name in found}
    path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
