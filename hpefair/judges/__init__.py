"""Judges: outside pose estimators that check the annotation of generated people; one kind per file."""
