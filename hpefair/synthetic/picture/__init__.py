"""The picture of a built-in person: surroundings, light, lens and rendering."""
