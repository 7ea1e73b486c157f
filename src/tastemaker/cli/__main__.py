"""``python -m tastemaker.cli``."""

import sys

from tastemaker.cli.main import main

sys.exit(main())
