"""What is measured of a person in a picture: contrast, lightness, posture, sharpness, truncation, context."""
