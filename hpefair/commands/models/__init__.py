"""Commands on models: training, export, promotion, and the audit of somebody's predictions."""
