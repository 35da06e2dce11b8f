"""What keeps the files of a workspace whole, and tells where they are not."""
