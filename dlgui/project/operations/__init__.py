"""What a user can do to a project: one file a noun, one function an action; the same for every caller."""
