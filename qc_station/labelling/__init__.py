"""What people are asked to look at, what is most worth a label, and what they may say.

Nothing here imports torch: labels are given while the line runs, on the box.
"""
