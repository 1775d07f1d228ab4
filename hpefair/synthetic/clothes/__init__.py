"""Clothes, their cut, cloth and colour, and what people carry."""
