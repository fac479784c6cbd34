# A third zone, one NAT gateway for all of them, and a private way to two AWS APIs.
public_subnet_cidrs  = ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]
private_subnet_cidrs = ["10.0.10.0/24", "10.0.20.0/24", "10.0.30.0/24"]
nat_mode             = "single"
interface_endpoints  = ["logs", "ssm"]
