"""The network load balancer: nodes, health checkers, zonal failover, customers."""
