"""Rehearsal: made-up people walk the real served survey, so that the whole instrument is proven first."""
