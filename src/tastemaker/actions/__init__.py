"""The verbs that every surface (command line, later HTTP) calls: a typed request in, an answer out."""
