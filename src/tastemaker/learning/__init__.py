"""Learning that is more than one fit: settings chosen on validation, models compared on equal terms."""
