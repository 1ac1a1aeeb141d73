"""The tables, as numbered migrations; a released one is never edited.

Sizes matter: about 110 bytes a call at a million calls. Texts are interned (`facet`, `place`, `thread`, `session`), a
call's identity stands in `call_key` only, and constants 0 and 1 take no space in a row.
"""

from __future__ import annotations

M001 = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;

CREATE TABLE machine(
  id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, name TEXT NOT NULL, first_ms INTEGER, last_ms INTEGER);

-- One row a file. `position` is behind the last complete line that was read; `guard` hashes the edges before it.
CREATE TABLE source(
  id INTEGER PRIMARY KEY, machine INTEGER NOT NULL REFERENCES machine, harness TEXT NOT NULL, path TEXT NOT NULL,
  kind TEXT NOT NULL, dev INTEGER, ino INTEGER, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, guard BLOB,
  position INTEGER NOT NULL, facts_position INTEGER NOT NULL DEFAULT 0, parser INTEGER NOT NULL, state BLOB,
  problems INTEGER NOT NULL DEFAULT 0, error TEXT, UNIQUE(machine, harness, path));

CREATE TABLE place(
  id INTEGER PRIMARY KEY, machine INTEGER NOT NULL REFERENCES machine, cwd TEXT NOT NULL, root TEXT, remote TEXT,
  UNIQUE(machine, cwd));

-- first_own_ms: the earliest call that no other session has; NULL when all are shared. It decides who owns copies.
CREATE TABLE session(
  id INTEGER PRIMARY KEY, machine INTEGER NOT NULL REFERENCES machine, harness TEXT NOT NULL, native TEXT NOT NULL,
  parent TEXT, root TEXT, relation TEXT, cwd TEXT, branch TEXT, described_ms INTEGER, title TEXT, title_rank INTEGER,
  title_at INTEGER, first_ms INTEGER, last_ms INTEGER, first_own_ms INTEGER, calls INTEGER NOT NULL DEFAULT 0,
  UNIQUE(machine, harness, native));
CREATE INDEX session_last ON session(last_ms);

CREATE TABLE thread(
  id INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES session, agent TEXT NOT NULL, name TEXT,
  UNIQUE(session, agent));

CREATE TABLE sighting(source INTEGER NOT NULL, session INTEGER NOT NULL, PRIMARY KEY(source, session)) WITHOUT ROWID;

-- Every combination of what reports group and filter by, as one number. Absent texts are '', so that UNIQUE holds.
CREATE TABLE facet(
  id INTEGER PRIMARY KEY, harness TEXT NOT NULL, provider TEXT NOT NULL, model_raw TEXT NOT NULL, model TEXT NOT NULL,
  effort TEXT NOT NULL, speed TEXT NOT NULL, tier TEXT NOT NULL, geo TEXT NOT NULL, purpose TEXT NOT NULL,
  granularity TEXT NOT NULL, flags INTEGER NOT NULL, basis TEXT NOT NULL, via TEXT NOT NULL, place INTEGER NOT NULL,
  UNIQUE(harness, provider, model_raw, effort, speed, tier, geo, purpose, granularity, flags, basis, via, place));

-- The prices that were applied, in pico-dollars a token; row 0 stands for 'no price'.
CREATE TABLE rate(
  id INTEGER PRIMARY KEY, book TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, tier_min INTEGER NOT NULL,
  tier_max INTEGER, valid_from INTEGER, valid_until INTEGER, mods TEXT NOT NULL, p_in INTEGER, p_out INTEGER,
  p_reason INTEGER, p_read INTEGER, p_5m INTEGER, p_1h INTEGER, p_search INTEGER, origin TEXT, match_step TEXT,
  status TEXT NOT NULL, basis TEXT NOT NULL);
INSERT INTO rate(id, book, provider, model, tier_min, mods, status, basis)
  VALUES(0, '', '', '', -1, '', 'unpriced', '');

CREATE TABLE call(
  id INTEGER PRIMARY KEY, thread INTEGER NOT NULL, ts_ms INTEGER NOT NULL, facet INTEGER NOT NULL,
  rate INTEGER NOT NULL, input INTEGER, output INTEGER, reasoning INTEGER, cache_read INTEGER, w5 INTEGER, w1 INTEGER,
  wother INTEGER, searches INTEGER NOT NULL, requests INTEGER NOT NULL, duration_ms INTEGER, source_pico INTEGER,
  actual_pico INTEGER, virtual_pico INTEGER, parts TEXT, source INTEGER, pos INTEGER, parser INTEGER NOT NULL,
  evidence INTEGER NOT NULL, counted INTEGER NOT NULL);
