"""People painted by a diffusion model around the joints of a known pose."""
