"""What leaves the project: models, reports, scripts."""
