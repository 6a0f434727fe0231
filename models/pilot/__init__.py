"""The pilot: short trainings of each stream alone and of each two together, from which the weights of the long one start.

`pilot` trains the probes; a `Together` says whether two streams help one another, a `Worth` what weight a task should
start with. It sees training and validation items only.
"""

from models.pilot.probe import Probe
from models.pilot.probing import Pilot, pilot
from models.pilot.together import Together
from models.pilot.worth import Worth

__all__ = ["Pilot", "Probe", "Together", "Worth", "pilot"]