CREATE INDEX call_thread ON call(thread, ts_ms);
CREATE TABLE call_key(key BLOB PRIMARY KEY, call INTEGER NOT NULL) WITHOUT ROWID;

-- Only calls that two or more sessions have seen.
CREATE TABLE shared(call INTEGER NOT NULL, session INTEGER NOT NULL, PRIMARY KEY(call, session)) WITHOUT ROWID;
CREATE INDEX shared_session ON shared(session);

-- Sums of counted calls; rebuilt from `call`, never incremented.
CREATE TABLE rollup(
  slot INTEGER NOT NULL, thread INTEGER NOT NULL, facet INTEGER NOT NULL, rate INTEGER NOT NULL,
  calls INTEGER NOT NULL, unknown INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL,
  reasoning INTEGER NOT NULL, cache_read INTEGER NOT NULL, w5 INTEGER NOT NULL, w1 INTEGER NOT NULL,
  wother INTEGER NOT NULL, searches INTEGER NOT NULL, source_pico INTEGER, actual_pico INTEGER, virtual_pico INTEGER,
  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, PRIMARY KEY(slot, thread, facet, rate)) WITHOUT ROWID;
CREATE INDEX rollup_thread ON rollup(thread);
CREATE TABLE rollup_hour(
  hour INTEGER NOT NULL, machine INTEGER NOT NULL, harness TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
  rate INTEGER NOT NULL, calls INTEGER NOT NULL, unknown INTEGER NOT NULL, input INTEGER NOT NULL,
  output INTEGER NOT NULL, reasoning INTEGER NOT NULL, cache_read INTEGER NOT NULL, w5 INTEGER NOT NULL,
  w1 INTEGER NOT NULL, wother INTEGER NOT NULL, searches INTEGER NOT NULL, source_pico INTEGER, actual_pico INTEGER,
  virtual_pico INTEGER, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
  PRIMARY KEY(hour, machine, harness, provider, model, rate)) WITHOUT ROWID;
-- Hours whose sums are behind; while there are any, reports read `rollup`.
CREATE TABLE stale_hour(hour INTEGER PRIMARY KEY);

CREATE TABLE quota(
  machine INTEGER NOT NULL, harness TEXT NOT NULL, limit_id TEXT NOT NULL, window_min INTEGER NOT NULL,
  slot INTEGER NOT NULL, at_ms INTEGER NOT NULL, used_bp INTEGER NOT NULL, resets_ms INTEGER,
  PRIMARY KEY(machine, harness, limit_id, window_min, slot)) WITHOUT ROWID;

CREATE TABLE digest(
  session INTEGER NOT NULL, kind TEXT NOT NULL, version INTEGER NOT NULL, fingerprint BLOB NOT NULL,
  made_ms INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(session, kind)) WITHOUT ROWID;

CREATE TABLE unknown_record(
  harness TEXT NOT NULL, version TEXT NOT NULL, kind TEXT NOT NULL, field TEXT NOT NULL, source INTEGER NOT NULL,
  pos INTEGER NOT NULL, PRIMARY KEY(harness, version, kind, field, source, pos)) WITHOUT ROWID;
CREATE TABLE problem(source INTEGER NOT NULL, pos INTEGER NOT NULL, reason TEXT NOT NULL, PRIMARY KEY(source, pos))
  WITHOUT ROWID;
-- Opt-in debugging data; never printed, erased by `refresh --purge-raw`.
CREATE TABLE raw(call INTEGER PRIMARY KEY, record BLOB NOT NULL);
-- Calls of an older parser that a newer one did not find again in the same source, up to the time of the last one.
CREATE TABLE correction(
  at_ms INTEGER NOT NULL, source INTEGER NOT NULL, parser INTEGER NOT NULL, removed INTEGER NOT NULL);
"""

MIGRATIONS: tuple[str, ...] = (M001,)
"""Applied in order, each in a transaction; `PRAGMA user_version` says how many have been."""
