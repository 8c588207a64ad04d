"""The engine: images to classifiers and back to reasons. Knows neither Qt nor projects."""
