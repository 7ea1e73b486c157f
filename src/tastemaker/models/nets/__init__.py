"""What the recommenders that are networks share: items with content, stopping, saving."""
