"""One file a question. Each takes what it measures with, bounded in count and time, and gives plain numbers."""
