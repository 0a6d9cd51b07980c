"""The devices, their inputs and the EMS: physics as plain functions, mosaik shells around them."""
