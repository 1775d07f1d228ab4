"""Generation of annotated people; every backend turns a wanted cell into an image with exact annotations."""
