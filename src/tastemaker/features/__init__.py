"""From raw content to one vector an item and source."""
