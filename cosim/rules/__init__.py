"""Who runs the wires, who supplies whom, and which rules follow from it."""
