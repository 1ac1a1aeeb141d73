"""What a program is for: one table of names, one of names with a subcommand, and the words of scripts' names.

Only the program and its first arguments are looked at, never a word somewhere in the text: `echo "pytest passed"` is no
test. What only runs a script (`npm run X`, `make X`, `python X.py`, `./X.sh`) is judged by the words of X.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Category = Literal[
    "test", "build", "lint", "install", "search", "vcs", "network", "agent", "edit", "list", "read", "wait", "other"
]  # fmt: skip
"""What a command is about, from the most to the least telling: a line takes the first that one of its parts has."""
CATEGORIES: tuple[Category, ...] = get_args(Category)

_PROGRAMS: Mapping[Category, str] = {
    "test": "pytest py.test tox nox unittest jest vitest mocha ava tap cypress karma rspec phpunit pest ctest bats"
            " testem gotestsum behave cucumber robot trial nosetests codecept minitest cargo-nextest",
    "build": "make gmake ninja cmake webpack rollup esbuild parcel tsup turbo nx lerna xcodebuild msbuild ant bazel"
             " bazelisk meson gcc g++ clang clang++ cc c++ rustc javac kotlinc ghc protoc buf scons pyinstaller"
             " sphinx-build mkdocs hugo jekyll docusaurus electron-builder wasm-pack maturin tsc vue-tsc swiftc"
             " gradle gradlew mvn mvnw sbt just task rake",
    "lint": "mypy pyright basedpyright ruff black isort flake8 pylint bandit pyflakes pycodestyle autopep8 yapf"
            " eslint prettier biome stylelint oxlint shellcheck shfmt rubocop standardrb gofmt goimports"
            " golangci-lint staticcheck rustfmt clang-format clang-tidy cppcheck swiftlint swiftformat ktlint"
            " detekt checkstyle phpstan psalm phpcs hadolint yamllint markdownlint markdownlint-cli2 actionlint"
            " pre-commit vulture lint-imports sqlfluff tflint ansible-lint knip dprint taplo typos codespell"
            " py_compile compileall sorbet svelte-check lint-staged",
    "install": "pip pip3 pipx apt apt-get dnf yum apk pacman brew gem conda mamba rustup nvm fnm volta choco winget"
               " scoop cpanm luarocks corepack ensurepip virtualenv venv bundle",
    "search": "rg ripgrep grep egrep fgrep zgrep ag ack fd fdfind find ast-grep sg ugrep locate semgrep"
              " select-string findstr which whereis",
    "vcs": "git gh hg svn jj glab git-lfs",
    "network": "curl wget http https xh ping ssh scp sftp rsync nc telnet dig nslookup host traceroute aws gcloud"
               " gsutil az kubectl helm flyctl fly heroku vercel netlify wrangler supabase firebase terraform"
               " pulumi twine invoke-webrequest invoke-restmethod iwr grpcurl",
    "agent": "claude codex gemini aider opencode goose cursor-agent amp qwen crush droid copilot cline kimi vibe",
    "edit": "apply_patch applypatch patch tee mv cp rm mkdir rmdir touch ln chmod chown truncate dd unzip"
            " set-content add-content out-file new-item remove-item copy-item move-item sponge ed ex",
    "list": "ls tree exa eza lsd du dir get-childitem gci stat file wc df realpath readlink",
    "read": "cat nl head tail less more bat batcat sed awk gawk jq yq xxd od hexdump strings get-content gc type"
            " diff cmp tac cut sort uniq column zcat",
    "wait": "sleep wait start-sleep watch ps pgrep jobs top lsof systemctl squeue nvidia-smi",
}  # fmt: skip
_SUBCOMMANDS: Mapping[Category, str] = {
    "test": "cargo:test,t,nextest,bench,llvm-cov,tarpaulin go:test swift:test deno:test bun:test dotnet:test,vstest"
            " mix:test rails:test artisan:test mvn:test,verify,integration-test mvnw:test,verify flutter:test"
            " dart:test zig:test playwright:test ng:test,e2e bazel:test bazelisk:test nx:test turbo:test hatch:test"
            " sbt:test stack:test cabal:test forge:test hardhat:test composer:test xcodebuild:test node:--test"
            " tsx:--test rebar3:eunit,ct molecule:test",
    "build": "cargo:build,b,rustc,doc go:build,generate swift:build,package deno:compile,bundle bun:build"
             " dotnet:build,publish mix:compile,release docker:build,buildx podman:build next:build vite:build"
             " astro:build nuxt:build remix:build ng:build expo:export flutter:build dart:compile uv:build"
             " poetry:build hatch:build pdm:build nix:build,develop stack:build cabal:build forge:build"
             " hardhat:compile npm:pack,rebuild zig:build cdk:synth",
    "lint": "cargo:check,c,clippy,fmt,deny,audit go:vet,fmt deno:lint,check,fmt dotnet:format"
            " mix:format,credo,dialyzer next:lint ng:lint flutter:analyze dart:analyze,format bash:-n sh:-n"
            " node:--check,-c terraform:fmt,validate npm:audit pnpm:audit yarn:audit composer:validate astro:check"
            " helm:lint buf:lint tsc:--noEmit vue-tsc:--noEmit gradle:lint,ktlintCheck nx:lint turbo:lint",
    "install": "npm:install,i,ci,add,uninstall,remove,update,link,dedupe pnpm:install,i,add,remove,update,up,fetch"
               " yarn:install,add,remove,up,upgrade bun:install,i,add,remove,update"
               " uv:pip,sync,add,remove,lock,venv,tool poetry:install,add,remove,update,lock,sync"
               " pdm:install,add,remove,sync,lock pipenv:install,sync rye:sync,add"
               " cargo:install,add,remove,fetch,update,vendor go:get,mod,install"
               " composer:install,update,require,remove dotnet:restore,add,tool"
               " mix:deps.get,deps.compile,deps.update,local.hex flutter:pub dart:pub playwright:install"
               " deno:install,add,cache mise:install,use,up pod:install,update docker:pull make:install",
    "search": "npm:search,ls,list,view,info,why pip:show,list,index pip3:show,list,index pnpm:why,ls,list"
              " yarn:why,info cargo:search,tree,metadata go:list,doc brew:search,info,list apt:search,list,show"
              " uv:tree gem:list,search bundle:show,list,info git:grep dotnet:list",
    "list": "git:ls-files,ls-tree",
    "network": "docker:push,login npm:publish,login,whoami cargo:publish,login yarn:publish pnpm:publish uv:publish"
               " poetry:publish",
    "wait": "docker:ps,logs,stats,wait docker-compose:ps,logs podman:ps,logs kubectl:get,rollout,wait,logs",
    "other": "bundle:exec mix:run",
}  # fmt: skip


def _by_name() -> dict[str, Category]:
    """`program` and `program subcommand` to category."""
    table: dict[str, Category] = {name: category for category, names in _PROGRAMS.items() for name in names.split()}
    for category, entries in _SUBCOMMANDS.items():
        for entry in entries.split():
            program, _, subcommands = entry.partition(":")
            table.update({f"{program} {subcommand}": category for subcommand in subcommands.split(",")})
    return table


_CATEGORY = _by_name()
_SCRIPT_WORDS: Mapping[Category, str] = {
    "test": "test tests testing spec specs e2e unit pytest jest vitest cypress playwright coverage smoke",
    "lint": "lint linter typecheck types tsc format fmt prettier eslint check checks ruff mypy clippy validate",
    "build": "build compile bundle dist package rebuild webpack generate codegen",
    "install": "install setup bootstrap deps dependencies",
}
_VAGUE = frozenset({"check", "checks", "validate", "types", "package", "generate", "setup", "dist", "compile"})
"""Words that tell of a task, and too little of a script's name."""
_OF_WORD = {word: category for category, words in _SCRIPT_WORDS.items() for word in words.split()}
_RUNNERS = frozenset({
    "npm", "pnpm", "yarn", "bun", "make", "gmake", "just", "task", "rake", "mise", "deno", "composer", "rails",
    "gradle", "gradlew", "mvn", "mvnw", "nx", "turbo", "lerna", "hatch", "pdm", "poe", "invoke", "inv", "grunt",
    "gulp", "ant", "bazel", "sbt", "django-admin", "artisan", "moon",
})  # fmt: skip
"""Programs whose first arguments name a script, a target or a task of the project."""
_INTERPRETERS = frozenset(
    {"python", "python3", "node", "ruby", "bash", "sh", "zsh", "php", "perl", "tsx", "ts-node", "bun", "deno", "uv"}
)
_SCRIPT = re.compile(r".*\.(?:sh|bash|py|[cm]?[jt]s|rb|pl|php|ps1|bat|cmd)")
_TASK_SCRIPTS = ("manage.py", "setup.py", "noxfile.py", "tasks.py")
_VALUED = frozenset({
    "-C", "-f", "-w", "-p", "-F", "-c", "-R", "--prefix", "--filter", "--cwd", "--dir", "--workspace", "--project",
    "--git-dir", "--work-tree", "--repo", "--directory", "--manifest-path", "--config",
})  # fmt: skip
"""Options before a subcommand that take a value as a word of their own."""


