"""Bundled studies (`*.cosim.yaml`) and their data: library and regression corpus at once."""
