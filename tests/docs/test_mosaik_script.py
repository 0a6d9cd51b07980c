"""The plain mosaik script of docs/mosaik.md runs, with nothing of `cosim`, and does what it says."""

import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "mosaik.md").read_text(encoding="utf-8")
REPORT = """
import json
import mosaik_api_v3


class Report(mosaik_api_v3.Simulator):
    def __init__(self):
        super().__init__({"type": "time-based", "api_version": "3.0", "models": {
            "Report": {"public": True, "params": [], "attrs": [], "any_inputs": True}}})
        self.rows = []

    def init(self, sid, time_resolution=1.0, step_size=900):
        self.step_size = step_size
        return self.meta

    def create(self, num, model):
        return [{"eid": "report", "type": model}]

    def step(self, time, inputs, max_advance):
        self.rows.append({name: next(iter(values.values())) for name, values in inputs["report"].items()})
        return time + self.step_size

    def get_data(self, outputs):
        return {}

    def finalize(self):
        print("ROWS", json.dumps(self.rows))
"""
END = 'import sys\nprint("COSIM", sorted(name for name in sys.modules if name.split(".")[0] == "cosim"))\n'


def test_the_plain_mosaik_script_of_the_docs_runs_without_cosim(tmp_path):
    script = PAGE.split("```python\n", 1)[1].split("```", 1)[0]
    path = tmp_path / "script.py"
    path.write_text(REPORT + script + END, encoding="utf-8")
    output = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True, timeout=300).stdout
    import json

    rows = json.loads(next(line for line in output.splitlines() if line.startswith("ROWS "))[5:])
    assert len(rows) == 96
    voltages = [row["Vm[pu]"] for row in rows]
    assert voltages[0] == min(voltages) < max(voltages) - 0.004  # the village by night, the sun by day
    assert rows[0]["soc"] < 0.5 + 1e-9
    assert abs(max(row["soc"] for row in rows) - 0.9) < 1e-9  # full, and not beyond
    assert "COSIM []" in output
