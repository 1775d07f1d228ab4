"""FiftyOne: datasets, views, panels, and the App behind a token."""
