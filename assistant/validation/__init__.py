"""Is the database that is configured what the models of visits and conversations promise? Measured, not believed.

What writes is tried in a database of its own beside the configured one, made for it and dropped after it.
"""
