"""Built-in synthetic people: described by exact numbers, drawn with numpy, labelled from the geometry itself."""
