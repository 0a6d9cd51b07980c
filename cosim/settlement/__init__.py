"""Metered energy to money. Here so far: a tariff compiles to price arrays."""
