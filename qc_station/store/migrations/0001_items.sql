CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    grp TEXT NOT NULL,
    split TEXT CHECK (split IN ('train', 'val', 'test')),
    source TEXT NOT NULL,
    digest TEXT NOT NULL,
    created_ns INTEGER NOT NULL
) STRICT;

CREATE INDEX items_grp ON items (grp);

CREATE TABLE windows (
    item_id INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    stream TEXT NOT NULL,
    file TEXT NOT NULL UNIQUE,
    shape TEXT NOT NULL,
    dtype TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (item_id, stream)
) STRICT, WITHOUT ROWID;

-- History is kept: the row with the highest id counts, and a NULL value takes a label back.
CREATE TABLE labels (
    id INTEGER PRIMARY KEY,
    item_id INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT,
    who TEXT NOT NULL,
    created_ns INTEGER NOT NULL
) STRICT;

CREATE INDEX labels_item ON labels (item_id, name);
