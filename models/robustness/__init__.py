"""What becomes of a network's answers when one stream is removed, stuck, saturated, swapped, noisy or attacked.

`perturbations` change raw windows as sensors do when they fail, `projected_gradient` as somebody would who knows the
network; `report` holds the answers to each beside those to the clean windows of the same items.
"""

from models.robustness.report import Robustness, RobustnessSettings, robustness_report

__all__ = ["Robustness", "RobustnessSettings", "robustness_report"]