def category_of(words: Sequence[str]) -> Category:
    """What a simple, unwrapped command is about."""
    if words[-1] in {"--version", "--help"}:
        return "other"
    program, arguments = program_name(words[0]), operands(words[1:])
    first = arguments[0] if arguments else ""
    for key in (f"{program} {words[1]}" if len(words) > 1 else program, f"{program} {first}"):
        if key in _CATEGORY:
            return _CATEGORY[key]
    if program in _RUNNERS and (named := _of_task(program, arguments)):
        return named
    if program in _INTERPRETERS and _SCRIPT.fullmatch(first):
        task = " ".join(arguments[1:2]) if first.endswith(_TASK_SCRIPTS) else ""
        return _of_words(task) or _of_script(first) or "other"
    if program == "tsc" and "--noEmit" in words:
        return "lint"
    return (
        _CATEGORY.get(program) or (("/" in words[0] or _SCRIPT.fullmatch(words[0])) and _of_words(program)) or "other"
    )


@lru_cache(maxsize=4_096)
def program_name(word: str) -> str:
    """The name without folder and `.exe`; `gradlew.bat` is `gradlew`."""
    name = word[max(word.rfind("/"), word.rfind("\\")) + 1 :]
    return name.lower().removesuffix(".exe").removesuffix(".bat").removesuffix(".cmd")


def operands(words: Sequence[str]) -> list[str]:
    """Arguments that are no options, nor the values of those that stand before subcommands."""
    found: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith(("-", "+")) and len(word) > 1:
            skip = not found and word in _VALUED
        else:
            found.append(word)
    return found


def _of_task(program: str, arguments: Sequence[str]) -> Category | None:
    """The task that a runner is given; a package manager without one installs."""
    tasks = [word for word in arguments if word not in {"run", "run-script", "exec", "workspace", "--"}]
    if not tasks:
        return "install" if program in {"yarn", "bundle"} and not arguments else None
    return next((named for task in tasks[:3] if (named := _of_words(task))), None)


def _of_script(path: str) -> Category | None:
    return _of_words(path, ignored=_VAGUE)


def _of_words(name: str, *, ignored: frozenset[str] = frozenset()) -> Category | None:
    """By the words of a script's or task's name: `run_e2e-tests.sh`, `test:unit`, `lintAll`."""
    stem = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.rsplit("/", 1)[-1]).lower()
    found = [_OF_WORD[word] for word in re.split(r"[^a-z0-9]+", stem) if word in _OF_WORD and word not in ignored]
    return min(found, key=CATEGORIES.index, default=None)
