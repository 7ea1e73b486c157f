"""Whether an engine that computes in bfloat16 changes lists: `tastemaker run` with each engine of an encoder.

Run: ``python benchmarks/quality/engines.py DATA/ml100k-posters minilm torch bf16`` and
``python benchmarks/quality/engines.py DATA/ml100k-posters efficientnet torch openvino``. Lists of items that are new
(`cold_items`), by `content` on the vectors of that encoder alone; figures go to ``benchmarks/results/engines.json``.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

OUT = Path(__file__).parents[1] / "results/engines.json"


def run(folder, encoder, engine):
    """NDCG@10 of `content` with its interval."""
    with tempfile.TemporaryDirectory() as work:
        config = Path(work) / "engine.toml"
        config.write_text(f'encoders = [{{ name = "{encoder}", engine = "{engine}" }}]\n', encoding="utf-8")
        what = ["run", folder, "--out", f"{work}/made.tm", "--config", config, "--model", "content"]
        command = [sys.executable, "-m", "tastemaker", *map(str, what), "--split", "cold_items", "--json", "--quiet"]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    (found,) = [one for one in told["models"] if one["name"] == "content"]
    return found["measures"]["ndcg"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("encoder")
    parser.add_argument("engines", nargs="+")
    given = parser.parse_args()
    made = {engine: run(given.folder, given.encoder, engine) for engine in given.engines}
    found = json.loads(OUT.read_text()) if OUT.exists() else {}
    found[f"{given.folder.name}, {given.encoder}"] = made
    OUT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(made))


if __name__ == "__main__":
    main()
