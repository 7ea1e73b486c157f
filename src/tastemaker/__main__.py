"""``python -m tastemaker``."""

import sys

from tastemaker.cli.main import main

sys.exit(main())
