"""What may stand in a list, and where: filters, boosts, caps, diversity and exploration."""
