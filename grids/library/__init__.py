"""Where networks come from: SimBench, files, tables written in the scenario."""
