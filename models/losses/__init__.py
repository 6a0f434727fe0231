"""A loss per file: outputs and targets of the items that have the pair in, one number per item out.

The trainer adds these numbers and counts the items, also over accumulated batches, so that a loss is always the mean
over the items that have the pair, never a mean of means.
"""
