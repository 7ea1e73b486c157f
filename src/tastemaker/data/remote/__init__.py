"""Media by their addresses: fetched once, under guards, into the data folder."""
