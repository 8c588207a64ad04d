"""The engine: images to classifiers and back to reasons. Knows neither Qt nor projects."""

import os

# Read when torch is loaded: large tensors in large pages. Each update takes and gives back a gigabyte; in pages of
# 4 KiB Linux spends a third of the time on that.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
