"""Ensembles: which scenario values differ between members, and what each member draws."""
