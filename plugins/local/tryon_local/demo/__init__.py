"""The command `tryon demo`: drawn people put on drawn garments."""
