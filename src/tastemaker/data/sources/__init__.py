"""Forms in which data come: one file a form, each gives the same `Tables`."""
