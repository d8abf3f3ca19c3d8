"""The network manager, and the instances that answer once it has made them known."""
