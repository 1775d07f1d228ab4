"""hpefair: audit a human-pose dataset and its models for fairness, and repair what is found.

Importing the package imports nothing else, so that Airflow can parse DAG files without torch.
"""

__version__ = "0.1.0"
