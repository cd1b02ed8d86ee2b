"""The schema of specs in the hands of others: a validator, taplo's linter and its language server.

    python scripts/check_schema.py            with what requirements-schema.txt names; `just check-schema` does both

The taplo of that list lints only. TAPLO names one that has the language server, which is asked where there is one.
Every shipped spec must pass, each spec of WRONG must not, and the language server must offer the keys and kinds of a place.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from pathlib import Path

from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "serlab.schema.json"
TAPLO = os.environ.get("TAPLO") or shutil.which("taplo", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))

# A spec with six mistakes, and what is wrong in each line.
WRONG = """\
seeds = 3                                    # no list
[corpus.crema-d]
rooot = "data"                               # no such key
[train]
epochs = 0                                   # out of range
optimizer = "adam"                           # no table
[length]
crop = "middle"                              # no such name
[model.cnn-3d]                               # no such kind
"""


def specs():
    return sorted(ROOT.glob("experiments/**/*.toml"))


def validated():
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    validator.check_schema(validator.schema)
    for spec in specs():
        errors = list(validator.iter_errors(tomllib.loads(spec.read_text())))
        assert not errors, f"{spec}: {errors[0].message}"
    found = sorted({"/".join(map(str, e.absolute_path)) for e in validator.iter_errors(tomllib.loads(WRONG))})
    expected = ["corpus/crema-d", "length/crop", "model", "seeds", "train/epochs", "train/optimizer"]
    assert found == expected, found
    print(f"jsonschema: {len(specs())} shipped specs pass; of the spec with six mistakes all six are found")


def linted():
    def lint(path):
        return subprocess.run(
            [TAPLO, "lint", "--no-auto-config", "--schema", SCHEMA.as_uri(), str(path)], capture_output=True, text=True
        )

    for spec in specs():
        ended = lint(spec)
        assert ended.returncode == 0, f"{spec}: {ended.stderr}"
    with tempfile.TemporaryDirectory() as folder:
        wrong = Path(folder) / "wrong.toml"
        wrong.write_text(WRONG)
        ended = lint(wrong)
    assert ended.returncode != 0, "taplo passes the spec with six mistakes"
    told = ended.stderr.count("error:")
    print(f"taplo lint: {len(specs())} shipped specs pass; of the spec with six mistakes {told} are told")


class Server:
    """taplo's language server, spoken to as an editor does."""

    def __init__(self):
        command = [TAPLO, "lsp", "--no-auto-config", "stdio"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.number = 0

    def send(self, method, params, is_request):
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if is_request:
            self.number += 1
            message["id"] = self.number
        body = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def read(self):
        length = 0
        while line := self.process.stdout.readline().strip():
            name, value = line.split(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return json.loads(self.process.stdout.read(length))

    def notify(self, method, params):
        self.send(method, params, is_request=False)

    def ask(self, method, params):
        self.send(method, params, is_request=True)
        while True:
            message = self.read()
            if "method" in message and "id" in message:
                # What the server asks back: its settings, in which an editor has schemas on.
                settings = [{"schema": {"enabled": True}} for _ in message["params"].get("items", [])]
                answer = {"jsonrpc": "2.0", "id": message["id"], "result": settings}
                body = json.dumps(answer).encode()
                self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
                self.process.stdin.flush()
            elif message.get("id") == self.number:
                return message.get("result")


def completed():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        shutil.copy(SCHEMA, folder / SCHEMA.name)
        path = folder / "spec.toml"
        # Where the cursor stands, and something that must be offered there.
        places = [("[train]\n", "batch_size"), ("[model.cnn-1d]\n", "kernel_size"), ("[train.optimizer.sgd]\n", "momentum")]
        server = Server()
        killer = threading.Timer(60, server.process.kill)
        killer.start()
        workspace = {"uri": folder.as_uri(), "name": "specs"}
        able = {"workspace": {"configuration": True}}
        server.ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": able, "workspaceFolders": [workspace]})
        server.notify("initialized", {})
        for version, (text, expected) in enumerate(places):
            whole = f"#:schema ./{SCHEMA.name}\n{text}\n"
            document = {"uri": f"{path.as_uri()}{version}.toml", "languageId": "toml", "version": 1, "text": whole}
            server.notify("textDocument/didOpen", {"textDocument": document})
            position = {"line": whole.count("\n") - 1, "character": 0}
            where = {"textDocument": {"uri": document["uri"]}, "position": position}
            labels = []
            while not labels:  # until the server has read the schema; the timer ends what never comes
                found = server.ask("textDocument/completion", where) or []
                labels = [item["label"] for item in (found["items"] if isinstance(found, dict) else found)]
                time.sleep(0.2)
            assert expected in labels, f"after {text!r} the server offers {labels}"
            print(f"taplo lsp: after {text.strip()} it offers {len(labels)} keys, among them {expected}")
        killer.cancel()
        server.process.kill()


if __name__ == "__main__":
    assert TAPLO, "no taplo beside this Python or on the path: pip install -r scripts/requirements-schema.txt"
    validated()
    linted()
    if "TAPLO" in os.environ:
        completed()
    else:
        print("taplo lsp: not asked, TAPLO names none")
