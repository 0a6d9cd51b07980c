"""`cosim explain`: one finding in sentences, and the hours around its worst moment."""
