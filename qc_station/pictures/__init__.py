"""What the station did, drawn for people: as a picture, and as text for a terminal."""
