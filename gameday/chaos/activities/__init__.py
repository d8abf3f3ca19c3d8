"""What each action of an experiment does, one kind a module.

`gameday.chaos.actions` gathers them under the names that experiments use.
"""
