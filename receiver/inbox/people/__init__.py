"""Who is who: which addresses and which accounts of the AOM sites are one person's."""
