"""Two plants in one stack, from the installed package: reads the config and builds each."""

import pulumi

from components import load_plants
from twin_rbac.components import build_stack

for plant in load_plants():
    for name, value in build_stack(plant.config, plant.name).items():
        pulumi.export(plant.output(name), value)
