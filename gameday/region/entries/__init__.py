"""What a region file says of its parts, one kind of entry a module."""
