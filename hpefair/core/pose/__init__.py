"""Poses: skeletons, geometry, heatmap codecs, object keypoint similarity, matching, precision."""
