"""One small file per environment: which Python and packages a family of models needs."""
