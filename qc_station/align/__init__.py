"""The timestamp aligner: readings and triggers in, one snapshot per part out; pure, pulled, without thread, clock or I/O."""
