"""TensorFlow.js graph models, run on torch."""
