"""Ways to run a network: torch, or ONNX Runtime where it is installed and faster on this machine."""
