"""Looking at a data set before learning from it: what is there, what is wrong, what to collect first."""
