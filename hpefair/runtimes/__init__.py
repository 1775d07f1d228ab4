"""Networks of other people, run in their own formats: ONNX, TFLite, TensorFlow.js, dlib."""
