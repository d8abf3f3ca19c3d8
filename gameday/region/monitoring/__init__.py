"""Who notices: canaries, what components tell of themselves, and alarms."""
