"""Which strategies are there, one a module?

Each decides which step to look at next and knows nothing of AWS; see `search`.
"""
