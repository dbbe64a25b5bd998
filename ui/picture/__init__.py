"""A picture shown without publishing it: `picture.picture`."""
