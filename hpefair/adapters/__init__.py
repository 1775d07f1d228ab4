"""One thin file per outside tool or file format; each translates and never decides."""
