"""tastemaker: from raw content and behaviour to personalised lists, honest about their quality."""
