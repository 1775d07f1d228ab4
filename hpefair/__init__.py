"""hpefair: audit a human-pose dataset and its models for fairness, and repair what is found.

Importing the package imports nothing else, so that Airflow can parse DAG files without torch.
"""

import os

__version__ = "0.1.0"

# Read by numba when it is imported, which may be any module's first line; its own places come after.
os.environ.setdefault(
    "NUMBA_CACHE_LOCATOR_CLASSES", "hpefair.machine.kernel_cache.SharedKernels,InTreeCacheLocator,UserWideCacheLocator"
)
