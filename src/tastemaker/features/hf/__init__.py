"""Models of transformers by folder or hub id: text, pictures, sound, or several of them in one space."""
