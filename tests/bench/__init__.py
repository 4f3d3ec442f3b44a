"""`make bench`: what the gateway costs on this machine, as ratios within one run."""
