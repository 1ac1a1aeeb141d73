"""What is measured of a text: size, hashes that ignore what does not matter, and what failed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyburn.harnesses.content import measure, result_facts
from whyburn.harnesses.mentions import mentions

FAILING = {
    "pytest": """\
============================= test session starts ==============================
collected 3 items

tests/test_cart.py .F.                                                   [100%]

=================================== FAILURES ===================================
__________________________________ test_total __________________________________

    def test_total():
>       assert total([1, 2]) == 4
E       assert 3 == 4

tests/test_cart.py:12: AssertionError
=========================== short test summary info ============================
FAILED tests/test_cart.py::test_total - assert 3 == 4
========================= 1 failed, 2 passed in 0.12s ==========================
""",
    "unittest": """\
..F
======================================================================
FAIL: test_total (tests.test_cart.CartTest.test_total)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/srv/shop/tests/test_cart.py", line 12, in test_total
    self.assertEqual(total([1, 2]), 4)
AssertionError: 3 != 4

----------------------------------------------------------------------
Ran 3 tests in 0.004s

FAILED (failures=1)
""",
    "jest": """\
FAIL src/cart.test.ts
  Cart
    ✓ starts empty (2 ms)
    ✕ test_total (5 ms)

  ● Cart › test_total

    expect(received).toBe(expected) // Object.is equality

      at Object.<anonymous> (src/cart.test.ts:12:20)

Test Suites: 1 failed, 1 total
Tests:       1 failed, 1 passed, 2 total
Time:        1.204 s
""",
    "vitest": """\
 ❯ src/cart.test.ts (2 tests | 1 failed) 14ms
 FAIL  src/cart.test.ts > Cart > test_total
AssertionError: expected 3 to be 4 // Object.is equality
 ❯ src/cart.test.ts:12:20

 Test Files  1 failed (1)
      Tests  1 failed | 1 passed (2)
   Duration  512ms
""",
    "go": """\
--- FAIL: TestTotal (0.01s)
    cart_test.go:12: got 3, want 4
FAIL
FAIL\tshop/cart\t0.312s
FAIL
""".replace("TestTotal", "test_total"),
    "cargo": """\
running 2 tests
test cart::tests::empty ... ok
test cart::tests::test_total ... FAILED

failures:

---- cart::tests::test_total stdout ----
thread 'cart::tests::test_total' panicked at src/cart.rs:12:9:
assertion `left == right` failed

test result: FAILED. 1 passed; 1 failed; 0 ignored; finished in 0.02s
""",
    "mocha": """\
  Cart
    1) test_total

  1 passing (12ms)
  1 failing

  1) Cart
       test_total:

      AssertionError [ERR_ASSERTION]: 3 == 4
      at Context.<anonymous> (test/cart.spec.js:12:14)
""",
    "rspec": """\
Failures:

  1) Cart test_total
     Failure/Error: expect(cart.total).to eq(4)

Finished in 0.0213 seconds (files took 0.8 seconds to load)
2 examples, 1 failure

Failed examples:

rspec ./spec/cart_spec.rb:12 # Cart test_total
""",
    "phpunit": """\
There was 1 failure:

1) CartTest::test_total
Failed asserting that 3 matches expected 4.

/srv/shop/tests/CartTest.php:12

FAILURES!
Tests: 2, Assertions: 2, Failures: 1.
""",
    "surefire": """\
[ERROR] shop.CartTest.test_total -- Time elapsed: 0.012 s <<< FAILURE!
[ERROR]   CartTest.test_total:12 expected: <4> but was: <3>
[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0
""",
    "gradle": """\
CartTest > test_total() FAILED
    org.opentest4j.AssertionFailedError at CartTest.java:12

2 tests completed, 1 failed
""",
    "node": """\
not ok 1 - test_total
  ---
  duration_ms: 1.204
# tests 2
# pass 1
# fail 1
""",
    "exunit": """\
  1) test test_total (CartTest)
     test/cart_test.exs:12
     Assertion with == failed

Finished in 0.05 seconds (0.00s async, 0.05s sync)
2 tests, 1 failure
""",
    "deno": """\
test_total ... FAILED (5ms)

FAILED | 1 passed | 1 failed (12ms)
""",
    "dotnet": """\
  Failed test_total [12 ms]
Failed!  - Failed:     1, Passed:     1, Skipped:     0, Total:     2, Duration: 12 ms
""",
    "ctest": """\
50% tests passed, 1 tests failed out of 2

Total Test time (real) =   0.12 sec

