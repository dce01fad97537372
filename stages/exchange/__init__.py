"""Everyone's files: formats, certificates, and what a person asks of them."""
