-- What was done to place and moment between the sensor and the window, as JSON; NULL where nobody said.
ALTER TABLE windows ADD COLUMN applied TEXT;
