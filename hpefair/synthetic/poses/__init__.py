"""Kinds of poses: each draws a posture from its own distribution."""
