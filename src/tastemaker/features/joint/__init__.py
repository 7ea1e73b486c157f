"""One space for text, pictures and sound: by the names of what is recognised, and by pairs that are at hand."""
