"""The synthetic history that script/server shows an empty database with: begun, kept going by the clock, removed."""
