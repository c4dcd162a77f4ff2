# Two commands for a newcomer: make run, make test. Everything is built into .venv from hash-pinned lists.
PYTHON ?= python3
BIN := .venv/bin
SAY := @printf '%s\n'
# Hundreds of programs are started here: with this set, each would compile all that it reads, once more.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run rehearsal test ci format lint types imports check bench calibration promises mutations proof soak pictures pins clean

help:
	$(SAY) "make run        the survey on http://127.0.0.1:8000/, practice mode" \
	       "make rehearsal  made-up people answer it; writes data/rehearsal/made-up-report.html" \
	       "make test       every test that needs no long time" \
	       "make bench      what a participant costs, and what the statistics cost beside other libraries" \
	       "make calibration  how often tests err and intervals cover, simulated" \
	       "make promises   what is promised, with the verdict of tests run just now" \
	       "make mutations  protections taken away one at a time: each must turn a test red" \
	       "make proof      all of it: tests, promises, mutations, speed, a minute of load, 20,000 questionnaires" \
	       "make soak       20,000 questionnaires sent while the survey is killed again and again" \
	       "make ci         everything that must hold before a change lands"

run: .venv/ready
	@$(BIN)/python -m survey_app

rehearsal: .venv/ready
	@$(BIN)/python -m analysis rehearse --out data/rehearsal

test: .venv/dev-ready
	@$(BIN)/python -m pytest -n auto -m "not slow"

ci: format lint types imports check
	@$(BIN)/python -m pytest -n 4 --dist worksteal --timeout 900 --durations 40  # all in one: while some wait for something, others work

format: .venv/dev-ready
	@$(BIN)/ruff format --check .

lint: .venv/dev-ready
	@$(BIN)/ruff check .

types: .venv/dev-ready
	@$(BIN)/mypy

imports: .venv/dev-ready
	@$(BIN)/lint-imports

check: .venv/dev-ready
	@$(BIN)/python -m instruments check

bench: .venv/bench-ready
	@PYTHONPATH=. $(BIN)/python tests/benchmarks/survey.py
	@PYTHONPATH=.:tests $(BIN)/python tests/benchmarks/comparing.py
	@PYTHONPATH=. $(BIN)/python tests/benchmarks/rehearsing.py
	@PYTHONPATH=. $(BIN)/python tests/benchmarks/vault.py

calibration: .venv/dev-ready
	@PYTHONPATH=.:tests $(BIN)/python tests/calibration.py

promises: .venv/dev-ready
	@$(BIN)/python tests/promises.py $(MUST) $(ONLY)

mutations: .venv/dev-ready
	@$(BIN)/python tests/mutations.py

proof: MUST := --all-must-run
proof: export OFFHOURS_PROOF := 1
proof: ci promises mutations bench calibration
	@OFFHOURS_SOAK=20000 OFFHOURS_LOAD=60 OFFHOURS_STUDIES=2000 $(BIN)/python -m pytest --timeout 7200 \
	    tests/test_faults.py tests/test_load.py tests/test_rehearsal.py -k "killed or many or nothing_is_planted"

soak: .venv/dev-ready
	@OFFHOURS_SOAK=20000 $(BIN)/python -m pytest tests/test_faults.py -k killed --timeout 7200

pictures: .venv/dev-ready
	@PYTHONPATH=. $(BIN)/python tests/pictures.py

# Not compiled when installed: what is never read need not be, and that is two thirds of the time.
.venv/ready: requirements.txt
	$(SAY) "Building .venv (once) ..."
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --no-compile --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/dev-ready: requirements-dev.txt .venv/ready
	$(SAY) "Adding what the tests need (once) ..."
	@$(BIN)/python -m pip install --no-compile --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

.venv/bench-ready: requirements-bench.txt .venv/dev-ready
	$(SAY) "Adding the libraries to be timed beside (once) ..."
	@$(BIN)/python -m pip install --no-compile --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt
	@touch $@

# New pins after a change in pyproject.toml; needs pip-tools. No index addresses are written.
COMPILE := pip-compile --quiet --upgrade --generate-hashes --strip-extras --no-header --no-annotate \
           --no-emit-index-url --no-emit-trusted-host --no-emit-find-links
GROUP = $(PYTHON) -c 'import sys, tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"][sys.argv[1]], sep="\n")'

pins:
	$(COMPILE) -o requirements.txt pyproject.toml
	$(GROUP) survey | $(COMPILE) -c requirements.txt -o requirements-survey.txt -
	(sed -n 's/ \\$$//;/==/p' requirements.txt; $(GROUP) dev) | $(COMPILE) -o requirements-dev.txt -
	(sed -n 's/ \\$$//;/==/p' requirements-dev.txt; $(GROUP) bench) | $(COMPILE) -o requirements-bench.txt -

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
