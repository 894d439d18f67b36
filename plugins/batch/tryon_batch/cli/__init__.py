"""Commands of `tryon` for runs over a catalogue."""
