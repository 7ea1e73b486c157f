"""What answers requests: experiments and their analysis, interleaving of rankings."""
