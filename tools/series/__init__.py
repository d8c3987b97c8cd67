"""Numbers over time as pure mathematics: no wire, no clock, no database; missing samples stay missing."""
