# HTTPS under a name of one's own. The certificate exists only once the test has issued it: it gives the certificate_arn.
domain_name = "api.example.com"