The following tests FAILED:
\t  2 - test_total (Failed)
""",
    "nextest": """\
        FAIL [   0.012s] shop cart::tests::test_total
     Summary [   0.020s] 2 tests run: 1 passed, 1 failed, 0 skipped
""",
}
PASSING = {
    "pytest": "tests/test_cart.py ...   [100%]\n\n============ 3 passed, 1 skipped in 0.12s ============\n",
    "pytest -q": "...\n3 passed in 0.12s\n",
    "unittest": "...\n------\nRan 3 tests in 0.004s\n\nOK (skipped=1)\n",
    "jest": "Test Suites: 1 passed, 1 total\nTests:       3 passed, 3 total\nTime:        1.2 s\n",
    "vitest": " Test Files  1 passed (1)\n      Tests  3 passed (3)\n",
    "coloured": "\x1b[2m      Tests \x1b[22m \x1b[1m\x1b[32m3 passed\x1b[39m\x1b[22m (3)\n",
    "go": "ok  \tshop/cart\t0.312s\nok  \tshop/web\t(cached)\n",
    "cargo": "test result: ok. 3 passed; 0 failed; 0 ignored; finished in 0.02s\n",
    "mocha": "  3 passing (12ms)\n",
    "playwright": "  3 passed (2.1s)\n",
    "rspec": "3 examples, 0 failures\n",
    "minitest": "3 runs, 5 assertions, 0 failures, 0 errors, 0 skips\n",
    "phpunit": "OK (3 tests, 5 assertions)\n",
    "surefire": "[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0\n",
    "node": "# tests 3\n# pass 3\n# fail 0\n",
    "ctest": "100% tests passed, 0 tests failed out of 3\n",
    "dotnet": "Passed!  - Failed:     0, Passed:     3, Skipped:     0, Total:     3\n",
    "deno": "ok | 3 passed | 0 failed (12ms)\n",
    "nextest": "     Summary [   0.020s] 3 tests run: 3 passed, 0 skipped\n",
    "bun": " 3 pass\n 0 fail\n 5 expect() calls\n",
    "exunit": "3 tests, 0 failures\n",
    "xctest": "Executed 3 tests, with 0 failures (0 unexpected) in 0.012 (0.020) seconds\n",
}
SILENT = {
    "source": "def passed(x):\n    return x  # failed tests pass\n",
    "prose": "The tests passed yesterday, and 3 failed in the night.\nOK, go on.\n",
    "listing": "tests/test_failed.py\ntests/test_passed.py\n",
    "build": "Compiling shop v0.1.0\nFinished dev in 1.2s\n",
    "empty": "",
}


def facts(text, *, failed=True):
    return result_facts(text, failed=failed)


# --- measure -----------------------------------------------------------------------------------------------------


def test_size_is_bytes_of_utf8():
    """What a provider counts by is bytes, so that is what is measured."""
    assert [measure(text).size for text in ("", "abc", "äöü", "漢字", "\ud800")] == [0, 3, 6, 6, 3]


def test_a_text_without_content_has_no_hash():
    """Empty blocks are never duplicates of each other."""
    assert [measure(text).hash for text in ("", " \n\t")] == [0, 0]


@given(st.lists(st.text(min_size=1)), st.text(alphabet=" \t\n\r", min_size=1), st.text(alphabet=" \t\n\r", min_size=1))
def test_whitespace_does_not_change_the_hash(words, one, other):
    """Reindented, rewrapped or trimmed text is the same text."""
    assert measure(one.join(words)).hash == measure(other.join(words)).hash


@given(st.text(), st.text())
def test_different_texts_have_different_hashes(one, other):
    """The hash is of all of the text, and fits a signed 64-bit column."""
    same = "".join(re.split("[ \t\n\r\x0b\x0c]", one)) == "".join(re.split("[ \t\n\r\x0b\x0c]", other))

    assert (measure(one).hash == measure(other).hash) == same
    assert 0 <= measure(one).hash < 2**63


@pytest.mark.parametrize(
    ("texture", "text"),
    [
        (
            "prose",
            "The cart keeps a list of items, and its total is the sum of their prices. Nothing is rounded twice.",
        ),
        ("prose", "# Notes\n\nPlease read the plan first, then tell me what you would change and why.\n"),
        ("prose", ""),
        ("code", "def total(items):\n    return sum(item.price * item.count for item in items if item.count > 0)\n"),
        ("code", "export const total = (items) => items.map((x) => x.price).reduce((a, b) => a + b, zero);\n"),
        ("data", '{"items": [{"id": 17, "price": 2.5}, {"id": 18, "price": 3.75}], "total": 6.25}'),
        ("data", "2031-04-05 10:11:12,345 17 200 0.012\n2031-04-05 10:11:13,001 18 404 0.003\n" * 4),
        ("other", "カートは商品の一覧を持ち、合計はその価格の和です。"),
        ("other", "Корзина хранит список товаров, а сумма складывается из их цен."),
    ],
)
def test_texture_is_told_from_a_sample(texture, text):
    """Prose, code, data and text beyond ASCII have different bytes per token."""
    assert texture == measure(text).texture


def test_texture_of_a_long_text_looks_at_its_middle_too():
    """A licence at the top does not make prose of a data file."""
    text = "This file was exported by the shop and may be copied freely. " * 3 + '{"id": 17, "n": [1, 2, 3]}, ' * 400

    assert measure(text).texture == "data"


# --- steady and shape --------------------------------------------------------------------------------------------

VOLATILE = [
    ("3 passed in 0.12s", "3 passed in 12.4s"),
    ("took 1.2 seconds, waited 3 ms", "took 10 seconds, waited 117 ms"),
    ("real\t0m1.234s", "real\t1m0.5s"),
    ("started 10:11:12, ended 10:11:13.123", "started 23:59:59, ended 00:00:07.9"),
    ("at 2031-04-05T10:11:12Z", "at 2032-11-30T00:00:00Z"),
    ("on 2031-04-05 10:11", "on 2031-04-06 07:00"),
    ("<Cart object at 0x7f3a2b1c>", "<Cart object at 0x7ffde001>"),
    ("id 3f2504e0-4f89-41d3-9a0c-0305e82c3301.", "id 936da01f-9abd-4d9d-80c7-02af85c822a8."),
    ("server pid 4711 up", "server pid 90 up"),
    ("Randomized with seed 12345", "Randomized with seed 9"),
    ("Process running with session ID 48213", "Process running with session ID 90177"),
    ("wrote /tmp/tmpa8x2k1/out.txt", "wrote /tmp/tmpzz91qq/out.txt"),
    ("in /tmp/pytest-of-me/pytest-12/test_a0", "in /tmp/pytest-of-me/pytest-7/test_a0"),
    ("in /var/folders/zz/abc123_x/T/tmp8_k2/a", "in /var/folders/zz/abc123_x/T/tmpq01_x/a"),
    ("at 1893456000123", "at 1893456999999"),
    ("Chunk ID: 8f2ac1\nOutput:\nok", "Chunk ID: 77b0de\nOutput:\nok"),
    ("=== 1 passed in 0.1s ===", "== 1 passed in 10.25s =="),
]


@pytest.mark.parametrize(("one", "other"), VOLATILE)
def test_volatile_parts_do_not_make_another_result(one, other):
    """Durations, times, addresses, ids, seeds and temporary names differ between runs that tell the same."""
    assert facts(one, failed=False).steady == facts(other, failed=False).steady


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3 passed", "4 passed"),
        ("3 passed, 1 failed in 0.1s", "4 passed in 0.1s"),
        ("src/a.py:12:5: error", "src/a.py:13:5: error"),
        ("/tmp/shop/a.py", "/tmp/shop/b.py"),
        ("status: queued", "status: done"),
        ("total 12.50", "total 13.50"),
        ("version 1.2.3", "version 1.2.4"),
    ],
)
def test_what_a_result_says_stays(one, other):
    """Counts, versions, names and line numbers are what a result is about."""
    assert facts(one, failed=False).steady != facts(other, failed=False).steady


@given(
    st.lists(st.sampled_from([pair for pair in VOLATILE if "/" not in pair[0] and "Chunk" not in pair[0]])),
    st.integers(0, 9),
)
def test_volatile_numbers_are_found_wherever_they_stand(pairs, filling):
    """Many of them in one text, at its ends and far inside, leave its steady hash alone."""
    between = "\n3 files, nothing to see here" * filling + "\n"
    first, second = (between.join(pair[side] for pair in pairs) for side in (0, 1))

    assert facts(first, failed=False).steady == facts(second, failed=False).steady


def test_shape_stays_while_something_only_counts_on():
    """Progress changes numbers and bars, and nothing else."""
    assert facts("[##  ] 2/10 done, 17 MB").shape == facts("[####] 10/10 done, 128 MB").shape
    assert facts("2/10 done").shape != facts("2/10 lost").shape


def test_files_and_notes_of_changes_are_compared_by_what_is_visible():
    """Nothing in them is volatile, and a log of tests that was read is no run of tests."""
    text = "started 10:11:12\n=== 1 failed in 0.12s ===\n"
    read, run = result_facts(text, failed=False, action="read"), result_facts(text, failed=False, action="run")

    assert (read.steady, read.shape, read.passed) == (measure(text).hash, 0, None)
    assert run.passed is False
    assert (read.lines, read.content, read.mentions) == (run.lines, run.content, run.mentions)


# --- failures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("runner", FAILING)
def test_a_failing_run_is_known_by_its_summary(runner):
    """Summary lines of test runners say that tests failed, whatever the exit code was."""
    assert facts(FAILING[runner], failed=False).passed is False


@pytest.mark.parametrize("runner", PASSING)
def test_a_passing_run_is_known_by_its_summary(runner):
    """Summary lines of test runners say that tests passed; such a result has no fingerprint."""
    result = facts(PASSING[runner], failed=False)

    assert result.passed is True
    assert (result.fingerprint, result.error) == (0, "")


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_other_text_says_nothing_about_tests(text):
    """Words like passed and failed in code, prose and listings are no summary."""
    assert facts(text, failed=False).passed is None


@pytest.mark.parametrize("runner", FAILING)
def test_another_failing_test_changes_the_fingerprint(runner):
    """A different test that fails is new evidence."""
    text = FAILING[runner]

    assert facts(text).fingerprint != facts(text.replace("test_total", "test_empty")).fingerprint
    assert "test_total" in facts(text).error


def rerun(text, *, factor):
    """The same failure a while later: other durations, and the code moved down some lines."""
    text = re.sub(r"\d+(\.\d+)?(?= ?(?:m?s\b|sec))|(?<=_ms: )[\d.]+", lambda time: str(float(time[0]) * factor), text)
    return re.sub(r"(?<=:)12(?=[:)\s]|$)|(?<=line )12", str(12 + factor), text, flags=re.MULTILINE)


@pytest.mark.parametrize("runner", FAILING)
@pytest.mark.parametrize("factor", [2, 30])
def test_timings_and_line_numbers_do_not_change_the_fingerprint(runner, factor):
    """The same test failing in the same way is the same failure, however long it took and wherever it stands."""
    text = FAILING[runner]

    assert rerun(text, factor=factor) != text or runner == "phpunit"
    assert facts(text).fingerprint == facts(rerun(text, factor=factor)).fingerprint != 0


BROKEN = {
    "python": "Traceback (most recent call last):\n"
    "  File \"a.py\", line 3, in main\n    x\nNameError: name 'x' is not defined\n",
    "node": "/srv/a.js:3\n\nTypeError: x is not a function\n"
    "    at main (/srv/a.js:3:5)\n    at node:internal/main:12:3\n\nNode.js v22\n",
    "tsc": "src/a.ts(3,5): error TS2304: Cannot find name 'x'.\n",
    "tsc pretty": "src/a.ts:3:5 - error TS2304: Cannot find name 'x'.\n",
    "rustc": "error[E0425]: cannot find value `x` in this scope\n --> src/a.rs:3:5\n  |\n3 |     x\n",
    "gcc": "a.c:3:5: error: 'x' undeclared (first use in this function)\n",
    "go": "# shop/cart\n./a.go:3:5: undefined: x\n",
    "mypy": 'a.py:3: error: Name "x" is not defined  [name-defined]\nFound 1 error in 1 file\n',
    "eslint": "/srv/a.js\n  3:5  error  'x' is not defined  no-undef\n",
    "java": 'Exception in thread "main" java.lang.IllegalStateException: x\n\tat shop.Cart.total(Cart.java:3)\n',
    "npm": "npm error code ERESOLVE\nnpm error ERESOLVE could not resolve x\n",
    "bash": "bash: line 3: x: command not found\n",
    "pip": "ERROR: No matching distribution found for x\n",
    "unknown": "it went wrong at step 3: x\n",
}


@pytest.mark.parametrize("tool", BROKEN)
def test_a_failure_without_tests_is_known_by_its_error(tool):
    """The class of the error, the top frame and the complaint identify it; numbers of lines do not."""
    text = BROKEN[tool]
    moved = re.sub(r"\b3\b", "47", text)
    other = text.replace("x", "yz").replace("ERESOLVE", "EACCES").replace("eyzc", "exc").replace("Eyzc", "Exc")

    assert facts(text).fingerprint == facts(moved).fingerprint != 0
    assert facts(text).fingerprint != facts(other).fingerprint
    assert 0 < len(facts(text).error) <= 160


def test_an_error_is_told_in_one_printable_line():
    """Control characters of terminals and endless names do not get through."""
    text = "\n".join(f"FAILED tests/test_a.py::test_{'x' * 80}_{n} - \x1b[31mboom\x1b[0m\x07" for n in range(9))
    error = facts(text).error

    assert error.isprintable()
    assert len(error) == 160
    assert facts("FAILED a.py::test_a\nFAILED a.py::test_b\nFAILED a.py::test_c\nFAILED a.py::test_d\n").error.endswith(
        "1 more"
    )


def test_words_of_people_are_not_shown_as_errors():
    """Refusing a tool call with a comment is a failed result; the comment stays in the log."""
    said = facts("No.\nI would rather keep the old name of the shop")

    assert said.fingerprint
    assert said.error == ""


def test_a_result_that_did_not_fail_has_no_fingerprint():
    """Error words in what was read or searched are not failures."""
    assert facts(BROKEN["python"], failed=False).fingerprint == 0
    assert facts(BROKEN["python"], failed=False).error == ""


# --- the rest ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see src/shop/cart.py:12 and ./web/app.tsx", ("src/shop/cart.py", "./web/app.tsx")),
        ("/srv/shop/a.go ~/notes.md ../b.rs", ("/srv/shop/a.go", "~/notes.md", "../b.rs")),
        ('"src/a.py", (b/c.ts) [d/e.md]', ("src/a.py", "b/c.ts", "d/e.md")),
        ("package.json, uv.lock and Cargo.toml", ("package.json", "uv.lock", "Cargo.toml")),
        ("src/a.py src/a.py", ("src/a.py",)),
        (r"2 files\nsrc/a.py\tsrc/b.py\n\nsrc/c.py", ("src/a.py", "src/b.py", "src/c.py")),
        ("app/[id]/page.tsx", ("app/[id]/page.tsx",)),
        ("src/cart.test.ts src/types.d.ts", ("src/cart.test.ts", "src/types.d.ts")),
        ("https://example.test/a/b.html http://x.test/y.js", ()),
        ("cart.py self.total os.path x.json", ()),
        ("a/b.unknown src/ 1/2 and/or", ()),
        ("src/a.pyc src/a.python x/y.go-old", ()),
        ("", ()),
    ],
)
def test_mentioned_paths_have_a_folder_and_a_known_suffix(text, found):
    """URLs, bare names and attributes are no paths; manifests are known by name."""
    assert found == mentions(text)


def test_mentions_are_bounded():
    """A listing of thousands of files names the first fifty."""
    assert len(mentions("\n".join(f"src/{n}.py" for n in range(5_000)))) == 50


@pytest.mark.parametrize(
    ("text", "generated"),
    [
        ("// Code generated by protoc-gen-go. DO NOT EDIT.\npackage shop\n", True),
        ("# This file is automatically @generated by Cargo.\n", True),
        ("/* DO NOT EDIT: this file was generated from shop.idl */", True),
        ("# Autogenerated by the build.\n# Do not modify.\n", True),
        ("Reports are generated daily.", False),
        ("Do not edit the plan.", False),
        ("#!/bin/bash\nHEADER='# @generated by the packer, do not edit'\n", False),
        ("x\n" * 3_000 + "// Code generated by protoc-gen-go. DO NOT EDIT.", False),
    ],
)
def test_a_file_says_at_its_head_that_it_is_generated(text, generated):
    """Both halves of the sentence are needed, or the tag for it."""
    assert generated == facts(text, failed=False).generated


def test_lines_are_counted_as_an_editor_counts_them():
    """A final line break ends a line and begins none."""
    shapes = [(facts(text).lines, facts(text).longest_line) for text in ("", "a", "a\n", "a\nbcd", "\n\n")]

    assert shapes == [(0, 0), (1, 1), (1, 1), (2, 3), (2, 0)]


@given(
    st.text(alphabet=st.characters(exclude_categories=())) | st.text(alphabet="Ff:. \n\t/0x1-[]()'\"●✕_=\x1bmsERO"),
    st.booleans(),
)
def test_no_text_is_an_error(text, failed):
    """Whatever a tool printed, it is measured without an exception, twice the same."""
    assert measure(text) == measure(text)
    assert result_facts(text, failed=failed) == result_facts(text, failed=failed)
