"""The Apply tab: classify new images."""
