"""What a run says about its own numbers: the cross-check with the reference, post-mortems, parts without supply."""
