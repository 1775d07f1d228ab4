"""One module per DVC stage, in reading order.

ingest, attribute, split, audit, validate, gate, plan, generate, screen, assemble, train, predict, evaluate, compare,
report. Each reads files, calls core or an engine, and writes files; none holds a formula or imports another.
"""
