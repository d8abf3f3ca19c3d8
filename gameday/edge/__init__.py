"""Where the AWS front door, the load balancers and the VPC resolvers stand."""
