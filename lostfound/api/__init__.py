"""Door: the JSON API, version 1. Reads its input, calls one service, shows the outcome."""
