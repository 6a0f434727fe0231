-- What a person says at once is one act, and is taken back as one: `act` numbers it, `undoes` is the act that a row takes
-- back. Rows without an act came in with their item; nobody here said them, so nobody can take them back.
ALTER TABLE labels ADD COLUMN act INTEGER;
ALTER TABLE labels ADD COLUMN undoes INTEGER;
