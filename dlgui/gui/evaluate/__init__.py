"""The Evaluate tab: confusion matrix, images behind each cell, heatmaps."""
