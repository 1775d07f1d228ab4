"""Data on disk: tables, images, and the files that hold annotations and labels."""
