"""What a command line is about, told from its words alone."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from whyburn.harnesses.content import result_facts
from whyburn.postmortem.commands import Command, Target, parse
from whyburn.postmortem.environment import environment_kind
from whyburn.postmortem.shell import split

CATEGORIES = {
    "test": [
        "pytest -q", "python -m pytest tests/test_cart.py -x", "python3 -W error -m unittest discover",
        "cd shop && npm test", "npm run test:unit -- --watch=false", "pnpm --filter web test",
        "yarn jest src/cart.test.ts",
        "npx vitest run", "go test ./...", "cargo test --workspace 2>&1 | tail -50", "cargo nextest run", "make test",
        "./gradlew test --info", "mvn -q verify", "bundle exec rspec spec/cart_spec.rb", "mix test", "dotnet test",
        "bash -lc 'cd api && uv run pytest -q | tail -5'", "env CI=1 timeout 120 poetry run pytest",
        "docker compose exec -T web pytest", "cargo build && cargo test", "python manage.py test shop",
        "./scripts/run_tests.sh", "if [ -d tests ]; then pytest; fi", "hatch run test", "mise run test:integration",
        "swift test", "deno task test", "out=$(npm test 2>&1)", "node --test test/", "sudo -u app nice -n 5 ctest",
        "just e2e", "xvfb-run -a npx playwright test", "tox -e py312", "FOO=1 BAR='a b' jest --ci",
    ],
    "build": [
        "make -j8", "cargo build --release", "go build ./cmd/shop", "npm run build", "npx tsc -p .",
        "docker build -t x .",
        "cmake -S . -B out", "./gradlew assemble", "next build", "mvn package", "dotnet build",
        "webpack --mode production",
    ],
    "lint": [
        "ruff check src", "mypy --strict src", "npx tsc --noEmit", "npx tsc -p web --noEmit", "cargo clippy",
        "cargo fmt --check",
        "npm run lint", "npm run typecheck", "go vet ./...", "eslint . --fix", "uv run ruff format --check a.py",
        "pre-commit run --all-files", "python -m py_compile a.py", "node --check a.js", "bash -n run.sh", "make lint",
    ],
    "install": [
        "npm ci", "npm install left-pad", "pip install -e .", "python -m pip install -U pip", "uv sync",
        "uv pip install x",
        "yarn", "yarn --frozen-lockfile", "poetry add requests", "apt-get update", "brew install jq", "go mod tidy",
        "bundle install",
        "cargo add serde", "pnpm i",
    ],
    "search": [
        "rg -n 'def total' src", "grep -rn TODO .", "find . -name '*.py' | xargs grep total", "fd cart",
        "git grep total",
        "cd /srv/shop && rg total | head -20", "ls src; rg total", "command -v pytest", "which node",
        "cat a.py && rg x",
    ],
    "list": ["ls -la", "tree -L 2", "du -sh .", "git ls-files", "wc -l src/a.py"],
    "read": ["cat a.py", "sed -n '1,80p' a.py", "cat a.py | grep total", "nl -ba a.py | sed -n '1,9p'",
    "head -5 a.py", "jq . a.json"],
    "vcs": ["git status", "git -C /srv/shop diff", "git add -A && git commit -m 'test: pytest passes'",
    "gh pr view 12"],
    "network": ["curl -s localhost:8000/items", "ssh host uptime", "wget example.test/a.tgz"],
    "edit": [
        "sed -i 's/a/b/' a.py", "cat > a.py <<'EOF'\nimport pytest\nEOF", "echo x >> notes.md", "mv a.py b.py",
        "rm -rf out",
        "apply_patch <<'P'\n*** Begin Patch\n*** Update File: a.py\n@@\n-a\n+b\n*** End Patch\nP", "mkdir -p src/x",
        "*** Begin Patch\n*** Add File: a.py\n+x\n*** End Patch", "perl -pi -e 's/a/b/' a.py", "printf x | tee a.txt",
    ],
    "wait": ["sleep 30", "wait", "sleep 5; echo done", "docker ps", "kubectl get pods", "ps aux | grep node"],
    "agent": ["claude -p 'run pytest'", "codex exec 'fix the tests'"],
    "other": [
        "", "   ", "echo 'pytest: 3 passed'", "python script.py", "python -c 'import pytest'", "test -f pytest.ini",
        "[ -f x ]",
        "node server.js", "cd /srv/shop", "pytest --version", "npm start", "# pytest", "docker run --rm shop",
        "./bin/shop serve",
        "python - <<'PY'\nimport pytest\nPY",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("line", "category"), [(line, name) for name, lines in CATEGORIES.items() for line in lines])
def test_a_line_is_named_by_the_program_of_its_most_telling_part(line, category):
    """Wrappers, folders, pipes and quoted words do not decide what a command line is about."""
    assert category == parse(line).category


@pytest.mark.parametrize(
    ("line", "program"),
    [
        ("cd x && env A=1 timeout 60 npx jest | tail", "jest"),
        ("/usr/bin/python3.11 -m pytest", "pytest"),
        ("ls && .venv/bin/ruff check .", "ruff"),
        (r"C:\tools\rg.exe total", "rg"),
        ("gradlew.bat test", "gradlew"),
    ],
)
def test_the_program_is_that_of_the_most_telling_part(line, program):
    """The program is named without its folder, its runner, or the suffix of its platform."""
    assert program == parse(line).program


@pytest.mark.parametrize(
    ("line", "reads"),
    [
        ("cat src/a.py", [("src/a.py", None, True)]),
        ("cat src/a.py b.md", [("src/a.py", None, True), ("b.md", None, True)]),
        ("cd shop && cat ./src/a.py", [("shop/src/a.py", None, True)]),
        ("cd /srv && cd shop && cat /etc/hosts a.py", [("/etc/hosts", None, True), ("/srv/shop/a.py", None, True)]),
        ("sed -n '10,80p' a.py", [("a.py", (10, 80), False)]),
        ("sed -n -e '10,80p' a.py", [("a.py", (10, 80), False)]),
        ("sed -n '1,9p;20p' a.py", [("a.py", (1, 9), False), ("a.py", (20, 20), False)]),
        ("sed -n '5,+3p' a.py", [("a.py", (5, 8), False)]),
        ("sed -n '5,$p' a.py", [("a.py", None, False)]),
        ("sed -n '/def/,/return/p' a.py", [("a.py", None, False)]),
        ("sed 40q a.py", [("a.py", (1, 40), False)]),
        ("nl -ba a.py | sed -n '10,80p'", [("a.py", (10, 80), False)]),
        ("cat -n a.py | head -n 20", [("a.py", (1, 20), False)]),
        ("head a.py", [("a.py", (1, 10), False)]),
        ("head -n 25 a.py", [("a.py", (1, 25), False)]),
        ("head -25 a.py", [("a.py", (1, 25), False)]),
        ("head -c 300 a.py", [("a.py", None, False)]),
        ("tail -n 20 a.py", [("a.py", None, False)]),
        ("bat -r 3:9 a.py", [("a.py", (3, 9), False)]),
        ("awk 'NR>=3 && NR<=9' a.py", [("a.py", (3, 9), False)]),
        ("jq . a.json", [("a.json", None, True)]),
        ("jq .name a.json", [("a.json", None, False)]),
        ("echo; cat 'my file.txt'", [("my file.txt", None, True)]),
        ("bash -lc \"sed -n '1,5p' a.py\"", [("a.py", (1, 5), False)]),
        ("Get-Content a.py -TotalCount 30", [("a.py", (1, 30), False)]),
        ("cat a.py | grep total", []),
        ("cat src/*.py", []),
        ("cat $FILE", []),
        ("for f in a b; do cat $f; done", []),
        ("sed -i 's/a/b/' a.py", []),
        ("cat <<EOF\nx\nEOF", []),
        ("rg total a.py", []),
        ("git diff | cat", []),
        ("cat a.py 2>/dev/null || true", [("a.py", None, True)]),
    ],
)
def test_readers_name_the_files_and_lines_that_they_show(line, reads):
    """Line ranges are taken from the reader or from the pipe behind it; filters, globs and variables name nothing."""
    assert [Target(*read) for read in reads] == list(parse(line).reads)


@pytest.mark.parametrize(
    ("line", "edits"),
    [
        ("sed -i.bak -e 's/a/b/' a.py b.py", ["a.py", "b.py"]),
        ("sed -i '' 's/a/b/' a.py", ["a.py"]),
        ("cd web && echo x > notes.md", ["web/notes.md"]),
        ("cat <<'EOF' > a.py\nx > y\nEOF", ["a.py"]),
        ("cat > a.py << EOF\ncut off by the lo", ["a.py"]),
        ("apply_patch <<'P'\n*** Update File: a.py\n*** Add File: b/c.py\nP", ["a.py", "b/c.py"]),
        ("cp a.py b.py", ["b.py"]),
        ("mv a.py b.py", ["a.py", "b.py"]),
        ("git checkout -- a.py", ["a.py"]),
        ("git checkout main", []),
        ("git restore a.py", ["a.py"]),
        ("printf x | tee -a a.txt", ["a.txt"]),
        ("pytest > out.txt 2>&1", []),
        ("ls > /dev/null", []),
        ("cat a.py", []),
        ("echo 'a > b'", []),
        ("test 3 -gt 2", []),
    ],
)
def test_changes_are_told_from_the_words_of_the_line(line, edits):
    """Redirections of printers, in-place editors and patches change files; captured output does not."""
    assert edits == list(parse(line).edits)


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("rg -n 'def total' src", "def total"),
        ("rg -A 3 -g '*.py' total", "total"),
        ("grep -rn -e first -e second .", "first"),
        ("rg --files -g '*.py'", None),
        ("git grep -n total -- src", "total"),
        ("find . -type f -iname '*cart*'", "*cart*"),
        ("fd -t f cart src", "cart"),
        ("fd", None),
        ("cat a.py", None),
        ("Select-String -Path a.py -Pattern total", "total"),
    ],
)
def test_a_search_tells_what_it_looks_for(line, pattern):
    """The pattern is the first operand, or the value of the option that gives it."""
    assert pattern == parse(line).searches


BROAD = ["find .", "find . -type f", "find / -name '*'", "rg --files", "rg -n .", "grep -r total",
         "grep -rn total src",
         "ls -R", "ls -laR src", "tree", "fd", "git ls-files", "cd src && rg --files | head",
         "Get-ChildItem -Recurse"]  # fmt: skip
NARROW = ["find . -name cart.py", "find . -maxdepth 1", "find src/cart -type f", "rg total",
          "rg --files -g '*.sql'",
          "grep total a.py", "ls -la", "fd cart", "git ls-files src", "rg -r x total", "echo 'find .'",
          "ls -r"]  # fmt: skip


@pytest.mark.parametrize(("line", "broad"), [*((line, True) for line in BROAD), *((line, False) for line in NARROW)])
def test_broad_commands_look_over_a_whole_tree(line, broad):
    """Listing or searching everything is broad; asking for something is not."""
    assert broad == parse(line).broad


FLAGS = {
    "waits": (
        ["sleep 5", "gh run watch 12", "gh pr checks 7", "kubectl get pods -w", "docker compose ps",
         "tail -f app.log", "jobs",
         "curl -sf http://localhost:8080/health", "until curl -s localhost/readyz; do sleep 1; done",
         "tail -5 nohup.out"],
        ["curl http://localhost:8080/items", "tail -5 a.py", "gh pr view 7", "kubectl apply -f a.yaml", "echo sleep 5"],
    ),
    "verifies": (
        ["pytest", "mypy src", "make", "git add . && npm run lint"],
        ["git status", "cat tests/test_a.py", "npm ci", "grep pytest a.py"],
    ),
    "reviews": (
        ["git diff", "git --no-pager log -3", "git status -sb", "gh pr view 7", "git -C x show HEAD",
         "cd x && git blame a.py"],
        ["git add .", "git commit -m 'git diff'", "git checkout x", "diff a b", "echo git diff"],
    ),
    "delivers": (
        ["git commit -m x", "git add . && git push -u origin x", "gh pr create --fill", "npm publish", "cargo publish",
         "git -C x commit -am y", "twine upload dist/*", "git commit -F - <<'MSG'\nx\nMSG"],
        ["git status", "npm publish --dry-run", "git log --grep commit", "gh pr view 1", "echo git push",
         "git stash push"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("flag", "line", "expected"),
    [
        (flag, line, held)
        for flag, both in FLAGS.items()
        for held, lines in zip((True, False), both, strict=True)
        for line in lines
    ],
)
def test_flags_hold_for_what_is_run_not_for_what_is_said(flag, line, expected):
    """Waiting, verifying, reviewing and delivering are told by program and subcommand."""
    assert expected == getattr(parse(line), flag)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("pytest -q", "  pytest   -q  2>&1 | tail -50"),
        ("pytest -q", "timeout 60 python -m pytest -q || true"),
        ("pytest -q --seed 12", "pytest -q --seed 99"),
        ("npm test | grep -A5 FAIL", "npm test 2>&1 | tail -100; echo exit $?"),
        ("python /tmp/tmpab12/run.py", "python /tmp/tmpzz99/run.py"),
        ("sleep 30 && gh run view 7", "sleep 60; gh run view 7"),
        ("rg total | head -20", "rg total | head -50"),
        ("bash -lc 'cargo test'", "cargo test # again"),
    ],
)
def test_reruns_of_the_same_thing_have_one_normal_form(first, second):
    """Wrappers, time limits, seeds, temporary names, pauses and whatever only shortens the output do not count."""
    assert parse(first).normal == parse(second).normal


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("pytest a", "pytest b"),
        ("sed -n '1,9p' a.py", "sed -n '9,20p' a.py"),
        ("cat a.py | head -20", "cat a.py | head -50"),
        ("cd a && make", "cd b && make"),
        ("DEBUG=1 pytest", "pytest"),
        ("gh api jobs/93712966596", "gh api jobs/93712966597"),
        ("python - <<'P'\nprint(1)\nP", "python - <<'P'\nprint(2)\nP"),
        ("sleep 1", "sleep 2"),
        ("cat /tmp/plan.md", "cat /tmp/notes.md"),
    ],
)
def test_different_questions_have_different_normal_forms(first, second):
    """Another target, folder, setting, range or script is another command."""
    assert parse(first).normal != parse(second).normal


def test_quotes_and_documents_do_not_leak_commands():
    """What stands in quotes, comments or here-documents is not run."""
    lines = [
        "git commit -m \"$(cat <<'EOF'\nIt's done; pytest && rm -rf /\nEOF\n)\"",
        "echo 'a; pytest' \"b && pytest\" # pytest",
        "python - <<'PY'\nx = 'pytest'\npytest\nPY",
        "gh pr edit 7 --body $'it\\'s\\npytest'",
    ]

    assert all(not parse(line).verifies for line in lines)
    assert parse(f"{lines[2]}\npytest").verifies


def test_every_part_of_a_line_is_seen():
    """Lists, pipes, subshells and substitutions are taken apart in order, each with its folder."""
    parts = split("(cd web && npm ci) && A=1 make | tee log; x=$(git log -1)")

    assert [" ".join(part.words) for part in parts] == ["cd web", "npm ci", "make", "tee log", "git log -1"]
    assert [part.piped for part in parts] == [False, False, False, True, False]
    assert parts[2].settings == ("A=1",)


@given(st.text() | st.text(alphabet="ab'\"\\$(){}`<>|&;# \nEOF=-/*"))
@example("'")
@example("\\")
@example("<<")
@example("cat <<EOF")
@example("$(")
@example("timeout")
@example("bash -c")
@example("env -u")
@example("python -m")
@example("xargs")
@example("git grep")
@example("sed -n")
@example("sed -i")
@example("tail")
@example("''")
def test_no_text_is_an_error(line):
    """Whatever stands in a log as a command line, it is taken apart without an exception."""
    command = parse(line)

    assert isinstance(command, Command)
    assert len(command.normal) <= 2_000


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ModuleNotFoundError: No module named 'yaml'", "dependency"),
        ("sh: 1: jest: not found\nbash: jest: command not found", "dependency"),
        ("Error: Cannot find module 'express'", "dependency"),
        ("npm ERR! code ERESOLVE", "dependency"),
        ("PermissionError: [Errno 13] Permission denied: '/var/lib/x'", "permission"),
        ("Error: EACCES: permission denied, mkdir '/x'", "permission"),
        ("curl: (6) Could not resolve host: example.test", "network"),
        ("connect ECONNREFUSED 127.0.0.1:5432", "network"),
        ("Temporary failure in name resolution\nERROR: Could not find a version that satisfies x", "network"),
        ("Error: listen EADDRINUSE: address already in use :::3000", "config"),
        ("missing environment variable: DATABASE_URL", "config"),
        ("environment variable API_KEY is not set", "config"),
        ("npm ERR! code EBADENGINE", "version"),
        ("error: requires Python >=3.12", "version"),
        ("AssertionError: assert 3 == 4", None),
        ("E   TimeoutError: timeout", None),
        ("proxy settings and permissions were printed", None),
        ("", None),
    ],
)
def test_environment_trouble_is_told_by_what_tools_print(text, kind):
    """Whole phrases of tools count; a loose word like proxy or timeout does not."""
    assert kind == environment_kind(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ModuleNotFoundError: No module named 'yaml'", "dependency"),
        ("bash: line 3: jest: command not found", "dependency"),
        ("npm ERR! code ERESOLVE", "dependency"),
        ("Error: EACCES: permission denied, mkdir '/x'", "permission"),
        ("curl: (6) Could not resolve host: example.test", "network"),
        ("connect ECONNREFUSED 127.0.0.1:5432", "network"),
        ("environment variable API_KEY is not set", "config"),
        ("error: requires Python >=3.12", "version"),
    ],
)
def test_environment_trouble_is_still_told_by_the_line_that_is_kept(text, kind):
    """Of a failed result only one short line travels, and that line is enough."""
    kept = result_facts(f"starting\n{text}\nbye\n", failed=True).error

    assert kind == environment_kind(kept)
