"""COCO keypoints files: text, records, people, tables, results and masks."""
