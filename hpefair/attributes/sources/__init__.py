"""Sources of perceived attributes: networks and given labels behind one protocol."""
