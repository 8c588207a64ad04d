"""The command line: one module a command group; it parses, calls a workflow and prints."""
