"""The report: one page, a data card and a model card from the files of a workspace."""
