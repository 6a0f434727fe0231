-- A row per accepted trigger; it has one decision, or says in `undecided` why not, or is still open.
CREATE TABLE parts (
    part TEXT PRIMARY KEY,
    accepted_ns INTEGER NOT NULL,
    undecided TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE decisions (
    id INTEGER PRIMARY KEY,
    part TEXT NOT NULL UNIQUE REFERENCES parts (part),
    verdict TEXT NOT NULL CHECK (verdict IN ('PASS', 'REJECT', 'REVIEW')),
    reason TEXT NOT NULL,
    scores TEXT NOT NULL,
    bundle TEXT,
    latency_ms TEXT NOT NULL,
    decided_ns INTEGER NOT NULL
) STRICT;
