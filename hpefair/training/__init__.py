"""Training and prediction, the same for every estimator."""
