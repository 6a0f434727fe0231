-- How much an item counts in training, and how far its windows can be relied on; NULL where nobody said.
ALTER TABLE items ADD COLUMN weight REAL NOT NULL DEFAULT 1 CHECK (weight >= 0);
ALTER TABLE windows ADD COLUMN quality REAL CHECK (quality BETWEEN 0 AND 1);
