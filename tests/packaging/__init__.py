"""What is published: the repository's root, the pinned releases, the wheel."""
