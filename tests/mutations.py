"""Taking protections away, one at a time: each must turn a test red. `make mutations` prints the list with its verdicts.

Each line names a protection of a privacy module, the words in the code that hold it, what stands there without it, and the
tests that are run. It works on a copy, so that nothing here is ever left broken.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent.parent
MUTATIONS = (
    ("the outermost layer lets the peer's address in", "outermost.py", '"HTTP_HOST",', '"HTTP_HOST", "REMOTE_ADDR",', "test_outermost.py"),
    ("the outermost layer lets every header out", "outermost.py", "if name.lower() in out", "if name", "test_outermost.py"),
    ("rows are flushed", "store.py", 'self.connection.execute("VACUUM")\n        self', "pass\n        self", "test_store.py"),
    ("files say the first of the month", "store.py", "clock.say_the_month_alone(self.path, self.folder)", "pass", "test_store.py test_times.py"),
    ("deleted pages are overwritten", "store.py", '"secure_delete = ON"', '"secure_delete = OFF"', "test_store.py"),
    ("deleted pages are overwritten at once", "store.py", '"secure_delete = ON"', '"secure_delete = FAST"', "test_gone.py"),
    ("a journal is deleted", "store.py", '"journal_mode = DELETE"', '"journal_mode = PERSIST"', "test_gone.py"),
    ("own words are salted too", "codes.py", 'key=salt, person=b"text"', 'person=b"text"', "test_controls.py test_codes.py"),
    ("a page that could not send keeps the draft", "endings.py", 'return carrying(draft, survey().page("not_sent.html", draft=draft)), 503', 'return replacing(survey().page("not_sent.html", draft=draft)), 503', "test_at_send.py"),
    ("the disk is waited for", "store.py", '"synchronous = EXTRA"', '"synchronous = OFF"', "test_store.py"),
    ("pages are large", "store.py", "PAGE_SIZE = 32768", "PAGE_SIZE = 4096", "test_store.py"),
    ("a withdrawn draft is not taken again", "store.py", 'return "withdrawn"\n            if', "pass\n            if", "test_store.py"),
    ("both hashes are remembered", "store.py", "for gone in (key, text_key):", "for gone in (key,):", "test_keeping.py"),
    ("under the floor nothing is taken", "store.py", "if room.scarce(self.path):", "if False:", "test_disk.py"),
    ("ballast is thrown off", "store.py", "or not room.throw_off(self.folder):", "or True:", "test_disk.py"),
    ("the salt is forgotten", "store.py", "return self.last is not None and bool(self.salt) and clock.today() > self.last", "return False", "test_lasting.py"),
    ("copies forget it too", "lasting.py", "forget_codes(copy.execute)", "pass", "test_lasting.py"),
    ("rows are marked", "signing.py", "return evidence.mark(self.secret, table, key, frame)", "return bytes(16)", "test_evidence.py"),
    ("the list is signed", "store.py", "self.signer.sign(execute, self.name)", "pass", "test_evidence.py"),
    ("codes are salted", "codes.py", 'key=salt, person=b"answers"', 'person=b"answers"', "test_codes.py test_controls.py"),
    ("the two rows share nothing", "codes.py", 'person=b"text"', 'person=b"answers"', "test_codes.py"),
    ("the draft is encrypted", "drafts.py", "Aead(keys.of(today)[0]).encrypt(padded)", "padded", "test_drafts.py"),
    ("old keys are erased", "drafts.py", "if day >= clock.day_before(today):", "if True:", "test_drafts.py"),
    ("drafts are padded", "drafts.py", ".ljust(_padded(len(packed)), b\"\\0\")", "", "test_drafts.py"),
    ("posts come from our page", "passing.py", "return said.get(\"HTTP_ORIGIN\", own) == own and", "return", "test_guard.py"),
    ("posts carry the token", "passing.py", "and _token_is(found)", "", "test_guard.py"),
    ("leaving replaces the cookie", "passing.py", "    _set(survey(), response, junk(), None)\n", "", "test_endings.py test_behaviours.py"),
    ("an error says its class only", "app.py", 'f"survey: {type(error).__name__} at {where}"', 'f"survey: {error} at {where}"', "test_guard.py"),
    ("frames hide a length", "../instruments/records.py", ".ljust(size, b\"\\0\")", "", "test_records.py"),
    ("payloads have few sizes", "../instruments/records.py", "return raw.ljust(size)", "return raw", "test_records.py"),
    ("two recipients are needed", "live.py", "if len(recipients.answers) < sealing.FEWEST:", "if False:", "test_live.py"),
    ("a private key closes it", "live.py", "settled += _keys_here(data, folder)", "pass", "test_live.py"),
    ("other recipients close it", "live.py", "_digest(self.keys) != self.sealed_to", "False", "test_live.py"),
    ("another study closes it", "../instruments/approval.py", "if approval.fingerprint != study.fingerprint:", "if False:", "test_live.py"),
    ("no core is written", "machine.py", "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))", "pass", "test_machine.py"),
    ("a flood is held back", "newcomers.py", "if self.left < 1:", "if False:", "test_newcomers.py"),
    ("what fell into the trap is marked", "automatic.py", "bool(in_the_trap) or ", "", "test_newcomers.py"),
    ("what is too fast is marked", "automatic.py", "< least", "< -1", "test_newcomers.py"),
    ("what was withdrawn is not brought back", "copies.py", "rows = f\"SELECT * FROM copy.{table} WHERE NOT {GONE}\"", "rows = f\"SELECT * FROM copy.{table}\"", "test_keeping.py"),
    ("purged is another survey", "store.py", "self.name, self.salt = secrets.token_bytes(16), secrets.token_bytes(32)", "self.salt = secrets.token_bytes(32)", "test_keeping.py"),
    ("nothing is purged before its day", "keeping.py", "if clock.today() <= until:", "if False:", "test_keeping.py"),
    ("a purge asks for the day", "__main__.py", "err=True)) != today:", "err=True)) == '':", "test_keeping.py test_clock.py"),
    ("a look leaves no time", "clock.py", "(end.timestamp(), start.timestamp())", "(start.timestamp(), start.timestamp())", "test_times.py"),
    ("recipients are not read for everybody who begins", "live.py", "return _digest_of(path, (now.st_ino, now.st_size, now.st_mtime_ns))", "return digest(path)", "test_times.py"),
    ("times are put back every hour", "flushing.py", "                    self.look()", "                    pass", "test_times.py"),
    ("the gate is looked at anew", "live.py", "settled=self.again().settled", "settled=self.now.settled", "test_gate.py"),
    ("open folders close it", "live.py", "settled += machine.in_the_way(data)", "pass", "test_gate.py"),
    ("a key is seen as a sheet breaks it", "live.py", "BETWEEN = rb\"(?:\\s|<[^<>]{0,80}>)*\"", "BETWEEN = rb\"\"", "test_live.py"),
    ("what nobody foresaw ends no flush", "flushing.py", "except Exception as error:", "except KeyError as error:", "test_what_breaks.py"),
    ("what nobody caught says its place alone", "serve.py", "    _say_only_the_place()\n", "", "test_what_breaks.py"),
    ("the policy stands on errors too", "outermost.py", "(self.on_pages if (\"Content-Type\", PAGE) in kept else self.on_files)", "(self.on_pages if status[0] == \"2\" else [])", "test_headers.py"),
    ("nothing else writes a log", "plain.py", "logger = logging.Logger(\"nothing\", logging.CRITICAL + 1)", "_ = logging", "test_what_breaks.py"),
    ("a key that cannot be written is kept in mind", "drafts.py", "except OSError:\n                yesterday", "except KeyError:\n                yesterday", "test_drafts.py"),
    ("nobody may look into the memory", "machine.py", "system.prctl(*NOT_DUMPABLE)", "pass", "test_machine.py"),
    ("half-made copies go", "lasting.py", "path.unlink()  # a crash has left it", "pass  # a crash has left it", "test_lasting.py"),
    ("sealed bytes that do not fit are refused", "../instruments/records.py", "if len(sealed) + 4 > size:", "if False:", "test_records.py"),
    ("`open` looks at marks", "../analysis/proving.py", "self.forged += 1", "pass", "test_evidence.py"),
    ("`open` looks for gaps", "../analysis/proving.py", "missing=len(seen) - sum(seen)", "missing=0", "test_evidence.py"),
    ("`open` checks the signature", "../analysis/unsealing.py", "VerifyKey(signer or b\"\").verify(words, signature)", "pass", "test_evidence.py"),
    ("`open` leaves out what was withdrawn", "../analysis/proving.py", "if key in self.withdrawn:", "if False:", "test_evidence.py"),
    ("only what bears our mark is signed", "signing.py", "if key not in before and mark == self.mark(table, key, frame):", "if True:", "test_evidence.py"),
    ("what was listed stays listed", "signing.py", "now = dict(before)", "now = {}", "test_evidence.py"),
    ("the signer stands for keys of marks", "../analysis/unsealing.py", "if not signed(sealed.signer, words, signature):", "if False:", "test_evidence.py"),
)  # fmt: skip


def main() -> int:
    """Run them all, and print what came of each."""
    survived = 0
    with tempfile.TemporaryDirectory() as there:
        copy = Path(there) / "copy"
        shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns(".git", ".venv", "data", ".*_cache", "__pycache__"))
        (copy / "data").mkdir()
        whole = _came_of(copy, " ".join(dict.fromkeys(tests for *_, tests in MUTATIONS)))
        print(f"{'green' if whole == 0 else 'RED  '}  nothing taken away: the control", flush=True)
        for what, file, held, without, tests in MUTATIONS:
            path = (copy / "survey_app" / file).resolve()
            text = path.read_text()
            if text.count(held) != 1:
                print(f"NOT FOUND  {what}: {held!r} stands {text.count(held)} times in {path.name}", flush=True)
                survived += 1
                continue
            path.write_text(text.replace(held, without))
            red = _came_of(copy, tests) == 1
            path.write_text(text)
            survived += not red
            print(f"{'red  ' if red else 'GREEN'}  {what} ({path.name}; {tests})", flush=True)
    print(f"{len(MUTATIONS) - survived} of {len(MUTATIONS)} removed protections turned a test red")
    return 1 if survived or whole else 0


def _came_of(copy: Path, tests: str) -> int:
    """The exit code of these tests: 1 where one of them failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "--timeout", "120", "-m", "not slow"]
    files = dict.fromkeys(f"tests/{each}" for each in tests.split())
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([*command, *files], cwd=copy, capture_output=True, env=env).returncode


if __name__ == "__main__":
    sys.exit(main())
