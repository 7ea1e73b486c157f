"""Where work runs, not what it is: in this process, in some processes, or on a Ray cluster."""
