"""Who is in the picture: one module per attribute source."""
