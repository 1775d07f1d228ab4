"""People from pictures: the inputs of a network, its predictions, and its export."""
