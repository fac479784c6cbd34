# What a team sets that brings the state of its HCL along.
database_subnet_cidrs = [] # the subnet groups stay in the private subnets: AWS cannot move them while they are in use
excluded_zone_ids     = [] # the subnets stay in the zones they have: leaving one out moves all after it
secrets_version       = 2  # the keys that the parameters hold stay in force; 1 would write UNSET over them
