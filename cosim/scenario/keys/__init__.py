"""The scenario's keys: one file a top-level key whose content is not defined beside the physics."""
