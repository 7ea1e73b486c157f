"""The start is fast: heavy libraries load in the functions that need them."""

import subprocess
import sys
import time

HEAVY = [
    "numpy",
    "torch",
    "pandas",
    "polars",
    "pyarrow",
    "pydantic",
    "scipy",
    "sklearn",
    "matplotlib",
    "transformers",
]


def _best(command, good, tries=5, patience=15):
    """Seconds of the fastest run; goes on, up to `patience` runs, while none is good: others may be busy."""
    best = float("inf")
    for done in range(patience):
        if done >= tries and best < good:
            break
        start = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        best = min(best, time.perf_counter() - start)
    return best


def test_import_takes_under_300_ms_of_its_own():
    bare = _best(["-c", "pass"], good=1.0)
    ours = _best(["-c", "import tastemaker"], good=bare + 0.3)
    assert ours - bare < 0.3, f"import tastemaker takes {ours - bare:.2f} s more than an empty program"


def test_import_loads_no_heavy_library():
    code = f"import tastemaker, sys; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_help_takes_under_half_a_second():
    seconds = _best(["-m", "tastemaker", "--help"], good=0.5)
    assert seconds < 0.5, f"tastemaker --help takes {seconds:.2f} s"


def test_help_of_a_command_loads_no_heavy_library():
    code = (
        "import sys; from tastemaker.cli.main import parser; parser().format_help(); "
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
