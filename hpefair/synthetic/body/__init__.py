"""The body of a built-in person: mesh, growth, pose and joints."""
