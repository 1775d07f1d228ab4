"""Airflow over DVC: standard library, yaml and airflow.sdk only, so that the scheduler stays light."""
