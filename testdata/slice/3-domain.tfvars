# HTTPS under a name of one's own, and no log of the requests. The test adds the certificate_arn, once it has issued the certificate.
domain_name     = "api.example.com"
alb_access_logs = false
