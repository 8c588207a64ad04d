"""The engine: images to classifiers and back to reasons. Knows neither Qt nor projects."""

import os

# Read when torch is loaded: large tensors in large pages. Each update of a training takes and gives back a lot of
# memory; in pages of 4 KiB that alone costs Linux seconds.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
