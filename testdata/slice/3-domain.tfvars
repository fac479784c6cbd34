# HTTPS under a name of one's own. The test adds the certificate_arn, once it has issued the certificate.
domain_name = "api.example.com"
