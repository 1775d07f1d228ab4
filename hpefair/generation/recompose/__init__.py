"""People made from real ones: recoloured clothes, other backgrounds, other places in a picture."""
