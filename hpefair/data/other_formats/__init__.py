"""Annotation files of other formats, turned into COCO."""
