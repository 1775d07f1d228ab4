"""What estimators share: convolution blocks, backbones, decoders of maps, boxes, similarities; each traceable."""
