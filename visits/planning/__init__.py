"""A day in a park, planned from history: what the lines were, how far it is to walk, which order takes least time
(ADR 40)."""
