"""How fast the studio is, as ratios measured in one run: `python -m tests.benchmarks`.

Run by name, never by the test suite: a busy machine must not fail a test. Nothing here has a
limit; a measurement only fails when what it measures did not happen.
"""
